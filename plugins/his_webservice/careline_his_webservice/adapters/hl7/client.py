"""The line on which we send: one connection, many messages on it, answers found by MSA-2."""

from __future__ import annotations

from typing import Any, cast

from twisted.internet.defer import Deferred
from twisted.internet.endpoints import HostnameEndpoint
from twisted.internet.error import ConnectError, ConnectingCancelledError, ConnectionLost
from twisted.internet.interfaces import IAddress
from twisted.internet.protocol import Factory, Protocol, connectionDone
from twisted.python.failure import Failure

from careline.clock import Clock, TimeoutError
from careline.errors import Invalid, Unavailable
from careline_his_webservice.adapters.hl7.ack import Answer, read_answer
from careline_his_webservice.adapters.hl7.charset import decode, encode
from careline_his_webservice.adapters.hl7.frames import Frames, TooLong, framed
from careline_his_webservice.adapters.hl7.message import Message

CONNECT_S = 3.0
IDLE_S = 60.0
"""After so long in silence a line may be dead unnoticed: firewalls forget it and say nothing."""
#: An endpoint that is given up while it connects says it in its own way: nobody answered at all.
UNREACHABLE = (ConnectError, ConnectingCancelledError, OSError, TimeoutError)


class Lost(Exception):
    """The connection ended after a message was sent on it: nobody knows whether it was taken."""


class Sending(Protocol):
    """One connection to the hospital's engine."""

    def __init__(self, charset: str) -> None:
        self._charset = charset
        self._frames = Frames()
        self._waiting: dict[str, Deferred[tuple[Answer, str]]] = {}
        self._heard = 0
        self.open = False

    @property
    def busy(self) -> bool:
        """True while somebody waits for an answer on it."""
        return bool(self._waiting)

    def connectionMade(self) -> None:
        """Ready."""
        self.open = True

    def send(self, control_id: str, text: str) -> Deferred[tuple[Answer, str]]:
        """Send one message; fires with its answer and that answer's text, or fails with Lost.

        Cancelled before anything at all was heard it ends the connection: nobody seems to be there
        any more, and the next message shall have a new one.
        """
        heard = self._heard

        def leave(_: object) -> None:
            self._waiting.pop(control_id, None)
            if self._heard == heard:
                self._abort()

        answer: Deferred[tuple[Answer, str]] = Deferred(leave)
        self._waiting[control_id] = answer
        self._write(framed(encode(text, self._charset)))
        return answer

    def close(self) -> None:
        """End the connection."""
        if self.transport is not None and self.open:
            self.transport.loseConnection()

    def dataReceived(self, data: bytes) -> None:
        """Take answers, in whatever order; what answers nothing of ours is passed over."""
        self._heard += 1
        try:
            for frame in self._frames.feed(data):
                self._answered(frame)
        except TooLong:
            self._abort()

    def connectionLost(self, reason: Failure = connectionDone) -> None:
        """Everything that waits will never know."""
        self.open = False
        waiting, self._waiting = self._waiting, {}
        for answer in waiting.values():
            answer.errback(Lost())

    def _abort(self) -> None:
        """End the connection now, and do not wait to be told."""
        self.connectionLost(Failure(ConnectionLost()))  # type: ignore[no-untyped-call]  # Twisted's
        if self.transport is not None:
            self.transport.abortConnection()  # type: ignore[attr-defined]  # TCP has it

    def _answered(self, frame: bytes) -> None:
        try:
            text = decode(frame, self._charset)
            answer = read_answer(Message(text))
        except Invalid:
            return  # the one who waits for it runs out of time, and asks
        waiting = self._waiting.pop(answer.control_id, None)
        if waiting is not None:
            waiting.callback((answer, text))

    def _write(self, data: bytes) -> None:
        assert self.transport is not None  # noqa: S101  for the type checker: it is connected
        self.transport.write(data)


class Client:
    """Connects when there is something to send, and again after a minute of silence or a hang-up.

    An order that goes out on a dead line is lost, and nobody knows what became of it.
    """

    def __init__(self, reactor: Any, clock: Clock, host: str, port: int, charset: str) -> None:
        self._reactor = reactor
        self._host, self._port = host, port
        self._clock = clock
        self._charset = charset
        self._line: Sending | None = None
        self._used = 0.0
        self._connecting: list[Deferred[Sending]] | None = None

    async def send(self, control_id: str, text: str) -> tuple[Answer, str]:
        """Send a message and wait for its answer.

        Raises Unavailable (``his.unreachable``) when surely nothing was sent, else Lost.
        """
        line = await self._connected()
        self._used = self._clock.seconds()
        return await line.send(control_id, text)

    async def reach(self) -> None:
        """Connect and send nothing; raises Unavailable."""
        await self._connected()

    def close(self) -> None:
        """End the connection."""
        if self._line is not None:
            self._line.close()

    async def _connected(self) -> Sending:
        if self._line is not None and self._line.open:
            if self._line.busy or self._clock.seconds() - self._used < IDLE_S:
                return self._line
            self._line.close()
        if self._connecting is not None:
            turn: Deferred[Sending] = Deferred(self._leave)
            self._connecting.append(turn)
            return await turn
        self._connecting = []
        result: Sending | Failure | None = None
        try:
            result = self._line = await self._connect()
        except Unavailable:
            result = Failure()  # type: ignore[no-untyped-call]  # Twisted's
            raise
        finally:
            self._tell(result)
        return self._line

    def _leave(self, turn: Deferred[Sending]) -> None:
        if self._connecting and turn in self._connecting:
            self._connecting.remove(turn)

    def _tell(self, result: Sending | Failure | None) -> None:
        """Those who came meanwhile share the outcome; a caller who was cancelled leaves none."""
        waiting, self._connecting = self._connecting or [], None
        for turn in waiting:
            if result is None:
                turn.errback(self._unreachable("-"))
            else:
                turn.callback(result)  # a Failure goes on as errback

    async def _connect(self) -> Sending:
        endpoint = HostnameEndpoint(self._reactor, self._host, self._port)
        try:
            line = await self._clock.within(CONNECT_S, endpoint.connect(_Lines(self._charset)))
        except UNREACHABLE as error:
            raise self._unreachable(type(error).__name__) from error
        return cast("Sending", line)

    def _unreachable(self, detail: str) -> Unavailable:
        return Unavailable(
            "his.unreachable",
            "{where} cannot be reached ({detail})",
            where=f"{self._host}:{self._port}",
            detail=detail,
        )


class _Lines(Factory):
    """Builds the protocol for an endpoint."""

    noisy = False

    def __init__(self, charset: str) -> None:
        self._charset = charset

    def buildProtocol(self, addr: IAddress | None) -> Sending:
        """The one connection."""
        return Sending(self._charset)
