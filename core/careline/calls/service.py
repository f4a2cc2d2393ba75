"""The calls that are up now: live events become facts, and facts become records."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable
from contextlib import suppress

from attrs import evolve, frozen
from twisted.internet.defer import Deferred, TimeoutError
from twisted.logger import Logger

from careline.calls import facts as f
from careline.calls import from_ami
from careline.calls.fold import apply, begin
from careline.calls.model import PHONES_CONTEXT, CallRecord, LegKind
from careline.calls.rung import ADDED, is_ours
from careline.calls.store import StoredCall
from careline.calls.writer import CallWriter
from careline.clock import Clock
from careline.queues.model import FALLBACK
from careline.telephony.ami import Message

log = Logger()

FEATURE_CODE = "*"
REMEMBERED = 5_000


@frozen
class Change:
    """One step of one call: the record before (None at its begin) and after, and why."""

    before: CallRecord | None
    after: CallRecord
    fact: f.Fact


Listener = Callable[[Change], None]
Told = tuple[str, f.Fact]


class Calls:
    """All open calls of this node, by id; the one place where the switch's events become calls.

    ``agent_of`` names the agent who is signed in on an endpoint (``PJSIP/1001``), or "".
    """

    def __init__(self, writer: CallWriter, agent_of: Callable[[str], str] = lambda _: "") -> None:
        self._writer = writer
        self._agent_of = agent_of
        self._open: dict[str, CallRecord] = {}
        self._call_of: dict[str, str] = {}
        self._listeners: list[Listener] = []
        self._awaited: dict[str, list[Deferred[None]]] = {}
        self._told: deque[Change] = deque()
        self._held: list[Told] | None = None
        self._finished: dict[str, None] = {}
        self._each = log.failureHandler("a fact could not be taken in")
        self._guard = log.failureHandler("a listener to calls failed")

    def listen(self, listener: Listener) -> Callable[[], None]:
        """Have ``listener`` called at every change, in order, on the reactor thread.

        Returns the function that ends it.
        """
        self._listeners.append(listener)
        return lambda: self._listeners.remove(listener)

    @property
    def open(self) -> tuple[CallRecord, ...]:
        """Calls that are up or still wrapped up, oldest first."""
        return tuple(self._open.values())

    def get(self, call_id: str) -> CallRecord | None:
        """The open call with that id."""
        return self._open.get(call_id)

    async def appears(self, call_id: str, clock: Clock, limit_s: float) -> CallRecord | None:
        """The open call with that id, waiting at most ``limit_s`` seconds for its begin."""
        if call_id not in self._open:
            begun: Deferred[None] = Deferred()
            self._awaited.setdefault(call_id, []).append(begun)
            try:
                with suppress(TimeoutError):
                    await clock.within(limit_s, begun)
            finally:
                self._awaited.pop(call_id, None)
        return self._open.get(call_id)

    def of_channel(self, channel: str) -> CallRecord | None:
        """The open call that a channel belongs to."""
        return self._open.get(self._call_of.get(channel, ""))

    def event(self, message: Message) -> None:
        """Take in one event of the switch, later if they are held back."""
        linked = from_ami.linked(message)
        for fact in from_ami.facts_of(message):
            if self._held is None:
                self.fact(linked, fact)
            else:
                self._held.append((linked, fact))

    def hold_back(self) -> None:
        """Keep events until :meth:`catch_up`: what happened before them is not known yet."""
        if self._held is None:
            self._held = []

    def catch_up(self, told: Iterable[Told]) -> None:
        """Take in what is ``told`` of a gap and what was held back, in the order it happened.

        Facts of calls that are finished and stored are left out.
        """
        held, self._held = self._held or [], None
        for linked, fact in sorted([*told, *held], key=lambda one: one[1].at):
            if linked not in self._finished:
                with self._each:
                    self.fact(linked, fact)

    def remember(self, finished: Iterable[str]) -> None:
        """Know calls that are finished and stored, so that the journal begins none of them anew."""
        self._finished.update(dict.fromkeys(finished))
        while len(self._finished) > REMEMBERED:
            del self._finished[next(iter(self._finished))]

    def fact(self, linked: str, fact: f.Fact) -> None:
        """Take in one fact; ``linked`` names the call of a channel that is new."""
        call = self.of_channel(fact.channel)
        if isinstance(fact, f.Joined):
            self._join(call, fact)
            return
        if call is None and isinstance(fact, f.ChannelUp):
            fact = evolve(self._at_phone(fact), joins=ADDED in linked)
            call = self._open.get(linked.partition(ADDED)[0])
            if call is None:
                self._begin(linked, fact)
                return
        if call is not None:
            self.note(call.id, self._named(call, fact))

    def _join(self, call: CallRecord | None, fact: f.Joined) -> None:
        """A desk phone joined its two calls: who was asked goes on in the caller's record."""
        main = self.of_channel(fact.to)
        leg = call.leg(fact.channel) if call else None
        if call is None or main is None or leg is None or leg.ended or main.id == call.id:
            return
        at, channel = fact.at, fact.channel
        self.note(call.id, f.Departed(at=at, channel=channel))
        context = PHONES_CONTEXT if leg.kind is LegKind.AGENT else ""
        up = f.ChannelUp(
            at=at,
            channel=channel,
            name=leg.name,
            context=context,
            number=leg.number,
            agent=leg.agent,
        )
        for told in (
            up,
            f.ChannelAnswered(at=at, channel=channel),
            f.Bridged(at=at, channel=channel, bridge=leg.bridge or "joined"),
        ):
            self.note(main.id, told)

    def _at_phone(self, fact: f.ChannelUp) -> f.ChannelUp:
        """Say who sits at a phone of the house."""
        if fact.context != PHONES_CONTEXT or fact.agent:
            return fact
        agent = self._agent_of(fact.endpoint)
        return evolve(fact, agent=agent) if agent else fact

    def _named(self, call: CallRecord, fact: f.Fact) -> f.Fact:
        """Say who it is: the static fallback queue knows phones only, not who sits at them."""
        if isinstance(fact, f.Called):
            leg = call.leg(fact.channel)
            return evolve(fact, agent=self._agent_of(leg.endpoint)) if leg else fact
        if not isinstance(fact, f.Rang | f.Connected) or fact.queue != FALLBACK:
            return fact
        leg = call.leg(fact.channel)
        agent = self._agent_of(leg.endpoint) if leg else ""
        return evolve(fact, agent=agent) if agent else fact

    def note(self, call_id: str, fact: f.Fact) -> None:
        """Take a fact into a known call; one that says nothing new leaves no trace.

        What is found out when the call is finished and stored is added to its record there.
        """
        before = self._open.get(call_id)
        if before is None:
            self._writer.put_late(call_id, fact)
            return
        after = apply(before, fact)
        if after is not before:
            self._change(before, after, fact)

    def resume(self, stored: StoredCall) -> None:
        """Take up a call that an earlier core left open."""
        call = stored.record
        if call.id in self._open:
            return
        self._open[call.id] = call
        for leg in call.legs:
            if leg.ended is None or leg.channel not in self._call_of:
                self._call_of[leg.channel] = call.id
        self._writer.resume(call.id, stored.last_seq)

    def forget(self, call_id: str) -> None:
        """Drop a call that is finished and stored."""
        self.remember([call_id])
        call = self._open.pop(call_id, None)
        for leg in call.legs if call else ():
            if self._call_of.get(leg.channel) == call_id:  # it may go on in another call
                del self._call_of[leg.channel]

    def _begin(self, linked: str, fact: f.ChannelUp) -> None:
        first = linked == fact.channel or (is_ours(linked) and linked not in self._finished)
        if first and _is_call(fact):
            self._change(None, begin(fact, linked), fact)

    def _change(self, before: CallRecord | None, after: CallRecord, fact: f.Fact) -> None:
        self._open[after.id] = after
        if isinstance(fact, f.ChannelUp):
            self._call_of[fact.channel] = after.id
        self._writer.put(after, fact)
        self._told.append(Change(before, after, fact))
        if len(self._told) == 1:
            self._tell()

    def _tell(self) -> None:
        """Tell the listeners; a change that one of them makes is told after this one."""
        while self._told:
            change = self._told[0]
            for listener in tuple(self._listeners):
                with self._guard:
                    listener(change)
            for waiting in self._awaited.pop(change.after.id, ()):
                waiting.callback(None)
            self._told.popleft()


def _is_call(fact: f.ChannelUp) -> bool:
    """A feature code that an agent dials is no call, nor is a leg of a call that is over."""
    dials_code = fact.context == PHONES_CONTEXT and fact.extension.startswith(FEATURE_CODE)
    return not dials_code and not fact.joins
