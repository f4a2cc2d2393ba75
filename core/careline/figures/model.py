"""What one call adds to the figures; pure, so that any figure can be computed again from records.

A call counts on the day on which it began, in its campus's zone, with all that follows from it.
Talks and wrap-ups count when they have ended.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import timedelta
from enum import Enum

from attrs import asdict, evolve, fields, frozen

from careline.calls.model import CallRecord, Direction, Leg, LegKind, Ring, Span, Stay
from careline.queues.model import Queue

#: Seconds for queues that are not set up (an agent's own, the fallback).
TARGET_S = 20
ABANDON_S = 5

MS = timedelta(milliseconds=1)
#: The call goes on and this is what the switch says first: how the stay ended is told next.
UNDECIDED = ("", "left")


class Kind(Enum):
    """What a tally is of."""

    CAMPUS = "campus"
    QUEUE = "queue"
    AGENT = "agent"


@frozen
class Key:
    """One campus, queue or agent; ``name`` is its id."""

    kind: Kind
    name: str


@frozen(kw_only=True)
class Tally:
    """Counts and sums that can be added up. Times in whole milliseconds.

    ``short`` are callers who gave up before the queue's threshold, ``diverted`` those who left a
    queue otherwise (overflow, message, callback). ``wait_ms`` is of answered callers.
    """

    incoming: int = 0
    outgoing: int = 0
    offered: int = 0
    answered: int = 0
    in_target: int = 0
    abandoned: int = 0
    short: int = 0
    diverted: int = 0
    wait_ms: int = 0
    lost_wait_ms: int = 0
    taken: int = 0
    missed: int = 0
    ring_ms: int = 0
    talk_ms: int = 0
    wrap_ms: int = 0

    def __add__(self, other: Tally) -> Tally:
        """Both together."""
        return Tally(**{name: getattr(self, name) + getattr(other, name) for name in NAMES})

    def __sub__(self, other: Tally) -> Tally:
        """What is left without ``other``."""
        return Tally(**{name: getattr(self, name) - getattr(other, name) for name in NAMES})

    @property
    def counted(self) -> int:
        """Callers by whom the service level is judged: those of known fate who did wait."""
        return self.answered + self.abandoned + self.diverted

    @property
    def service_level(self) -> float | None:
        """Share of ``counted`` that was answered in time; None when there is nobody to judge by."""
        return self.in_target / self.counted if self.counted else None

    @property
    def abandonment(self) -> float | None:
        """Share of ``counted`` that gave up."""
        return self.abandoned / self.counted if self.counted else None

    @property
    def asa_ms(self) -> int | None:
        """Average speed of answer (平均应答速度)."""
        return round(self.wait_ms / self.answered) if self.answered else None

    @property
    def handling_ms(self) -> int:
        """Talk and wrap-up."""
        return self.talk_ms + self.wrap_ms

    @property
    def aht_ms(self) -> int | None:
        """Average handling time of calls taken (平均处理时长)."""
        return round(self.handling_ms / self.taken) if self.taken else None


NAMES = tuple(one.name for one in fields(Tally))
NOTHING = Tally()


def counts(tally: Tally) -> dict[str, int]:
    """The tally's own fields by name."""
    return asdict(tally)


def total(tallies: Iterable[Tally]) -> Tally:
    """All together."""
    return sum(tallies, NOTHING)


def added(sums: Mapping[Key, Tally], more: Mapping[Key, Tally]) -> dict[Key, Tally]:
    """Both, key by key."""
    both = dict(sums)
    for key, tally in more.items():
        both[key] = both.get(key, NOTHING) + tally
    return both


def parts(call: CallRecord, queues: Mapping[str, Queue]) -> dict[Key, Tally]:
    """What ``call`` adds, as far as is known; at least a line for its campus."""
    found: dict[Key, Tally] = {Key(Kind.CAMPUS, call.campus): _of_campus(call, queues)}
    if call.direction is not Direction.OUTBOUND:
        for stay in call.stays:
            key = Key(Kind.QUEUE, stay.queue)
            found[key] = found.get(key, NOTHING) + _of_stay(call, stay, queues)
    for queue in {ring.queue for ring in call.rings}:
        key = Key(Kind.QUEUE, queue)
        found[key] = found.get(key, NOTHING) + _work_in(call, queue)
    for agent in {*call.agents, *(ring.agent for ring in call.rings), *_diallers(call)}:
        found[Key(Kind.AGENT, agent)] = _of_agent(call, agent)
    return found


def _limits(queue: str, queues: Mapping[str, Queue]) -> tuple[int, int]:
    """Target and threshold of a queue in milliseconds."""
    known = queues.get(queue)
    if known is None:
        return TARGET_S * 1000, ABANDON_S * 1000
    return known.service_level_s * 1000, known.abandon_s * 1000


def _of_campus(call: CallRecord, queues: Mapping[str, Queue]) -> Tally:
    """One caller is one, however many queues it went through; its waits count together."""
    work = _work(call, call.rings)
    if call.direction is Direction.OUTBOUND:
        return work + Tally(outgoing=1)
    came = work + Tally(incoming=1)
    if not call.stays:
        return came
    wait = sum(_ms(stay.span) for stay in call.stays)
    last = next((stay for stay in call.stays if stay.reason == "answered"), call.stays[-1])
    return came + _fate(call, last, wait, queues)


def _of_stay(call: CallRecord, stay: Stay, queues: Mapping[str, Queue]) -> Tally:
    return _fate(call, stay, _ms(stay.span), queues)


def _fate(call: CallRecord, stay: Stay, wait: int, queues: Mapping[str, Queue]) -> Tally:
    target, threshold = _limits(stay.queue, queues)
    if stay.span.end is None or (stay.reason in UNDECIDED and call.ended is None):
        return Tally(offered=1)
    if stay.reason == "answered":
        return Tally(offered=1, answered=1, in_target=int(wait <= target), wait_ms=wait)
    if stay.reason == "abandoned" and wait < threshold:
        return Tally(offered=1, short=1)
    if stay.reason == "abandoned":
        return Tally(offered=1, abandoned=1, lost_wait_ms=wait)
    return Tally(offered=1, diverted=1)


def _work_in(call: CallRecord, queue: str) -> Tally:
    return _work(call, [ring for ring in call.rings if ring.queue == queue])


def _work(call: CallRecord, rings: Iterable[Ring]) -> Tally:
    """The work that came of these rings; a wrap-up belongs to the agent's last one."""
    done = NOTHING
    last = {ring.agent: ring for ring in call.rings if ring.result == "answered"}
    for ring in rings:
        if ring.result == "no_answer":
            done += Tally(missed=1)
        if ring.result != "answered":
            continue
        leg = call.leg(ring.channel)
        done += Tally(taken=1, ring_ms=_ms(ring.span), talk_ms=_talk(leg))
        if last[ring.agent] is ring:
            done += Tally(wrap_ms=_wrap_up(call, ring.agent))
    return done


def _of_agent(call: CallRecord, agent: str) -> Tally:
    done = _work(call, [ring for ring in call.rings if ring.agent == agent])
    if agent in _diallers(call):
        return done + Tally(outgoing=1)
    if agent not in call.agents and not done.taken:
        return done
    # One call, however it came (no queue rings for a transfer) and however often it came back.
    talk = sum(_talk(leg) for leg in call.legs if leg.agent == agent)
    return evolve(done, taken=1, talk_ms=talk, wrap_ms=_wrap_up(call, agent))


def _diallers(call: CallRecord) -> set[str]:
    """The agent who called outside."""
    if call.direction is not Direction.OUTBOUND or not call.legs:
        return set()
    first = call.legs[0]
    return {first.agent} if first.kind is LegKind.AGENT and first.agent else set()


def _talk(leg: Leg | None) -> int:
    return sum(_ms(talk) for talk in leg.talks) if leg else 0


def _wrap_up(call: CallRecord, agent: str) -> int:
    return sum(_ms(work.span) for work in call.wrap_ups if work.agent == agent)


def _ms(span: Span) -> int:
    """Length of what has ended; what lasts counts when it has."""
    return round(span.length(span.end) / MS) if span.end else 0
