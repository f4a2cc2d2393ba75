"""Whom a call can be passed on to, and what an agent has on the line; pure values."""

from __future__ import annotations

from enum import Enum

from attrs import field, frozen
from attrs.validators import matches_re

from careline.calls.model import Waiting
from careline.errors import Invalid


@frozen
class AgentTarget:
    """A colleague, by agent number."""

    id: str = field(validator=matches_re(r"[0-9]{2,8}"))


@frozen
class QueueTarget:
    """Whoever is free in a queue."""

    id: str


@frozen
class Outside:
    """Somebody outside, by telephone number."""

    number: str


@frozen
class FlowTarget:
    """A flow, such as the one that asks how it went."""

    name: str


Target = AgentTarget | QueueTarget | Outside | FlowTarget

_KINDS: dict[str, type[AgentTarget] | type[QueueTarget] | type[Outside] | type[FlowTarget]] = {
    "agent": AgentTarget,
    "queue": QueueTarget,
    "outside": Outside,
    "flow": FlowTarget,
}


def shown(target: Target) -> str:
    """The target as one word, as :func:`parse_target` reads it: ``agent:8002``."""
    match target:
        case AgentTarget(id):
            return f"agent:{id}"
        case QueueTarget(id):
            return f"queue:{id}"
        case Outside(number):
            return f"outside:{number}"
        case FlowTarget(name):
            return f"flow:{name}"


def parse_target(text: str) -> Target:
    """Read ``agent:8002``, ``queue:service``, ``outside:12345``, ``flow:rate``; else Invalid."""
    kind, _, value = text.partition(":")
    made = _KINDS.get(kind)
    try:
        if made is None or not value.strip():
            raise ValueError(text)
        return made(value.strip())
    except ValueError:
        raise Invalid(
            "control.target", "{target} is nobody a call can be passed to", target=text
        ) from None


class Listening(Enum):
    """How a leader takes part in an agent's talk: heard by nobody, by the agent, by both."""

    LISTEN = "listen"
    WHISPER = "whisper"
    BARGE = "barge"


@frozen(kw_only=True)
class OnLine:
    """What an agent has on the line: for the buttons of a desk.

    ``number`` is the party's; ``put_aside`` who waits and why; ``asked_number`` is who is asked
    or third in a conference, and ``asked_answered`` whether that one is on the line.
    """

    call: str
    agent: str
    number: str
    ringing: bool = False
    put_aside: Waiting | None = None
    asked_number: str = ""
    asked_answered: bool = False
    conference: bool = False
