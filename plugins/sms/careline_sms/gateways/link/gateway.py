"""A gateway over standing connections: texts in pieces, their answers, reports and replies."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Sequence

from attrs import Factory, define, frozen
from twisted.internet.defer import CancelledError, Deferred

from careline.messaging.gateway import (
    NOT_TAKEN,
    WRONG_NUMBER,
    Busy,
    Fate,
    GatewayState,
    Outgoing,
    Rejected,
    Sent,
    Sink,
    Uncertain,
)
from careline_sms.gateways import words
from careline_sms.gateways.ground import Ground
from careline_sms.gateways.joining import Joining, Text
from careline_sms.gateways.link.connection import Connection, NotConnected, Where
from careline_sms.gateways.link.dialect import Dialect
from careline_sms.gateways.link.ids import Ids
from careline_sms.gateways.link.messages import Incoming, Piece, Report, Submitted, Verdict
from careline_sms.gateways.link.pace import Pace
from careline_sms.gateways.link.session import Limits
from careline_sms.gateways.link.wire import LostPiece
from careline_sms.gateways.numbers import e164
from careline_sms.gateways.parts import MOST_PARTS, Alphabet, alphabet_of, split
from careline_sms.gateways.udh import Place

AWAY_RETRY_S = 10.0
FULL_RETRY_S = 1.0
EARLY_S = 0.5
"""Seconds that a receipt waits for the answer which says how ids are written.

Some centers answer only after the receipt is: so it is short, and over once the ids are known.
"""
EARLY_LOOKS = 10
TRIES_OF_LATER_PIECES = 6
SWEEP_S = 30.0
MOST_UNKNOWN = 10_000
"""Pieces of uncertain messages whose receipts are awaited."""


@frozen(kw_only=True)
class Plan:
    """How a gateway is made: one connection for each dialect, those that only receive last."""

    name: str
    where: Where
    senders: Sequence[Dialect]
    receivers: Sequence[Dialect] = ()
    limits: Limits
    usual: Alphabet = Alphabet.GSM7
    per_second: float = 0.0
    ids: str = ""
    wrong_numbers: frozenset[str] = frozenset()


@define(eq=False)
class LinkGateway:
    """See :class:`careline.messaging.gateway.Gateway`."""

    _plan: Plan
    _ground: Ground
    name: str = ""
    takes_key: bool = False
    room: int = 0
    _sink: Sink | None = None
    _senders: list[Connection] = Factory(list)
    _receivers: list[Connection] = Factory(list)
    _pace: Pace = Factory(Pace)
    _ids: Ids = Factory(Ids)
    _joining: Joining = Factory(Joining)
    _reference: int = 0
    _inflight: dict[str, int] = Factory(dict)
    _unknown: OrderedDict[str, int] = Factory(OrderedDict)
    _sweeping: Deferred[None] | None = None

    def __attrs_post_init__(self) -> None:
        plan = self._plan
        self.name = plan.name
        self.room = plan.limits.window * len(plan.senders)
        self._pace = Pace(plan.per_second)
        self._ids = Ids(plan.ids)
        self._reference = int(self._ground.chance() * 255)
        self._senders = [self._connection(one) for one in plan.senders]
        self._receivers = [self._connection(one) for one in plan.receivers]

    def _connection(self, dialect: Dialect) -> Connection:
        plan = self._plan
        return Connection(
            self._ground, plan.where, lambda: dialect, plan.limits, self._take, self._late
        )

    async def start(self, sink: Sink) -> None:
        """Connect in the background."""
        self._sink = sink
        for one in (*self._senders, *self._receivers):
            one.start()
        self._sweeping = self._ground.tasks.spawn(self._sweep(), f"texts of {self.name}")

    async def stop(self) -> None:
        """Disconnect; texts of which pieces are missing are given on as they are."""
        if self._sweeping is not None:
            self._sweeping.cancel()
        for one in (*self._senders, *self._receivers):
            await one.stop()
        for text in self._joining.all():
            await self._replied(text.number, text.to, str(text))

    def state(self) -> GatewayState:
        """Up when at least one connection sends."""
        open_ones = [one for one in self._senders if one.is_open]
        silent = [one for one in self._receivers if not one.is_open]
        trouble = (silent or [one for one in self._senders if not one.is_open])[:1]
        return GatewayState(
            up=bool(open_ones),
            detail=trouble[0].trouble if trouble else "",
            since=open_ones[0].since if open_ones else None,
            inflight=sum(self._inflight.values()),
        )

    async def send(self, message: Outgoing) -> Sent:
        """Send all pieces in order; when one later than the first fails, nobody can repeat it."""
        parts = split(message.text, alphabet_of(message.text, self._plan.usual))
        if parts.count > MOST_PARTS:
            raise Rejected("too_long", words.TOO_LONG, other_gateway=False)
        self._reference = (self._reference + 1) & 0xFF
        tail = message.to
        self._inflight[tail] = self._inflight.get(tail, 0) + 1
        found: list[str] = []
        try:
            for number, text in enumerate(parts.pieces, 1):
                place = Place(self._reference, parts.count, number) if parts.count > 1 else None
                piece = Piece(
                    to=message.to, alphabet=parts.alphabet, text=text, place=place, ours=message.id
                )
                answer = await self._sent(piece, first=number == 1)
                found.append(self._ids.sent(answer.reference, message.to))
            return Sent(reference=tuple(one for one in found if one), parts=parts.count)
        except (Uncertain, CancelledError):
            for one in found:
                self._expect(one, message.id)
            raise
        finally:
            self._inflight[tail] -= 1
            if not self._inflight[tail]:
                del self._inflight[tail]

    async def _sent(self, piece: Piece, first: bool) -> Submitted:
        """The answer of a piece that was taken; raises as the gateway's ``send`` does."""
        tries = 1 if first else TRIES_OF_LATER_PIECES
        for left in reversed(range(tries)):
            try:
                return await self._tried(piece)
            except (Busy, Rejected) as error:
                if first:
                    raise
                if isinstance(error, Rejected) or not left:
                    raise Uncertain(words.PARTLY) from error
                await self._ground.clock.sleep(min(error.retry_s, 5.0))
        raise AssertionError("not reached")

    async def _tried(self, piece: Piece) -> Submitted:
        connection = await self._turn()
        try:
            answer = await connection.submit(piece)
        except NotConnected as error:
            raise Busy(FULL_RETRY_S, str(error)) from error
        except LostPiece as error:
            raise Uncertain(words.NO_ANSWER) from error
        now = self._ground.clock.seconds()
        if answer.verdict is Verdict.TAKEN:
            self._pace.took()
            return answer
        if answer.verdict is Verdict.BUSY:
            raise Busy(self._pace.complained(now), answer.code)
        if answer.verdict is Verdict.REFUSED:
            raise Rejected(NOT_TAKEN, f"{answer.code} {answer.text}".strip())
        raise Rejected(answer.code, answer.text)

    async def _turn(self) -> Connection:
        """A connection that takes a piece now, after its turn has come; raises Busy."""
        clock = self._ground.clock
        if closed := self._pace.closed(clock.seconds()):
            raise Busy(closed, words.THROTTLED)
        if not any(one.is_open for one in self._senders):
            raise Busy(AWAY_RETRY_S, self._senders[0].trouble)
        if wait := self._pace.turn(clock.seconds()):
            await clock.sleep(wait)
        best = max(self._senders, key=lambda one: one.room)
        if best.room < 1:
            raise Busy(FULL_RETRY_S, words.FULL)
        return best

    async def _take(self, message: Report | Incoming) -> None:
        if isinstance(message, Incoming):
            await self._heard(message)
        elif message.delivered is not None and message.reference:
            await self._reported(message)

    async def _heard(self, message: Incoming) -> None:
        number = e164(message.number)
        if message.place is None:
            await self._replied(number, message.to, message.text, message.id)
            return
        now = self._ground.clock.seconds()
        text = self._joining.add(number, message.to, message.place, message.text, now)
        if text is not None:
            await self._joined(text, message.id)

    async def _joined(self, text: Text, reference: str = "") -> None:
        await self._replied(text.number, text.to, str(text), reference)

    async def _replied(self, number: str, to: str, text: str, reference: str = "") -> None:
        if self._sink is not None and number:
            await self._sink.reply(self.name, number, text, to=to, reference=reference)

    async def _reported(self, report: Report) -> None:
        number = e164(report.number)
        for _ in range(EARLY_LOOKS):
            if not self._inflight.get(number) or self._ids.knows(report.reference, number):
                break
            await self._ground.clock.sleep(EARLY_S / EARLY_LOOKS)
        reference = self._ids.reported(report.reference, number)
        fate = Fate.DELIVERED if report.delivered else Fate.FAILED
        code = WRONG_NUMBER if report.code in self._plan.wrong_numbers else report.code
        if self._sink is not None:
            ours = self._unknown.get(reference, 0)
            await self._sink.receipt(self.name, reference, fate, code, ours=ours, number=number)

    def _late(self, piece: Piece, answer: Submitted) -> None:
        """A piece of a message that counts as uncertain is there after all."""
        if answer.verdict is Verdict.TAKEN:
            self._expect(self._ids.sent(answer.reference, piece.to), piece.ours)

    def _expect(self, reference: str, ours: int) -> None:
        """Of this piece nobody but us knows: its receipts will say what became of the message."""
        if reference:
            self._unknown[reference] = ours
            if len(self._unknown) > MOST_UNKNOWN:
                self._unknown.popitem(last=False)

    async def _sweep(self) -> None:
        """Give on texts of which pieces never came."""
        while True:
            await self._ground.clock.sleep(SWEEP_S)
            for text in self._joining.overdue(self._ground.clock.seconds()):
                await self._joined(text)
