"""One TCP connection to the manager interface, from its greeting until it is lost."""

from __future__ import annotations

from collections.abc import Iterable
from typing import cast

from twisted.internet.defer import Deferred, TimeoutError
from twisted.internet.interfaces import IAddress, IConsumer, IPushProducer, ITCPTransport
from twisted.internet.protocol import Factory, Protocol, connectionDone
from twisted.python.failure import Failure
from zope.interface import implementer

from careline.clock import Clock
from careline.errors import Unavailable
from careline.telephony.ami.codec import GREETING, Decoder
from careline.telephony.ami.message import Message
from careline.telephony.ami.pending import Pending
from careline.telephony.ami.subscriptions import Subscriptions

END_WAIT = 1.0


class Moment:
    """Something that happens once: any number may wait for it, before and after.

    When the connection is lost first, waiting ends with Unavailable.
    """

    def __init__(self) -> None:
        self.happened = False
        self._waiting: list[Deferred[None]] = []
        self._error: Unavailable | None = None

    async def wait(self) -> None:
        """Return when it has happened."""
        if not self.happened and self._error is None:
            waiting: Deferred[None] = Deferred()
            self._waiting.append(waiting)
            await waiting
        if self._error is not None and not self.happened:
            raise self._error

    def happen(self) -> None:
        """Let all go on who wait."""
        self.happened = True
        self._release()

    def fail(self, error: Unavailable) -> None:
        """It will never happen."""
        self._error = error
        self._release()

    def _release(self) -> None:
        waiting, self._waiting = self._waiting, []
        for deferred in waiting:
            deferred.callback(None)


@implementer(IPushProducer)
class Connection(Protocol):
    """Feeds the decoder, gives answers to actions and events to ``subscriptions``.

    It is a producer of actions: when Asterisk stops reading, Twisted pauses it.
    """

    def __init__(self, clock: Clock, subscriptions: Subscriptions) -> None:
        self._clock = clock
        self._subscriptions = subscriptions
        self._decoder = Decoder()
        self._pending = Pending(self._write)
        self._greeted = Moment()
        self._booted = Moment()
        self._lost = Moment()

    def connectionMade(self) -> None:
        """Set up the socket; keep-alive notices a host that vanished while we are idle."""
        self._wire = cast("ITCPTransport", self.transport)
        if ITCPTransport.providedBy(self.transport):
            self._wire.setTcpNoDelay(True)
            self._wire.setTcpKeepAlive(True)
        cast("IConsumer", self.transport).registerProducer(self, True)

    def dataReceived(self, data: bytes) -> None:
        """Decode and give away all at once: Asterisk drops who reads slowly."""
        everything = self._pending.collecting or not self._booted.happened
        self._decoder.wanted = _all if everything else self._subscriptions.names.__contains__
        for message in self._decoder.feed(data):
            self._receive(message)

    def connectionLost(self, reason: Failure = connectionDone) -> None:
        """Tell all who wait."""
        error = Unavailable(
            "ami.lost", "the connection to Asterisk was lost: {why}", why=reason.getErrorMessage()
        )
        self._greeted.fail(error)
        self._booted.fail(error)
        self._pending.lose()
        self._lost.happen()

    def pauseProducing(self) -> None:
        """Asterisk does not read."""
        self._pending.pause()

    def resumeProducing(self) -> None:
        """Asterisk reads again."""
        self._pending.resume()

    def stopProducing(self) -> None:
        """The transport is gone; connectionLost follows."""
        self._pending.pause()

    async def greeted(self) -> None:
        """Wait for Asterisk's greeting: before it nothing is sent, least of all the secret."""
        await self._greeted.wait()

    async def booted(self) -> None:
        """Wait until Asterisk says that all its modules run."""
        await self._booted.wait()

    async def lost(self) -> None:
        """Wait for the end."""
        await self._lost.wait()

    async def ask(
        self,
        name: str,
        fields: Iterable[tuple[str, str]],
        timeout: float,
        *,
        collect: bool = False,
        urgent: bool = False,
    ) -> list[Message]:
        """An action's answer, see :meth:`Pending.ask`; Unavailable after ``timeout`` seconds."""
        answer = self._pending.ask(name, fields, collect=collect, urgent=urgent)
        answer.addTimeout(timeout, self._clock.reactor)
        try:
            return await answer
        except TimeoutError as error:
            raise Unavailable(
                "ami.timeout",
                "Asterisk did not answer {action} in {seconds} s",
                action=name,
                seconds=timeout,
            ) from error

    def abort(self) -> None:
        """Close at once, whatever is unsent."""
        if not self._lost.happened:
            self._wire.abortConnection()

    async def end(self) -> None:
        """Close and wait until it is closed, at most a second."""
        self.abort()
        try:
            await self._clock.within(END_WAIT, self._lost.wait())
        except TimeoutError:
            self.connectionLost()

    def _write(self, data: bytes) -> None:
        self._wire.write(data)

    def _receive(self, message: Message) -> None:
        kind = message.kind
        if kind == "event":
            if not self._booted.happened and message.name == "FullyBooted":
                self._booted.happen()
            if not self._pending.collecting or not self._pending.take(message):
                self._subscriptions.tell(message)
        elif kind == "response":
            self._pending.take(message)
        elif message.raw.startswith(GREETING):
            self._greeted.happen()


def _all(_name: bytes) -> bool:
    return True


class ConnectionFactory(Factory):
    """Builds the connection of one attempt."""

    noisy = False

    def __init__(self, clock: Clock, subscriptions: Subscriptions) -> None:
        self._clock = clock
        self._subscriptions = subscriptions

    def buildProtocol(self, addr: IAddress | None) -> Connection:
        """A fresh connection."""
        return Connection(self._clock, self._subscriptions)
