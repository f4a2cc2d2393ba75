"""What each figure is called and means; shown behind (i) wherever it stands."""

from __future__ import annotations

from attrs import frozen

from careline.i18n import Text


@frozen
class Definition:
    """One figure: its ``title``, and exactly what it ``means``."""

    title: Text
    means: Text


DEFINITIONS = {
    "incoming": Definition(
        Text("Incoming"),
        Text("Calls that came in since midnight, those served by the menu alone included."),
    ),
    "offered": Definition(
        Text("Offered"),
        Text("Callers who entered the queue. For a campus, one in several queues counts once."),
    ),
    "answered": Definition(
        Text("Answered calls"), Text("Callers who were put through to an agent out of the queue.")
    ),
    "abandoned": Definition(
        Text("Abandoned"),
        Text("Callers who hung up while waiting, after the queue's threshold (usually 5 s)."),
    ),
    "short": Definition(
        Text("Hung up at once"),
        Text("Callers who hung up before the queue's threshold; no other figure counts them."),
    ),
    "diverted": Definition(
        Text("Led elsewhere"),
        Text("Callers who left the queue for another one, a message, a callback or the menu."),
    ),
    "service_level": Definition(
        Text("Service level"),
        Text(
            "Answered within the queue's target, as a share of all whose wait is over: "
            "answered, abandoned and led elsewhere."
        ),
    ),
    "abandonment": Definition(
        Text("Abandonment rate"),
        Text("Abandoned, as a share of answered, abandoned and led elsewhere."),
    ),
    "asa": Definition(
        Text("Speed of answer"),
        Text("Average wait of answered callers, from entering the queue to being put through."),
    ),
    "waiting": Definition(Text("Waiting now"), Text("Callers in the queue at this moment.")),
    "longest": Definition(
        Text("Longest wait now"), Text("How long the first of those waiting now has waited.")
    ),
    "taken": Definition(Text("Calls taken"), Text("Calls answered by the agent.")),
    "missed": Definition(
        Text("Not answered"), Text("Calls that rang at the agent's phone until time was up.")
    ),
    "outgoing": Definition(Text("Outgoing"), Text("Calls that the agent made to the outside.")),
    "talk": Definition(
        Text("Talk time"), Text("Time put through to callers, hold included, of calls taken.")
    ),
    "wrap_up": Definition(
        Text("Wrap-up time"), Text("Time of the work after the talk, up to the next state.")
    ),
    "aht": Definition(
        Text("Average handling time"), Text("Talk and wrap-up time, divided by calls taken.")
    ),
    "occupancy": Definition(
        Text("Occupancy"),
        Text(
            "Time on calls and in wrap-up, as a share of that and the time ready for calls; "
            "not ready does not count."
        ),
    ),
    "staff": Definition(
        Text("Staffed"), Text("Agents of the queue who are signed in, and of them those ready.")
    ),
}
