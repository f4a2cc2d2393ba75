"""One TCP connection: joins a session with a transport and the clock."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import cast

from twisted.internet.defer import CancelledError, Deferred
from twisted.internet.interfaces import IDelayedCall, ITCPTransport
from twisted.internet.protocol import Protocol, connectionDone
from twisted.logger import Logger
from twisted.python.failure import Failure

from careline.clock import TimeoutError
from careline.errors import CarelineError
from careline_sms.gateways import words
from careline_sms.gateways.ground import Ground
from careline_sms.gateways.link.messages import Incoming, Piece, Report, Submitted
from careline_sms.gateways.link.session import (
    MOST_GIVEN_UP,
    Answered,
    Came,
    Closed,
    Late,
    Lost,
    News,
    Opened,
    Phase,
    Session,
)

log = Logger()

TAKE_S = 10.0
"""Seconds in which what came must be stored, else the center is told to send it again."""
MOST_TAKING = 100
"""Reports and replies being stored; the center waits with more."""


class LostPiece(Exception):
    """The piece was written to the connection, and no answer came."""


class Wire(Protocol):
    """``take`` stores what came, and raises when it could not; ``late``: see Connection."""

    def __init__(
        self,
        ground: Ground,
        session: Session,
        take: Callable[[Report | Incoming], Awaitable[None]],
        opened: Callable[[], object],
        late: Callable[[Piece, Submitted], object],
    ) -> None:
        self.session = session
        self.ended: Deferred[Closed] = Deferred(lambda _: None)
        self._ground = ground
        self._take = take
        self._opened = opened
        self._late = late
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
            if len(self._given_up) > MOST_GIVEN_UP:
                del self._given_up[next(iter(self._given_up))]
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
                self._late(piece, one.answer)
        elif isinstance(one, Lost):
            waiting = self._waiting.pop(one.sequence, None)
            if waiting is not None:
                waiting.errback(LostPiece())
        elif isinstance(one, Came):
            self._begin_taking(one.message)
        elif isinstance(one, Opened):
            self._opened()
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
