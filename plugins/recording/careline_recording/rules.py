"""Which talks are kept: the first rule that fits decides; pure, no I/O."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from enum import Enum

from attrs import field, frozen

from careline.calls.model import CallRecord, Direction, Leg, LegKind
from careline.config import between, one_of
from careline.i18n import Text


class Kept(Enum):
    """Whether a talk is kept: ``on_demand`` only from when the agent says so."""

    ALWAYS = "always"
    NEVER = "never"
    ON_DEMAND = "on_demand"


@frozen(kw_only=True)
class Rule:
    """``[[plugin.recording.rules]]``: what is empty fits every talk.

    Of the calls that fit, ``percent`` are kept, the same ones however often it is asked.
    """

    keep: str = field(default="always", validator=one_of([one.value for one in Kept]))
    queues: tuple[str, ...] = ()
    directions: tuple[str, ...] = ()
    agents: tuple[str, ...] = ()
    campuses: tuple[str, ...] = ()
    percent: int = field(default=100, validator=between(0, 100))


#: What is said to the outside, unless the hospital says otherwise.
USUAL = (Rule(directions=(Direction.INBOUND.value, Direction.OUTBOUND.value)),)

BY_RULE = Text("a rule says so").msgid
NO_RULE = Text("no rule is for it").msgid
NOT_IN_SAMPLE = Text("it is not in the sample").msgid
REFUSED = Text("the caller refused").msgid
NOT_ASKED_FOR = Text("nobody asked for it").msgid
OFF = Text("recording was switched off").msgid
NOBODY = Text("nobody was signed in on that phone").msgid


@frozen(kw_only=True)
class Talk:
    """What rules may ask of a talk; ``agent`` and ``queue`` are empty where there is none."""

    call: str
    direction: str
    campus: str = ""
    queue: str = ""
    agent: str = ""


@frozen
class Decision:
    """Whether a talk is kept, and why not (a msgid)."""

    kept: Kept
    why: str = ""


def decide(rules: Sequence[Rule], talk: Talk) -> Decision:
    """What the first rule that fits says; without one nothing is kept."""
    for rule in rules:
        fits = _fits_call(rule, talk) and _among(talk.queue, rule.queues)
        if fits and _among(talk.agent, rule.agents):
            kept = Kept(rule.keep)
            if kept is Kept.NEVER:
                return Decision(kept, BY_RULE)
            return Decision(kept) if _sampled(rule, talk) else Decision(Kept.NEVER, NOT_IN_SAMPLE)
    return Decision(Kept.NEVER, NO_RULE)


def may_be_kept(rules: Sequence[Rule], talk: Talk) -> bool:
    """The same before it is known which agent answers, and from which queue."""
    for rule in rules:
        if not _fits_call(rule, talk):
            continue
        kept = Kept(rule.keep) is not Kept.NEVER and _sampled(rule, talk)
        if kept or not (rule.queues or rule.agents):
            return kept
    return False


def talk_of(call: CallRecord, agent: str, leg: Leg | None = None) -> Talk:
    """The talk of an agent in a call, on ``leg`` or on the phone that rings now."""
    return Talk(
        call=call.id,
        direction=call.direction.value,
        campus=call.campus,
        queue=queue_of(call, agent, leg),
        agent=agent,
    )


def queue_of(call: CallRecord, agent: str, leg: Leg | None = None) -> str:
    """The queue that brought agent and caller together, empty for other ways."""
    for ring in reversed(call.rings):
        if ring.channel == leg.channel if leg else ring.agent == agent:
            return ring.queue
    begun = leg.started if leg else None
    before = (one for one in reversed(call.stays) if begun is None or one.span.start <= begun)
    return next((one.queue for one in before), "")


def agent_legs(call: CallRecord) -> list[Leg]:
    """The phones of the house that talked in a call."""
    return [leg for leg in call.legs if leg.kind is LegKind.AGENT and leg.talks]


def _fits_call(rule: Rule, talk: Talk) -> bool:
    return _among(talk.direction, rule.directions) and _among(talk.campus, rule.campuses)


def _among(value: str, wanted: Sequence[str]) -> bool:
    return not wanted or value in wanted


def _sampled(rule: Rule, talk: Talk) -> bool:
    drawn = int.from_bytes(hashlib.sha256(talk.call.encode()).digest()[:8], "big")
    return drawn % 100 < rule.percent
