"""The call record and its legs, as they follow from the facts; pure values, no I/O."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from enum import Enum

from attrs import frozen

INBOUND_CONTEXT = "careline-inbound"
PHONES_CONTEXT = "careline-phones"


class Direction(Enum):
    """Who began: a caller on a trunk, an agent dialling out, or a colleague."""

    INBOUND = "inbound"
    OUTBOUND = "outbound"
    INTERNAL = "internal"


class LegKind(Enum):
    """The party behind a channel."""

    CALLER = "caller"
    AGENT = "agent"
    OUTSIDE = "outside"
    VIRTUAL = "virtual"
    SUPERVISOR = "supervisor"


class Outcome(Enum):
    """What became of the call, decided when it ends."""

    ANSWERED = "answered"
    ABANDONED = "abandoned"
    VOICEMAIL = "voicemail"
    CALLBACK = "callback"
    SELF_SERVICE = "self_service"
    BLOCKED = "blocked"
    UNANSWERED = "unanswered"
    TURNED_AWAY = "turned_away"


@frozen(kw_only=True)
class Span:
    """A stretch of time; ``end`` is None while it lasts."""

    start: datetime
    end: datetime | None = None

    def length(self, until: datetime) -> timedelta:
        """Its length, up to ``until`` while it lasts; never negative."""
        return max((self.end or until) - self.start, timedelta())


@frozen(kw_only=True)
class Leg:
    """One channel of the call and the times it talked (was bridged).

    ``name`` is what the switch calls the channel; ``held``: its phone holds the other side;
    ``moved``: when it last entered or left a bridge.
    """

    channel: str
    kind: LegKind
    endpoint: str = ""
    number: str = ""
    agent: str = ""
    started: datetime
    answered: datetime | None = None
    ended: datetime | None = None
    cause: int = 0
    talks: tuple[Span, ...] = ()
    bridge: str = ""
    name: str = ""
    held: bool = False
    moved: datetime | None = None


@frozen(kw_only=True)
class Stay:
    """One stay in a queue, with how it ended."""

    queue: str
    span: Span
    position: int = 0
    reason: str = ""


@frozen(kw_only=True)
class Ring:
    """One agent's phone ringing for the call, with how it ended."""

    agent: str
    channel: str
    queue: str
    span: Span
    result: str = ""


class Why(Enum):
    """Why a party hears music in mid-call."""

    HOLD = "hold"
    CONSULT = "consult"
    LOST = "lost"


@frozen(kw_only=True)
class Waiting:
    """A party (channel) put aside by an agent on ``leg`` (channel); ``target``: who is asked."""

    agent: str
    leg: str
    party: str
    why: Why
    since: datetime
    target: str = ""


@frozen(kw_only=True)
class WrapUp:
    """An agent's work after the talk (话后处理)."""

    agent: str
    span: Span


@frozen(kw_only=True)
class Durations:
    """The figures of CALL-12 in whole milliseconds."""

    wait_ms: int
    ring_ms: int
    talk_ms: int
    wrap_up_ms: int
    trunk_ms: int

    @property
    def handling_ms(self) -> int:
        """Handling time (座席工作时间) = talk + wrap-up."""
        return self.talk_ms + self.wrap_up_ms


@frozen(kw_only=True)
class CallRecord:
    """One call as known now. ``ended`` is set when its last channel is gone.

    ``box`` is the voicemail box in which a message was begun; ``passed_on`` the channels whose
    agents have passed the call on.
    """

    id: str
    direction: Direction
    started: datetime
    ended: datetime | None = None
    campus: str = ""
    trunk: str = ""
    dnis: str = ""
    caller: str = ""
    number: str = ""
    patients: tuple[int, ...] = ()
    vip: bool = False
    blocked: bool = False
    settled: str = ""
    box: str = ""
    disposition: str = ""
    note: str = ""
    legs: tuple[Leg, ...] = ()
    stays: tuple[Stay, ...] = ()
    rings: tuple[Ring, ...] = ()
    wrap_ups: tuple[WrapUp, ...] = ()
    agents: tuple[str, ...] = ()
    waiting: tuple[Waiting, ...] = ()
    passed_on: tuple[str, ...] = ()

    def leg(self, channel: str) -> Leg | None:
        """The leg of that channel."""
        return next((leg for leg in self.legs if leg.channel == channel), None)

    @property
    def served_by(self) -> str:
        """The agent who talked last; of several who ended together the one who came first."""
        return max(self.agents, key=self._talked_until, default="")

    def _talked_until(self, agent: str) -> datetime:
        ends = [
            talk.end or datetime.max.replace(tzinfo=talk.start.tzinfo)
            for leg in self.legs
            if leg.agent == agent
            for talk in leg.talks
        ]
        return max(ends, default=self.started)

    @property
    def live_channels(self) -> tuple[str, ...]:
        """Channels that have not hung up."""
        return tuple(leg.channel for leg in self.legs if leg.ended is None)

    def leg_of(self, agent: str) -> Leg | None:
        """The live leg of an agent, the newest."""
        mine = (leg for leg in reversed(self.legs) if leg.agent == agent and leg.ended is None)
        return next((leg for leg in mine if leg.kind is LegKind.AGENT), None)

    def talking_since(self, agent: str) -> datetime | None:
        """When the talk of an agent who is in the call now began.

        A phone that was lost and came back goes on with its talk; what another agent talked since,
        or a wait in a queue, makes the next talk a new one.
        """
        now = self.leg_of(agent)
        if now is None or not now.talks:
            return None
        begun = now.talks[0].start
        others = [stay.span for stay in self.stays]
        for leg in self.legs:
            if leg.kind is LegKind.AGENT and leg.agent not in ("", agent):
                others += leg.talks
        for leg in reversed(self.legs):
            ended = leg.ended if leg.agent == agent and leg.talks else None
            if ended is None or ended > begun:
                continue
            if any(one.start < begun and (one.end or begun) > ended for one in others):
                break
            begun = leg.talks[0].start
        return begun

    def put_aside_by(self, agent: str) -> Waiting | None:
        """The party that an agent holds, or has wait while somebody is asked."""
        return next((one for one in self.waiting if one.agent == agent), None)

    def beside(self, leg: Leg) -> tuple[Leg, ...]:
        """The other legs in the bridge of ``leg``."""
        if not leg.bridge:
            return ()
        return tuple(one for one in self.legs if one.bridge == leg.bridge and one is not leg)

    @property
    def waiting_in(self) -> str:
        """The queue in which the caller waits now, or empty."""
        return self.stays[-1].queue if self.stays and self.stays[-1].span.end is None else ""

    @property
    def listened(self) -> bool:
        """True while a shift leader's phone takes part, heard or unheard."""
        return any(leg.kind is LegKind.SUPERVISOR and leg.ended is None for leg in self.legs)

    @property
    def wrapping_up(self) -> bool:
        """True while an agent still wraps up."""
        return any(work.span.end is None for work in self.wrap_ups)

    @property
    def outcome(self) -> Outcome:
        """What became of it, as far as is known."""
        if self.blocked:
            return Outcome.BLOCKED
        if self.direction is not Direction.INBOUND:
            outward = self.direction is Direction.OUTBOUND
            callee = LegKind.OUTSIDE if outward else LegKind.AGENT
            # A call that no agent began has the patient's leg alone.
            legs = self.legs if outward else self.legs[1:]
            reached = any(leg.kind is callee and leg.answered for leg in legs)
            return Outcome.ANSWERED if reached else Outcome.UNANSWERED
        if self.agents or any(leg.kind is LegKind.OUTSIDE and leg.talks for leg in self.legs):
            return Outcome.ANSWERED
        turned_away = self.settled == Outcome.TURNED_AWAY.value
        if self.settled and not turned_away:
            return Outcome(self.settled)
        if self.stays:
            return Outcome.ABANDONED
        return Outcome.TURNED_AWAY if turned_away else Outcome.SELF_SERVICE


def durations(call: CallRecord, until: datetime) -> Durations:
    """Compute the durations of ``call``; what still lasts counts up to ``until``.

    wait: in queues; ring (接听时间): the answering agents' phones; talk: agent legs in a bridge;
    trunk (中继时间): the legs on trunks from seizure to release.
    """
    agents = [leg for leg in call.legs if leg.kind is LegKind.AGENT]
    trunks = [leg for leg in call.legs if leg.kind in (LegKind.CALLER, LegKind.OUTSIDE)]
    return Durations(
        wait_ms=_ms((stay.span for stay in call.stays), until),
        ring_ms=_ms((ring.span for ring in call.rings if ring.result == "answered"), until),
        talk_ms=_ms((talk for leg in agents for talk in leg.talks), until),
        wrap_up_ms=_ms((work.span for work in call.wrap_ups), until),
        trunk_ms=_ms((Span(start=leg.started, end=leg.ended) for leg in trunks), until),
    )


def _ms(spans: Iterable[Span], until: datetime) -> int:
    total = sum((span.length(until) for span in spans), timedelta())
    return round(total / timedelta(milliseconds=1))
