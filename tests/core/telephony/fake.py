"""An Asterisk at the far end of a wire without a network, on a clock without time."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from pathlib import Path

from twisted.internet.address import IPv4Address
from twisted.internet.defer import Deferred, fail, succeed
from twisted.internet.error import (
    ConnectingCancelledError,
    ConnectionAborted,
    ConnectionDone,
    ConnectionRefusedError,
)
from twisted.internet.protocol import Factory, Protocol
from twisted.internet.task import Clock as FakeClock
from twisted.internet.testing import StringTransport
from twisted.python.failure import Failure

from careline.clock import Clock
from careline.tasks import Tasks
from careline.telephony.ami.link import AmiLink

DATA = Path(__file__).parent / "data"
SECRET = "s"
GREETING = b"Asterisk Call Manager/11.0.0\r\n"

Action = dict[str, str]
Answer = Callable[[Action], bytes]


def block(*headers: str) -> bytes:
    return "\r\n".join((*headers, "", "")).encode()


def success(action: Action, *headers: str) -> bytes:
    return block("Response: Success", f"ActionID: {action['ActionID']}", *headers)


def error(action: Action, why: str) -> bytes:
    return block("Response: Error", f"ActionID: {action['ActionID']}", f"Message: {why}")


def silent(_action: Action) -> bytes:
    return b""


def booted(action: Action) -> bytes:
    return success(action) + block("Event: FullyBooted", "Status: Fully Booted")


class Wire(StringTransport):
    """One connection: answers each action a moment after it was written."""

    def __init__(self, asterisk: FakeAsterisk, protocol: Protocol) -> None:
        super().__init__()
        self.asterisk = asterisk
        self.protocol = protocol
        self.closed = False

    def write(self, data: bytes) -> None:
        super().write(data)
        for part in data.decode().split("\r\n\r\n")[:-1]:
            action = dict(line.split(": ", 1) for line in part.split("\r\n"))
            self.asterisk.heard.append(action)
            answer = self.asterisk.answers[action["Action"]]
            self.asterisk.clock.callLater(0, lambda a=action, f=answer: self.say(f(a)))

    def say(self, data: bytes) -> None:
        if not self.closed:
            self.protocol.dataReceived(data)

    def abortConnection(self) -> None:
        self.asterisk.clock.callLater(0, self.drop, ConnectionAborted())

    def drop(self, why: Exception | None = None) -> None:
        if not self.closed:
            self.closed = True
            self.protocol.connectionLost(Failure(why or ConnectionDone()))


class FakeAsterisk:
    """Is its own endpoint; ``refusing``, ``silent_port`` and ``mute`` say how it is reached."""

    def __init__(self) -> None:
        self.clock = FakeClock()
        self.wires: list[Wire] = []
        self.links: list[AmiLink] = []
        self.heard: list[Action] = []
        self.tries: list[float] = []
        self.refusing = False
        self.silent_port = False
        self.mute = False
        self.answers: dict[str, Answer] = defaultdict(lambda: success)
        self.answers["Login"] = booted

    def connect(self, factory: Factory) -> Deferred[Protocol]:
        self.tries.append(self.clock.seconds())
        if self.refusing:
            return fail(ConnectionRefusedError())
        if self.silent_port:
            refuse = ConnectingCancelledError(IPv4Address("TCP", "127.0.0.1", 5038))
            return Deferred(lambda deferred: deferred.errback(refuse))
        protocol = factory.buildProtocol(None)
        assert protocol is not None
        wire = Wire(self, protocol)
        self.wires.append(wire)
        protocol.makeConnection(wire)
        if not self.mute:
            wire.say(GREETING)
        return succeed(protocol)

    @property
    def wire(self) -> Wire:
        return self.wires[-1]

    def said(self, action: str) -> list[Action]:
        return [each for each in self.heard if each["Action"] == action]

    def link(self, username: str = "careline", secret: str = SECRET) -> AmiLink:
        clock = Clock(self.clock)
        link = AmiLink(clock, Tasks(), lambda: self, username, secret, jitter=lambda: 1.0)
        self.links.append(link)
        return link

    def stop_links(self) -> None:
        for link in self.links:
            stopped = Outcome(link.stop())
            self.advance(2)
            assert stopped.done
            assert stopped.error is None

    def up(self) -> AmiLink:
        link = self.link()
        link.start()
        self.advance(0)
        assert link.up
        return link

    def advance(self, seconds: float) -> None:
        """Let time pass in small steps, so that what follows from a timer happens in time."""
        for _ in range(4):
            self.clock.advance(0)
        steps = int(seconds / 0.25)
        for _ in range(steps):
            self.clock.advance(0.25)
        self.clock.advance(seconds - steps * 0.25)


class Outcome:
    """What became of a coroutine."""

    def __init__(self, coro: object) -> None:
        self.value: object = None
        self.error: BaseException | None = None
        self.done = False
        self.deferred = Deferred.fromCoroutine(coro)  # type: ignore[arg-type]  # any coroutine
        self.deferred.addCallbacks(self._value, self._error)

    def _value(self, value: object) -> None:
        self.value, self.done = value, True

    def _error(self, failure: Failure) -> None:
        self.error, self.done = failure.value, True
