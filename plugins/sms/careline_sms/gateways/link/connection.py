"""One standing connection: made again when it breaks, each piece's fate told to who sent it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Any, cast

from attrs import define, frozen
from twisted.internet.defer import CancelledError, Deferred
from twisted.internet.endpoints import HostnameEndpoint, wrapClientTLS
from twisted.internet.error import ConnectError, ConnectingCancelledError, DNSLookupError
from twisted.internet.interfaces import IAddress, IDelayedCall, ITCPTransport
from twisted.internet.protocol import Factory, Protocol, connectionDone
from twisted.internet.ssl import optionsForClientTLS
from twisted.logger import Logger
from twisted.python.failure import Failure

from careline.clock import TimeoutError
from careline.errors import CarelineError
from careline_sms.gateways import words
from careline_sms.gateways.ground import Ground, is_cancelled
from careline_sms.gateways.link.dialect import Dialect
from careline_sms.gateways.link.messages import Incoming, Piece, Report, Submitted
from careline_sms.gateways.link.session import (
    Answered,
    Came,
    Closed,
    Late,
    Limits,
    Lost,
    News,
    Opened,
    Phase,
    Session,
)

log = Logger()

CONNECT_S = 10.0
TAKE_S = 10.0
"""Seconds in which what came must be stored, else the center is told to send it again."""
MOST_TAKING = 100
"""Reports and replies being stored; the center waits with more."""
PAUSES_S = (1.0, 2.0, 5.0, 10.0, 30.0, 60.0)
STEADY_S = 30.0
"""A connection that lasted so long was a good one: the pauses begin anew."""
REFUSED_PAUSE_S = 30.0
"""After a refused log-in: centers lock accounts that try too often."""
UNREACHABLE = (ConnectError, ConnectingCancelledError, DNSLookupError, TimeoutError, OSError)


class NotConnected(Exception):
    """The piece was certainly not sent."""


class LostPiece(Exception):
    """The piece was written to the connection, and no answer came."""


@frozen(kw_only=True)
class Where:
    """The center's address."""

    host: str
    port: int
    tls: bool = False

    def __str__(self) -> str:
        return f"{self.host}:{self.port}"


@define
class Connection:
    """``take`` stores what came, and raises when it could not.

    ``late`` is told of answers that came when the piece had been given up.
    """

    _ground: Ground
    _where: Where
    _dialect: Callable[[], Dialect]
    _limits: Limits
    _take: Callable[[Report | Incoming], Awaitable[None]]
    _late: Callable[[Piece, Submitted], object]
    since: datetime | None = None
    trouble: str = words.NOT_CONNECTED
    _wire: _Wire | None = None
    _running: Deferred[None] | None = None
    _stopping: bool = False
    _failures: int = 0
    _opened: float = 0.0

    @property
    def is_open(self) -> bool:
        """True when pieces may go."""
        return self._wire is not None and self._wire.session.phase is Phase.OPEN

    @property
    def room(self) -> int:
        """Pieces that may be submitted now."""
        return self._wire.session.room if self._wire is not None else 0

    def start(self) -> None:
        """Connect, and again whenever it breaks."""
        self._stopping = False
        self._running = self._ground.tasks.spawn(self._run(), f"connection to {self._where}")

    async def stop(self) -> None:
        """Say good-bye and end; bounded by the time-out of the log-in."""
        self._stopping = True
        running, self._running = self._running, None
        if self._wire is not None:
            self._wire.leave()
        elif running is not None:
            running.cancel()
        if running is not None:
            await running

    async def submit(self, piece: Piece) -> Submitted:
        """Send a piece and wait for the answer; raises NotConnected or LostPiece."""
        wire = self._wire
        if wire is None or wire.session.room < 1:
            raise NotConnected(self.trouble if wire is None else words.FULL)
        return await wire.submit(piece)

    def late(self, piece: Piece, answer: Submitted) -> None:
        """An answer came after all."""
        self._late(piece, answer)

    def opened(self) -> None:
        """The log-in succeeded."""
        self.since, self.trouble = self._ground.clock.now(), ""
        self._opened = self._ground.clock.seconds()
        log.info("connected with {where}", where=str(self._where))

    async def _run(self) -> None:
        while not self._stopping:
            refused = await self._live()
            if self._stopping:
                break
            pause = PAUSES_S[min(self._failures, len(PAUSES_S) - 1)]
            if refused:
                pause = max(pause, REFUSED_PAUSE_S)
            self._failures += 1
            await self._ground.clock.sleep(pause * (0.75 + self._ground.chance() / 2))

    async def _live(self) -> bool:
        """One connection from beginning to end; True when the center refused the log-in."""
        session = Session(self._dialect(), self._limits)
        wire = _Wire(self._ground, session, self._take, self)
        began = self._ground.clock.seconds()
        try:
            await self._ground.clock.within(CONNECT_S, self._endpoint().connect(_Once(wire)))
        except UNREACHABLE as error:
            if is_cancelled(error, self._ground.clock.seconds() - began, CONNECT_S):
                raise CancelledError from error
            log.debug("{where}: {error}", where=str(self._where), error=type(error).__name__)
            self._broken(words.UNREACHABLE)
            return False
        self._wire = wire
        if self._stopping:
            wire.leave()
        try:
            closed = await wire.ended
        finally:
            self._wire = None
            wire.abort()
        self._broken(closed.reason)
        return bool(closed.code)

    def _broken(self, reason: str) -> None:
        if self.since is not None and self._ground.clock.seconds() - self._opened >= STEADY_S:
            self._failures = 0
        self.since, self.trouble = None, reason
        if not self._stopping:
            log.warn("no connection with {where}: {reason}", where=str(self._where), reason=reason)

    def _endpoint(self) -> Any:
        endpoint = HostnameEndpoint(self._ground.reactor, self._where.host, self._where.port)
        if self._where.tls:
            return wrapClientTLS(optionsForClientTLS(self._where.host), endpoint)
        return endpoint


class _Wire(Protocol):
    """Joins a session with a transport and the clock."""

    def __init__(
        self,
        ground: Ground,
        session: Session,
        take: Callable[[Report | Incoming], Awaitable[None]],
        owner: Connection,
    ) -> None:
        self.session = session
        self.ended: Deferred[Closed] = Deferred(lambda _: None)
        self._ground = ground
        self._take = take
        self._owner = owner
        self._waiting: dict[int, Deferred[Submitted]] = {}
        self._given_up: dict[int, Piece] = {}
        self._taking = 0
        self._paused = False
        self._timer: IDelayedCall | None = None

    def connectionMade(self) -> None:
        """Log in."""
        self.session.begin(self._now)
        self._flush()
        self._timer = self._ground.clock.call_later(1.0, self._tick)

    def dataReceived(self, data: bytes) -> None:
        """Take bytes."""
        self._tell(self.session.feed(data, self._now))
        self._flush()

    def connectionLost(self, reason: Failure = connectionDone) -> None:
        """The other side, or the way there, is gone."""
        self._tell(self.session.end(words.BROKE))

    async def submit(self, piece: Piece) -> Submitted:
        """Send a piece and wait for its answer; raises LostPiece."""
        sequence = self.session.submit(piece, self._now)
        answer: Deferred[Submitted] = Deferred(lambda _: self._forget(sequence))
        self._waiting[sequence] = answer
        self._flush()
        try:
            return await answer
        except LostPiece:
            self._given_up[sequence] = piece
            raise

    def leave(self) -> None:
        """Say good-bye."""
        self.session.leave(self._now)
        self._flush()

    def abort(self) -> None:
        """End the connection now."""
        self._tell(self.session.end(words.STOPPED))
        if self._timer is not None and self._timer.active():
            self._timer.cancel()
        if self.transport is not None:
            cast("ITCPTransport", self.transport).abortConnection()

    @property
    def _now(self) -> float:
        return self._ground.clock.seconds()

    def _forget(self, sequence: int) -> None:
        self._waiting.pop(sequence, None)

    def _tick(self) -> None:
        self._tell(self.session.tick(self._now))
        self._flush()
        if self.session.phase is not Phase.OVER:
            self._timer = self._ground.clock.call_later(1.0, self._tick)

    def _flush(self) -> None:
        data = self.session.output()
        if data and self.transport is not None:
            self.transport.write(data)

    def _tell(self, news: list[News]) -> None:
        for one in news:
            self._told(one)

    def _told(self, one: News) -> None:
        if isinstance(one, Answered):
            waiting = self._waiting.pop(one.answer.sequence, None)
            if waiting is not None:
                waiting.callback(one.answer)
        elif isinstance(one, Late):
            piece = self._given_up.pop(one.answer.sequence, None)
            if piece is not None:
                self._owner.late(piece, one.answer)
        elif isinstance(one, Lost):
            waiting = self._waiting.pop(one.sequence, None)
            if waiting is not None:
                waiting.errback(LostPiece())
        elif isinstance(one, Came):
            self._begin_taking(one.message)
        elif isinstance(one, Opened):
            self._owner.opened()
        elif not self.ended.called:
            self._flush()
            self.ended.callback(one)

    def _begin_taking(self, message: Report | Incoming) -> None:
        self._taking += 1
        if self._taking >= MOST_TAKING and not self._paused:
            self._paused = True
            self.transport.pauseProducing()  # type: ignore[union-attr]  # TCP has it
        self._ground.tasks.spawn(self._store(message), "report or reply of a gateway")

    async def _store(self, message: Report | Incoming) -> None:
        taken = False
        try:
            await self._ground.clock.within(TAKE_S, self._taken(message))
            taken = True
        except CancelledError:
            raise
        except (CarelineError, TimeoutError) as error:
            log.warn("not stored, to be sent again: {error}", error=type(error).__name__)
        finally:
            self._taking -= 1
            self.session.answer(message, taken)
            self._flush()
            if self._paused and self._taking < MOST_TAKING // 2:
                self._paused = False
                self.transport.resumeProducing()  # type: ignore[union-attr]  # TCP has it

    async def _taken(self, message: Report | Incoming) -> None:
        await self._take(message)


class _Once(Factory):
    """Gives an endpoint the one protocol that was made for it."""

    noisy = False

    def __init__(self, wire: _Wire) -> None:
        self._wire = wire

    def buildProtocol(self, addr: IAddress | None) -> _Wire:
        """The one."""
        return self._wire
