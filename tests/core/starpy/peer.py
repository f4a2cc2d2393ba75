"""Asterisk's side of a StarPy program's connections, in bytes."""

from __future__ import annotations

from typing import Any

from twisted.internet.error import ConnectionDone
from twisted.internet.testing import MemoryReactorClock, StringTransport
from twisted.python.failure import Failure

from careline.starpy import manager

GREETING = b"Asterisk Call Manager/9.0.0\r\n"


def wire(*lines: str) -> bytes:
    """One AMI message of these header lines."""
    return "".join(f"{line}\r\n" for line in (*lines, "")).encode()


def parsed(data: bytes) -> list[dict[str, list[str]]]:
    """The actions in ``data``: each a dict of lower-case keys to all their values."""
    actions = []
    for block in data.decode().split("\r\n\r\n")[:-1]:
        fields: dict[str, list[str]] = {}
        for line in block.split("\r\n"):
            key, _, value = line.partition(": ")
            fields.setdefault(key.lower(), []).append(value)
        actions.append(fields)
    return actions


class AmiPeer:
    """A connection of ``factory`` with an Asterisk that says what the test tells it."""

    def __init__(self, factory: manager.AMIFactory | None = None, *, login: bool = True) -> None:
        self.clock = MemoryReactorClock()
        self.factory = factory or manager.AMIFactory("u", "s", reactor=self.clock)
        self.ami: Any = self.factory.buildProtocol(None)
        self.transport = StringTransport()
        self.ami.makeConnection(self.transport)
        self.ami.dataReceived(GREETING)
        if login:
            self.answer("Message: Authentication accepted")

    def actions(self) -> list[dict[str, list[str]]]:
        """What was sent since the last look."""
        sent = parsed(self.transport.value())
        self.transport.clear()
        return sent

    def action(self) -> dict[str, str]:
        """The one action sent since the last look, its last value of each key."""
        (fields,) = self.actions()
        return {key: values[-1] for key, values in fields.items()}

    def say(self, *lines: str) -> None:
        """Send one message."""
        self.ami.dataReceived(wire(*lines))

    def answer(self, *lines: str, response: str = "Success") -> dict[str, str]:
        """Answer the one action sent; returns it."""
        action = self.action()
        self.say(f"Response: {response}", f"ActionID: {action['actionid']}", *lines)
        return action

    def lose(self) -> None:
        """Break the connection."""
        self.ami.connectionLost(Failure(ConnectionDone()))


def outcome(deferred: Any) -> list[Any]:
    """What a Deferred has fired with, so far: [] or [result or exception]."""
    fired: list[Any] = []

    def take(result: Any) -> None:
        fired.append(result.value if isinstance(result, Failure) else result)

    deferred.addBoth(take)
    return fired
