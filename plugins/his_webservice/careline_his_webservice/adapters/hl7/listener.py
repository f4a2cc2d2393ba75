"""The door for the hospital's messages: few may come in, and none can break it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any, cast

from twisted.internet.address import IPv4Address, IPv6Address
from twisted.internet.defer import Deferred
from twisted.internet.interfaces import IAddress, IDelayedCall, ITCPTransport
from twisted.internet.protocol import Factory, Protocol, connectionDone
from twisted.python.failure import Failure

from careline.clock import Clock
from careline.tasks import Tasks
from careline_his_webservice.adapters.hl7.frames import Frames, TooLong, framed

MOST_CONNECTIONS = 50
MOST_QUEUED = 100
"""Messages of one connection that wait for their turn; more are read later."""
PARTIAL_S = 60.0
"""Seconds in which a message that has begun must end."""

Take = Callable[[bytes], Awaitable[bytes]]


class Receiving(Protocol):
    """One connection: messages are taken one after the other, each acknowledged in its turn."""

    def __init__(self, door: Door) -> None:
        self._door = door
        self._frames = Frames()
        self._queue: list[bytes] = []
        self._working = False
        self._paused = False
        self._last = False
        self._timer: IDelayedCall | None = None
        self.heard = door.clock.seconds()

    def dataReceived(self, data: bytes) -> None:
        """Take bytes; a message beyond the limit is the last one."""
        if self._last:
            return
        self.heard = self._door.clock.seconds()
        try:
            self._queue += self._frames.feed(data)
        except TooLong as error:
            self._queue.append(error.begin)
            self._last = True
        self._watch()
        if len(self._queue) > MOST_QUEUED and not self._paused:
            self._paused = True
            self._tcp.pauseProducing()  # type: ignore[attr-defined]  # TCP has it
        if self._queue and not self._working:
            self._working = True
            self._door.tasks.spawn(self._work(), "HL7 message")

    def connectionLost(self, reason: Failure = connectionDone) -> None:
        """Messages that are whole are taken nevertheless: the sender may think that they were."""
        self._stop_timer()
        self._door.left(self)

    def cut(self) -> None:
        """End the connection now."""
        self._tcp.abortConnection()

    @property
    def _tcp(self) -> ITCPTransport:
        return cast("ITCPTransport", self.transport)

    async def _work(self) -> None:
        """Answer what waits; a message that cannot even be refused ends the connection."""
        well = False
        try:
            while self._queue:
                answer = await self._door.take(self._queue.pop(0))
                self._tcp.write(framed(answer))
                if self._paused and not self._queue:
                    self._paused = False
                    self._tcp.resumeProducing()  # type: ignore[attr-defined]  # TCP has it
            well = True
        finally:
            self._working = False
            if not well:
                self.cut()
        if self._last:
            self._tcp.loseConnection()

    def _watch(self) -> None:
        self._stop_timer()
        if self._frames.partial:
            self._timer = self._door.clock.call_later(PARTIAL_S, self.cut)

    def _stop_timer(self) -> None:
        if self._timer is not None and self._timer.active():
            self._timer.cancel()
        self._timer = None


class Door(Factory):
    """Listens for the hospital's engine; ``refused(address)`` is told of strangers."""

    noisy = False

    def __init__(
        self,
        clock: Clock,
        tasks: Tasks,
        peers: tuple[str, ...],
        take: Take,
        refused: Callable[[str], object],
    ) -> None:
        self.clock = clock
        self.tasks = tasks
        self.take = take
        self._peers = peers
        self._refused = refused
        self._inside: set[Receiving] = set()
        self._listening: Any = None

    @property
    def port(self) -> int:
        """Where it listens."""
        return int(self._listening.getHost().port)

    def listen(self, reactor: Any, host: str, port: int) -> None:
        """Begin; raises CannotListenError when the port is taken."""
        self._listening = reactor.listenTCP(port, self, interface=host)

    async def close(self) -> None:
        """End all connections and listen no more."""
        if self._listening is not None:
            listening, self._listening = self._listening, None
            ended = listening.stopListening()
            if isinstance(ended, Deferred):
                await ended
        for one in list(self._inside):
            one.cut()

    def buildProtocol(self, addr: IAddress | None) -> Receiving | None:
        """A connection, or None for a stranger, which cuts it off.

        When there are too many the one that was silent longest goes: its engine is no more.
        """
        host = addr.host if isinstance(addr, IPv4Address | IPv6Address) else ""
        if host not in self._peers:
            self._refused(host)
            return None
        if len(self._inside) >= MOST_CONNECTIONS:
            min(self._inside, key=lambda one: one.heard).cut()
        receiving = Receiving(self)
        self._inside.add(receiving)
        return receiving

    def left(self, receiving: Receiving) -> None:
        """One has gone."""
        self._inside.discard(receiving)
