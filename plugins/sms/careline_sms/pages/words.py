"""What states, purposes and answers are called, and their colours."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from careline.i18n import Text
from careline_sms.groups.model import GroupState
from careline_sms.model import Heard, Message, State
from careline_sms.templating.model import TemplateState

STATES: Mapping[State, Text] = {
    State.HELD: Text("waits for approval"),
    State.QUEUED: Text("waiting to be sent"),
    State.LEASED: Text("being sent"),
    State.SENT: Text("sent"),
    State.DELIVERED: Text("delivered"),
    State.FAILED: Text("not delivered"),
    State.UNCERTAIN: Text("uncertain"),
    State.REJECTED: Text("not sent"),
    State.WITHDRAWN: Text("withdrawn"),
}
TONES: Mapping[State, str] = {
    State.HELD: "violet",
    State.QUEUED: "info",
    State.LEASED: "info",
    State.SENT: "info",
    State.DELIVERED: "good",
    State.FAILED: "bad",
    State.UNCERTAIN: "warn",
    State.REJECTED: "bad",
    State.WITHDRAWN: "neutral",
}
ICONS: Mapping[State, str] = {
    State.HELD: "hourglass",
    State.QUEUED: "clock",
    State.LEASED: "send",
    State.SENT: "send",
    State.DELIVERED: "circle-check",
    State.FAILED: "circle-alert",
    State.UNCERTAIN: "triangle-alert",
    State.REJECTED: "circle-alert",
    State.WITHDRAWN: "x",
}
PURPOSES: Mapping[str, Text] = {
    "notice": Text("written by hand"),
    "booking": Text("visit booked or changed"),
    "reminder": Text("reminder of a visit"),
    "stop": Text("stopped clinic"),
    "offer": Text("number for the waiting list"),
    "greeting": Text("birthday greeting"),
    "group": Text("group message"),
    "reply": Text("answer to a reply"),
}
OTHERS: Mapping[str, Text] = {
    "satisfaction": Text("satisfaction survey"),
    "followup": Text("follow-up by message"),
}
"""What other plugins that come with careline have sent, also while they are off."""
ALL_PURPOSES: Mapping[str, Text] = {**PURPOSES, **OTHERS}
HEARD: Mapping[Heard, Text] = {
    Heard.NEW: Text("new"),
    Heard.REFUSED: Text("wants no more messages"),
    Heard.ALLOWED: Text("wants messages again"),
    Heard.ANSWERED: Text("understood and answered"),
    Heard.UNKNOWN: Text("to be read by somebody"),
}
GROUP_STATES: Mapping[GroupState, tuple[Text, str]] = {
    GroupState.WAITING: (Text("waits for approval"), "violet"),
    GroupState.SENDING: (Text("being put"), "info"),
    GroupState.PUT: (Text("approved"), "good"),
    GroupState.REFUSED: (Text("refused"), "bad"),
    GroupState.WITHDRAWN: (Text("withdrawn"), "neutral"),
}
TEMPLATE_STATES: Mapping[TemplateState, tuple[Text, str]] = {
    TemplateState.DRAFT: (Text("draft"), "neutral"),
    TemplateState.SUBMITTED: (Text("waits for approval"), "violet"),
    TemplateState.APPROVED: (Text("in use"), "good"),
    TemplateState.OLD: (Text("was in use"), "neutral"),
}
SCHEDULED = Text("planned")
VARIABLES: Mapping[str, Text] = {
    "name": Text("Patient's name"),
    "hospital": Text("Hospital"),
    "campus": Text("Campus"),
    "clinic": Text("Department and doctor"),
    "when": Text("Day and time"),
    "place": Text("Place of the visit"),
    "number": Text("Number in the queue"),
    "until": Text("Until when"),
    "cancel": Text("How to cancel"),
    "reason": Text("Why the clinic is stopped"),
    "link": Text("Link"),
    "way": Text("Way to us"),
    "test": Text("Which examination"),
}


def state_of(message: Message, now: datetime) -> tuple[Text, str, str]:
    """Title, tone and icon; one that waits for its own time is planned."""
    if message.state is State.QUEUED and message.not_before > now:
        return SCHEDULED, "info", "calendar-clock"
    return STATES[message.state], TONES[message.state], ICONS[message.state]


def purpose(name: str) -> Text:
    """What a purpose is called; one that is not known by its name."""
    return ALL_PURPOSES.get(name) or Text("{name}", {"name": name or "–"})


def variable(name: str) -> Text:
    """What a variable of a template is called."""
    return VARIABLES.get(name) or Text(name)


def money(thousandths: int) -> str:
    """``0.045``, or ``12.60``."""
    value = thousandths / 1000
    return f"{value:.3f}" if value < 1 else f"{value:,.2f}"
