"""One HTTP POST to a hospital's system that tells "not sent" from "no answer", within bounds.

Written on twisted's Agent and not in threads: a system that hangs holds no thread, what was given
up is cut off at once, and it is known whether a connection was ever there. Each call has a
connection of its own, since one that was kept may be dead, and then nobody knows what arrived.
"""

from __future__ import annotations

from typing import Any

from attrs import frozen
from twisted.internet.defer import Deferred, succeed
from twisted.internet.error import (
    ConnectError,
    ConnectingCancelledError,
    ConnectionClosed,
    DNSLookupError,
)
from twisted.internet.protocol import Protocol
from twisted.internet.protocol import connectionDone as DONE
from twisted.python.failure import Failure
from twisted.web.client import (
    Agent,
    RequestTransmissionFailed,
    ResponseDone,
    ResponseFailed,
)
from twisted.web.http import PotentialDataLoss
from twisted.web.http_headers import Headers
from twisted.web.iweb import UNKNOWN_LENGTH, IBodyProducer, IResponse
from zope.interface import implementer

from careline.clock import Clock, TimeoutError
from careline.errors import Unavailable
from careline_his_webservice.adapters.soap.xml import MOST_BYTES

#: Connecting takes milliseconds in a hospital's network; the rest of the time is for the answer.
CONNECT_S = 3.0

_GONE = (
    ConnectError,
    ConnectingCancelledError,
    ConnectionClosed,
    DNSLookupError,
    RequestTransmissionFailed,
    ResponseFailed,
)


class Unsure(Unavailable):
    """It was sent and may have been done, but no answer says so."""


@frozen
class Answer:
    """Status and body, as they came."""

    status: int
    body: bytes


@implementer(IBodyProducer)
class _Body:
    """A request's body that remembers whether a connection ever took it."""

    def __init__(self, content: bytes) -> None:
        self.length = len(content)
        self._content = content
        self.began = False

    def startProducing(self, consumer: Any) -> Deferred[None]:
        self.began = True
        consumer.write(self._content)
        return succeed(None)

    def pauseProducing(self) -> None:
        """All is written at once."""

    def resumeProducing(self) -> None:
        """All is written at once."""

    def stopProducing(self) -> None:
        """All is written at once."""


class _TooMuch(Exception):
    """More than we read."""


class _Collecting(Protocol):
    """Gathers a body, and hangs up when it grows beyond all measure."""

    def __init__(self) -> None:
        self.whole: Deferred[bytes] = Deferred(lambda _: self._hang_up())
        self._parts: list[bytes] = []
        self._size = 0

    def dataReceived(self, data: bytes) -> None:
        self._size += len(data)
        if self._size > MOST_BYTES:
            self.refuse()
        else:
            self._parts.append(data)

    def refuse(self) -> None:
        """Read no more."""
        self._parts.clear()
        self._hang_up()
        if not self.whole.called:
            self.whole.errback(_TooMuch())

    def connectionLost(self, reason: Failure = DONE) -> None:
        if self.whole.called:
            return
        if isinstance(reason.value, ResponseDone | PotentialDataLoss):
            self.whole.callback(b"".join(self._parts))
        else:
            self.whole.errback(reason)

    def _hang_up(self) -> None:
        if self.transport is not None:
            self.transport.loseConnection()


@frozen
class Poster:
    """Posts to one campus's system."""

    campus: str
    reactor: Any
    clock: Clock

    async def post(
        self, url: str, headers: dict[str, str], content: bytes, timeout: float
    ) -> Answer:
        """Its answer, whatever its status.

        Raises Unavailable ``his.unreachable`` when nothing was sent, Unsure ``his.no_answer`` when
        something was, and Unsure ``his.bad_answer`` when the answer is too large to be one.
        """
        agent = Agent(self.reactor, connectTimeout=min(CONNECT_S, timeout))  # type: ignore[no-untyped-call]
        body = _Body(content)
        sent = Headers({name: [value] for name, value in headers.items()})
        try:
            return await self.clock.within(timeout, self._posted(agent, url, sent, body))
        except _TooMuch:
            raise Unsure(
                "his.bad_answer",
                "{campus}: the answer has more than {size} MB and was not read",
                campus=self.campus,
                size=MOST_BYTES // 1024 // 1024,
            ) from None
        except TimeoutError:
            raise self._gone(body.began, "no answer in time") from None
        except _GONE as error:
            raise self._gone(body.began, type(error).__name__) from error

    async def _posted(self, agent: Agent, url: str, headers: Headers, body: _Body) -> Answer:
        response: IResponse = await agent.request(b"POST", url.encode("ascii"), headers, body)
        collecting = _Collecting()
        response.deliverBody(collecting)  # type: ignore[no-untyped-call]
        if response.length is not UNKNOWN_LENGTH and response.length > MOST_BYTES:
            collecting.refuse()
        return Answer(response.code, await collecting.whole)

    def _gone(self, began: bool, why: str) -> Unavailable:
        if began:
            return Unsure(
                "his.no_answer",
                "{campus}: the system has taken the question and not answered ({why})",
                campus=self.campus,
                why=why,
            )
        return Unavailable(
            "his.unreachable",
            "{campus}: the system cannot be reached ({why})",
            campus=self.campus,
            why=why,
        )
