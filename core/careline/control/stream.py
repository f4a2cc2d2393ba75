"""The control socket's events as they come, on a reactor: for programs that do more meanwhile."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from twisted.internet.defer import Deferred
from twisted.internet.error import ConnectError
from twisted.internet.protocol import ClientFactory, connectionDone
from twisted.protocols.basic import LineOnlyReceiver
from twisted.python.failure import Failure

from careline.clock import Clock
from careline.errors import Unavailable

CONNECT_S = 5.0
Told = Callable[[Mapping[str, Any]], object]


class Following(LineOnlyReceiver):
    """One request whose events are told until :meth:`stop`; ``begun`` fires with the first."""

    delimiter = b"\n"
    MAX_LENGTH = 1024 * 1024

    def __init__(self, request: bytes, told: Told) -> None:
        self._request = request
        self._told = told
        self.begun: Deferred[None] = Deferred()

    def connectionMade(self) -> None:
        """Ask."""
        if self.transport is not None:
            self.transport.write(self._request + self.delimiter)

    def lineReceived(self, line: bytes) -> None:
        """Tell an event."""
        answer = json.loads(line)
        if "event" in answer:
            self._told(answer["event"])
        if not self.begun.called:
            self.begun.callback(None)

    def connectionLost(self, reason: Failure = connectionDone) -> None:
        """The core went away, or we did."""
        if not self.begun.called:
            self.begun.errback(_cut())

    def stop(self) -> None:
        """Hear no more."""
        if self.transport is not None:
            self.transport.loseConnection()


class _Factory(ClientFactory):
    noisy = False

    def __init__(self, protocol: Following) -> None:
        self._protocol = protocol

    def buildProtocol(self, addr: object) -> Following:
        return self._protocol

    def clientConnectionFailed(self, connector: object, reason: Failure) -> None:
        self._protocol.begun.errback(_cut())


def _cut() -> Unavailable:
    return Unavailable(
        "control.no_core", "careline does not run here (start it with: careline run)"
    )


async def follow(reactor: Any, path: Path, told: Told) -> Following:
    """Have ``told`` called with each step of each call from now on; Unavailable without a core."""
    following = Following(json.dumps({"verb": "follow"}).encode(), told)
    try:
        reactor.connectUNIX(str(path), _Factory(following), timeout=CONNECT_S)
        await Clock(reactor).within(CONNECT_S, following.begun)
    except (ConnectError, OSError) as error:
        raise _cut() from error
    return following
