"""Asterisk's side of one FastAGI call, in memory."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from twisted.internet.error import ConnectionDone
from twisted.internet.task import Clock
from twisted.internet.testing import StringTransport
from twisted.python.failure import Failure

from careline.starpy import fastagi

ENVIRONMENT = (
    b"agi_network_script: menu\nagi_channel: PJSIP/1\nagi_context: in\nagi_extension: 4001\n"
    b"agi_priority: 2\nagi_calleridname: \xcd\xf5\xd2\xbd\xc9\xfa\n\n"
)


class AgiPeer:
    """A call; ``agi`` is what the program got."""

    def __init__(self, main: Callable[[Any], object] = lambda _agi: None) -> None:
        self.clock = Clock()
        self.factory = fastagi.FastAGIFactory(main, clock=self.clock)
        self.agi: Any = self.factory.buildProtocol(None)
        self.transport = StringTransport()
        self.agi.makeConnection(self.transport)
        self.agi.dataReceived(ENVIRONMENT)

    def sent(self) -> str:
        """What was sent since the last look."""
        said = self.transport.value().decode()
        self.transport.clear()
        return said

    def say(self, line: str) -> None:
        """Send one line."""
        self.agi.dataReceived(f"{line}\n".encode())

    def lose(self) -> None:
        """End the connection."""
        self.agi.connectionLost(Failure(ConnectionDone()))
