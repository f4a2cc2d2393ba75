"""The workspace on the network: one port, whose failure never keeps the core from running."""

from __future__ import annotations

from typing import Any
from weakref import WeakSet

from twisted.internet.error import CannotListenError
from twisted.logger import Logger
from twisted.web.resource import IResource, Resource
from twisted.web.server import Site as TwistedSite

from careline.web.body import BoundedRequest
from careline.web.shell import Shell

log = Logger()

IDLE_S = 75


class _Root(Resource):
    """Asks the shell anew for each request, since plugins come and go."""

    isLeaf = True

    def __init__(self, shell: Shell) -> None:
        super().__init__()  # type: ignore[no-untyped-call]  # Twisted's
        self._shell = shell

    def render(self, request: Any) -> Any:
        """Let the routes of this moment answer."""
        try:
            b"/".join(request.postpath).decode()
        except UnicodeDecodeError:  # no address of ours; klein would log it as an error
            request.setResponseCode(400)
            return b""
        return self._shell.resource().render(request)  # type: ignore[no-untyped-call]  # Twisted's


class _Factory(TwistedSite):
    """Keeps no log of addresses, which may hold names; knows its connections, to close them."""

    def __init__(self, root: IResource, reactor: Any) -> None:
        super().__init__(  # type: ignore[no-untyped-call]  # Twisted's
            root,
            requestFactory=BoundedRequest,
            parsePOSTFormSubmission=False,
            timeout=IDLE_S,
            reactor=reactor,
        )
        self.displayTracebacks = False
        self.connections: WeakSet[Any] = WeakSet()

    def buildProtocol(self, addr: Any) -> Any:
        """One connection more."""
        protocol = super().buildProtocol(addr)  # type: ignore[no-untyped-call]  # Twisted's
        self.connections.add(protocol)
        return protocol

    def log(self, request: Any) -> None:
        """Nothing: the query of a request may hold a patient's name."""


class Site:
    """Listens, and closes everything at the end. ``failure`` says why it cannot listen."""

    def __init__(self, reactor: Any, shell: Shell) -> None:
        self._reactor = reactor
        self._shell = shell
        self.factory = _Factory(_Root(shell), reactor)
        self._port: Any = None
        self.failure = ""

    @property
    def port(self) -> int:
        """Where it listens; 0 when it does not."""
        return int(self._port.getHost().port) if self._port else 0

    def listen(self, port: int, host: str) -> None:
        """Listen; when that cannot be, the hotline goes on without its workspace."""
        try:
            self._port = self._reactor.listenTCP(port, self.factory, interface=host)
            self.failure = ""
        except CannotListenError as error:
            self.failure = str(error)
            log.error("the workspace cannot be reached: {why}", why=error)

    async def stop(self) -> None:
        """Close the port and every connection."""
        port, self._port = self._port, None
        if port is not None:
            await port.stopListening()
        self._shell.events.stop()
        for transport in self.transports:
            transport.abortConnection()

    @property
    def transports(self) -> list[Any]:
        """The connections of browsers that are open."""
        channels = (protocol._channel for protocol in tuple(self.factory.connections))
        found = (getattr(channel, "transport", None) for channel in channels)
        return [one for one in found if one is not None and not getattr(one, "disconnected", 0)]
