"""The FastAGI server: one coroutine per call that Asterisk hands over."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import cast

from twisted.internet.defer import maybeDeferred
from twisted.internet.interfaces import IAddress, IDelayedCall, IListeningPort, IReactorTCP
from twisted.internet.interfaces import ITCPTransport as Wire
from twisted.internet.protocol import Protocol, ServerFactory, connectionDone
from twisted.logger import Logger
from twisted.python.failure import Failure

from careline.clock import Clock
from careline.errors import Invalid
from careline.tasks import Tasks
from careline.telephony.agi.codec import Decoder, Environment
from careline.telephony.agi.session import AgiSession, CallerGone

log = Logger()

GREETING_WAIT = 5.0
"""Seconds Asterisk has for the environment; a stranger that says nothing is dropped."""
MAX_SESSIONS = 500
"""Sessions at a time; IVR steps are short, so more mean that something is stuck."""

Serve = Callable[[AgiSession], Awaitable[None]]


class AgiProtocol(Protocol):
    """One connection of Asterisk: reads the environment, then carries one session."""

    def __init__(self, server: AgiServer) -> None:
        self._server = server
        self._decoder = Decoder()
        self._session: AgiSession | None = None
        self._late: IDelayedCall | None = None

    @property
    def _wire(self) -> Wire:
        return cast("Wire", self.transport)

    def connectionMade(self) -> None:
        """Begin to wait for the environment, or turn the call away when there are too many."""
        if not self._server.admit(self):
            log.error(
                "AGI: more than {most} sessions, a call goes to the fallback", most=MAX_SESSIONS
            )
            self.abort()
            return
        if hasattr(self._wire, "setTcpNoDelay"):
            self._wire.setTcpNoDelay(True)
        self._late = self._server.clock.call_later(GREETING_WAIT, self._too_late)

    def dataReceived(self, data: bytes) -> None:
        """Decode; what is not AGI ends the connection."""
        try:
            received = self._decoder.feed(data)
        except Invalid as error:
            log.warn("AGI: {error}", error=str(error))
            self.abort()
            return
        for each in received:
            if isinstance(each, Environment):
                self._begin(each)
        if self._session is not None:
            self._session.take([each for each in received if not isinstance(each, Environment)])

    def connectionLost(self, reason: Failure = connectionDone) -> None:
        """The caller has gone, or Asterisk has."""
        self._stop_waiting()
        self._server.dismiss(self)
        if self._session is not None:
            self._session.leave()

    def abort(self) -> None:
        """Close at once."""
        self._wire.abortConnection()

    def close(self) -> None:
        """Close when all is written: the call goes on in the dialplan."""
        self._wire.loseConnection()

    def _begin(self, environment: Environment) -> None:
        self._stop_waiting()
        clock, wire = self._server.clock, self._wire
        self._session = AgiSession(environment.values, clock, wire.write, self.abort)
        self._server.begin(self._session, self)

    def _too_late(self) -> None:
        log.warn("AGI: no environment within {seconds} s", seconds=GREETING_WAIT)
        self.abort()

    def _stop_waiting(self) -> None:
        if self._late is not None and self._late.active():
            self._late.cancel()


class AgiServer(ServerFactory):
    """Runs ``serve(session)`` for every call and closes the connection when it returns.

    Whatever ``serve`` raises closes the connection as well and is logged (CallerGone is not an
    error); Asterisk then goes on in the dialplan, which tests a variable that ``serve`` sets last.
    """

    noisy = False

    def __init__(
        self,
        reactor: IReactorTCP,
        clock: Clock,
        tasks: Tasks,
        serve: Serve,
        *,
        max_sessions: int = MAX_SESSIONS,
    ) -> None:
        self.clock = clock
        self._reactor = reactor
        self._tasks = tasks
        self._serve = serve
        self._max_sessions = max_sessions
        self._open: set[AgiProtocol] = set()
        self._ports: list[IListeningPort] = []

    def __len__(self) -> int:
        return len(self._open)

    def buildProtocol(self, addr: IAddress | None) -> AgiProtocol:
        """The protocol of one call."""
        return AgiProtocol(self)

    def listen(self, port: int, interface: str = "127.0.0.1") -> IListeningPort:
        """Listen on one address (0: any free port, see the result's ``getHost().port``)."""
        listening = self._reactor.listenTCP(port, self, backlog=128, interface=interface)
        self._ports.append(listening)
        return listening

    async def stop(self) -> None:
        """Take no more calls and let go of those that are here: they go on in the dialplan."""
        ports, self._ports = self._ports, []
        for port in ports:
            await maybeDeferred(port.stopListening)
        for protocol in list(self._open):
            protocol.close()

    def admit(self, protocol: AgiProtocol) -> bool:
        """Count a new connection; False when there is no room."""
        if len(self._open) >= self._max_sessions:
            return False
        self._open.add(protocol)
        return True

    def dismiss(self, protocol: AgiProtocol) -> None:
        """A connection is closed."""
        self._open.discard(protocol)

    def begin(self, session: AgiSession, protocol: AgiProtocol) -> None:
        """Start to serve a call."""
        self._tasks.spawn(self._run(session, protocol), f"AGI {session.path}")

    async def _run(self, session: AgiSession, protocol: AgiProtocol) -> None:
        try:
            await self._serve(session)
        except CallerGone:
            log.debug("AGI {path}: the caller has gone", path=session.path)
        finally:
            protocol.close()
