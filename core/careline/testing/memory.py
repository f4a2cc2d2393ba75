"""TCP without a network: a fake reactor that joins its own clients and servers, on a fake clock.

What one side writes reaches the other in a later turn of the clock, in order and in one piece; cut
it with ``piece`` to try a decoder on every boundary.
"""

from __future__ import annotations

from typing import Any

from twisted.internet.address import IPv4Address
from twisted.internet.defer import Deferred, succeed
from twisted.internet.error import ConnectionDone, ConnectionLost, ConnectionRefusedError
from twisted.internet.interfaces import (
    IConnector,
    IListeningPort,
    IReactorTCP,
    IReactorTime,
    ITCPTransport,
)
from twisted.internet.task import Clock
from twisted.python.failure import Failure
from zope.interface import implementer


@implementer(ITCPTransport)
class _Pipe:
    """One end of a connection."""

    disconnecting = False

    def __init__(self, reactor: MemoryReactor, here: IPv4Address, there: IPv4Address) -> None:
        self._reactor, self._here, self._there = reactor, here, there
        self.protocol: Any = None
        self.other: _Pipe | None = None
        self.connected = True

    def write(self, data: bytes) -> None:
        """Send to the other end."""
        step = self._reactor.piece or len(data) or 1
        for start in range(0, len(data), step):
            self._reactor.callLater(0, self._deliver, data[start : start + step])

    def _deliver(self, data: bytes) -> None:
        other = self.other
        if other and other.connected:
            other.protocol.dataReceived(data)

    def writeSequence(self, parts: Any) -> None:
        """Send all parts."""
        self.write(b"".join(parts))

    def loseConnection(self, *_: Any) -> None:
        """Close after what was written is delivered."""
        self.disconnecting = True
        self._reactor.callLater(0, self._close, ConnectionDone())

    def loseWriteConnection(self) -> None:
        """Half-close: not made."""
        self.loseConnection()

    def abortConnection(self) -> None:
        """Close at once."""
        self._reactor.callLater(0, self._close, ConnectionLost())

    def _close(self, reason: Exception) -> None:
        for end in (self, self.other):
            if end and end.connected:
                end.connected = False
                end.protocol.connectionLost(_failure(reason))

    def getHost(self) -> IPv4Address:
        """Our address."""
        return self._here

    def getPeer(self) -> IPv4Address:
        """The other end's address."""
        return self._there

    def setTcpNoDelay(self, enabled: bool) -> None:
        """Nothing is delayed here."""

    def getTcpNoDelay(self) -> bool:
        """Nothing is delayed here."""
        return True

    def setTcpKeepAlive(self, enabled: bool) -> None:
        """Nothing dies here."""

    def getTcpKeepAlive(self) -> bool:
        """Nothing dies here."""
        return True

    def registerProducer(self, producer: Any, streaming: bool) -> None:
        """There is always room."""

    def unregisterProducer(self) -> None:
        """There is always room."""

    def pauseProducing(self) -> None:
        """Not made: what comes is delivered."""

    def resumeProducing(self) -> None:
        """Not made: what comes is delivered."""

    def stopProducing(self) -> None:
        """Close."""
        self.loseConnection()


@implementer(IListeningPort)
class _Listening:
    """A listening port."""

    def __init__(self, reactor: MemoryReactor, port: int, factory: Any) -> None:
        self._reactor, self._port, self.factory = reactor, port, factory

    def startListening(self) -> None:
        """It does already."""

    def stopListening(self) -> Deferred[None]:
        """Refuse from now on."""
        if self._reactor.listening.pop(self._port, None):
            self.factory.doStop()
        return succeed(None)

    def getHost(self) -> IPv4Address:
        """Where it listens."""
        return IPv4Address("TCP", "127.0.0.1", self._port)


@implementer(IConnector)
class _Connector:
    """What connectTCP returns."""

    def __init__(self) -> None:
        self.pipe: _Pipe | None = None
        self.stopped = False

    def connect(self) -> None:
        """Not again."""

    def getDestination(self) -> IPv4Address:
        """Always this machine."""
        return IPv4Address("TCP", "127.0.0.1", 0)

    def stopConnecting(self) -> None:
        """Not any more."""
        self.stopped = True

    def disconnect(self) -> None:
        """Close or do not open."""
        self.stopped = True
        if self.pipe:
            self.pipe.loseConnection()


@implementer(IReactorTCP, IReactorTime)
class MemoryReactor(Clock):
    """A ``task.Clock`` with listenTCP and connectTCP between its own parts.

    ``piece`` is the largest number of bytes delivered at once, 0 for any.
    """

    def __init__(self, piece: int = 0) -> None:
        super().__init__()
        self.piece = piece
        self.listening: dict[int, _Listening] = {}
        self._next_port = 40_000

    def listenTCP(
        self, port: int, factory: Any, backlog: int = 50, interface: str = ""
    ) -> _Listening:
        """Listen on ``port`` (a free one when 0)."""
        self._next_port += 1
        number = port or self._next_port
        factory.doStart()
        self.listening[number] = _Listening(self, number, factory)
        return self.listening[number]

    def listenUNIX(
        self,
        address: str,
        factory: Any,
        backlog: int = 50,
        mode: int = 0o666,
        wantPID: bool = False,
    ) -> _Listening:
        """A socket that nobody connects to: whoever is in the process asks the server itself."""
        return _Listening(self, 0, factory)

    def callFromThread(self, callable: Any, *args: Any, **kwargs: Any) -> None:
        """Call in a later turn: there are no threads here."""
        self.callLater(0, callable, *args, **kwargs)

    def connectTCP(
        self, host: str, port: int, factory: Any, timeout: float = 30, bindAddress: Any = None
    ) -> _Connector:
        """Connect to a listening port of this reactor, or be refused."""
        connector = _Connector()
        factory.doStart()
        factory.startedConnecting(connector)
        self.callLater(0, self._join, connector, port, factory)
        return connector

    def _join(self, connector: _Connector, port: int, factory: Any) -> None:
        server = self.listening.get(port)
        if connector.stopped:
            return
        if server is None:
            refused = ConnectionRefusedError()  # type: ignore[no-untyped-call]  # Twisted's
            factory.clientConnectionFailed(connector, _failure(refused))
            return
        self._next_port += 1
        here = IPv4Address("TCP", "127.0.0.1", self._next_port)
        there = IPv4Address("TCP", "127.0.0.1", port)
        client_end, server_end = _Pipe(self, here, there), _Pipe(self, there, here)
        client_end.other, server_end.other = server_end, client_end
        connector.pipe = client_end
        client, served = factory.buildProtocol(there), server.factory.buildProtocol(here)
        client_end.protocol, server_end.protocol = client, served
        for protocol, end in ((served, server_end), (client, client_end)):
            if protocol is None:
                end.abortConnection()
            else:
                protocol.makeConnection(end)


def _failure(error: Exception) -> Failure:
    return Failure(error)  # type: ignore[no-untyped-call]  # Twisted's
