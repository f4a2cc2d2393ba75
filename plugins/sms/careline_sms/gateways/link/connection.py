"""One standing connection: made again when it breaks, each piece's fate told to who sent it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Any

from attrs import define, frozen
from twisted.internet.defer import CancelledError, Deferred
from twisted.internet.endpoints import HostnameEndpoint, wrapClientTLS
from twisted.internet.error import ConnectError, ConnectingCancelledError, DNSLookupError
from twisted.internet.interfaces import IAddress
from twisted.internet.protocol import Factory
from twisted.internet.ssl import optionsForClientTLS
from twisted.logger import Logger

from careline.clock import TimeoutError
from careline_sms.gateways import words
from careline_sms.gateways.ground import Ground, is_cancelled
from careline_sms.gateways.link.dialect import Dialect
from careline_sms.gateways.link.messages import Incoming, Piece, Report, Submitted
from careline_sms.gateways.link.session import (
    Limits,
    Phase,
    Session,
)
from careline_sms.gateways.link.wire import Wire

log = Logger()

CONNECT_S = 10.0
PAUSES_S = (1.0, 2.0, 5.0, 10.0, 30.0, 60.0)
STEADY_S = 30.0
"""A connection that lasted so long was a good one: the pauses begin anew."""
REFUSED_PAUSE_S = 30.0
"""After a refused log-in: centers lock accounts that try too often."""
UNREACHABLE = (ConnectError, ConnectingCancelledError, DNSLookupError, TimeoutError, OSError)


class NotConnected(Exception):
    """The piece was certainly not sent."""


@frozen(kw_only=True)
class Where:
    """The center's address."""

    host: str
    port: int
    tls: bool = False

    def __str__(self) -> str:
        return f"{self.host}:{self.port}"


@define(eq=False)
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
    _wire: Wire | None = None
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

    def _on_open(self) -> None:
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
        wire = Wire(self._ground, session, self._take, self._on_open, self._late)
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


class _Once(Factory):
    """Gives an endpoint the one protocol that was made for it."""

    noisy = False

    def __init__(self, wire: Wire) -> None:
        self._wire = wire

    def buildProtocol(self, addr: IAddress | None) -> Wire:
        """The one."""
        return self._wire
