"""Lines of a call's timeline about what has no kind of fact of its own, in words."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from careline.i18n import Text

if TYPE_CHECKING:
    from careline_cli.timeline import Names

Fact = Mapping[str, Any]
WAYS = {
    "preview": Text("preview"),
    "progressive": Text("progressive"),
    "automatic": Text("automatic"),
}
#: What is told with whom it is about: agents and leaders by number and name.
WORDS: Mapping[str, Text] = {
    "voicemail": Text("leaves a message"),
    "conference": Text("conference"),
    "consult_cancelled": Text("asks no more"),
    "pick_up": Text("picked up by a colleague"),
    "click_to_dial": Text("dialled for the agent"),
    "listen": Text("a leader listens"),
    "whisper": Text("a leader speaks to the agent"),
    "barge": Text("a leader joins the talk"),
    "stop_listening": Text("a leader listens no more"),
    "intercept": Text("a leader takes the call over"),
    "release": Text("ended by force"),
    "recording_ended": Text("recording is switched off"),
    "end_not_seen": Text("its end was not seen"),
}
PEOPLE = ("leader", "agent", "colleague")


def noted(fact: Fact, names: Names) -> Text | None:
    """A note has a word of its own in place of a kind; kinds without details mean nothing here.

    What a plugin has noted is told as it stands.
    """
    detail = fact.get("detail")
    if not isinstance(detail, Mapping):
        return None
    told = TOLD.get(fact["what"])
    if told is not None:
        return told(detail, names)
    word = WORDS.get(fact["what"])
    if word is None:
        about = " ".join(str(value) for value in detail.values())
        return _with(fact["what"], about)
    people = [names.agent(detail[one]) for one in PEOPLE if detail.get(one)]
    return _with(word, " → ".join(people))


def _with(what: object, about: str) -> Text:
    return Text("{what}: {detail}" if about else "{what}", {"what": what, "detail": about})


def _record(detail: Mapping[str, str], names: Names) -> Text:
    who: dict[str, object] = {"agent": names.agent(detail.get("agent", ""))}
    if detail.get("answer") == "yes":
        return Text("the talk of agent {agent} is recorded", who)
    return Text("the talk of agent {agent} is not recorded", who)


def _recording(detail: Mapping[str, str], names: Names) -> Text:
    who: dict[str, object] = {"agent": names.agent(detail.get("agent", ""))}
    if detail.get("paused") == "yes":
        return Text("silence is recorded now, by agent {agent}", who)
    return Text("the talk is recorded again, by agent {agent}", who)


def _overflow(detail: Mapping[str, str], names: Names) -> Text:
    queue = names.queue(detail.get("queue", ""))
    return Text("waited too long in queue {queue}, is led on", {"queue": queue})


def _outbound(detail: Mapping[str, str], names: Names) -> Text:
    way = detail.get("mode", "")
    about: dict[str, object] = {"task": detail.get("task", ""), "way": WAYS.get(way, way)}
    return Text("called by the hospital: task {task}, {way}", about)


def _heard(detail: Mapping[str, str], names: Names) -> Text:
    from careline.outbound.outcomes import is_machine

    if is_machine(detail.get("amd", "")):
        return Text("an answering machine answers")
    return Text("a person answers")


TOLD: Mapping[str, Callable[[Mapping[str, str], Names], Text]] = {
    "record": _record,
    "recording": _recording,
    "overflow": _overflow,
    "outbound": _outbound,
    "heard": _heard,
}
