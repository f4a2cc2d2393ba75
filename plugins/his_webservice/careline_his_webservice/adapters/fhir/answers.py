"""Answers as bytes: never longer than allowed, never compressed."""

from __future__ import annotations

from twisted.internet.defer import Deferred
from twisted.internet.protocol import Protocol, connectionDone
from twisted.python.failure import Failure
from twisted.web.client import ResponseDone
from twisted.web.http import PotentialDataLoss
from twisted.web.http_headers import Headers
from twisted.web.iweb import IAgent, IBodyProducer, IResponse
from zope.interface import implementer

from careline_his_webservice.adapters.fhir.reading import bad

LIMIT = 5 << 20
"""Bytes of an answer."""


@implementer(IAgent)
class Plain:
    """Takes no compressed answers: 60 kB of them may be 60 MB."""

    def __init__(self, agent: IAgent) -> None:
        self._agent = agent

    def request(
        self,
        method: bytes,
        uri: bytes,
        headers: Headers | None = None,
        bodyProducer: IBodyProducer | None = None,
    ) -> Deferred[IResponse]:
        """Ask; what comes compressed nevertheless is refused."""
        headers = headers.copy() if headers else Headers()
        headers.setRawHeaders("Accept-Encoding", ["identity"])
        asked: Deferred[IResponse] = self._agent.request(method, uri, headers, bodyProducer)
        return asked.addCallback(self._taken)

    def _taken(self, response: IResponse) -> IResponse | Deferred[IResponse]:
        coding = (response.headers.getRawHeaders("Content-Encoding") or ["identity"])[0]
        if coding.lower() == "identity":
            return response
        wrong = bad(f"the answer is compressed ({coding[:20]}), which was not asked for")

        def refuse(_: object) -> IResponse:
            raise wrong

        return body_of(response).addBoth(refuse)


def body_of(response: IResponse) -> Deferred[bytes]:
    """The body, unless it is longer than allowed: then the connection ends at once."""
    done: Deferred[bytes] = Deferred()
    response.deliverBody(_Body(done))  # type: ignore[no-untyped-call]  # same
    return done


class _Body(Protocol):
    def __init__(self, done: Deferred[bytes]) -> None:
        self._done = done
        self._data = bytearray()

    def dataReceived(self, data: bytes) -> None:
        if self._done.called:
            return
        self._data += data
        if len(self._data) > LIMIT:
            self._data.clear()
            self._done.errback(bad(f"the answer is longer than {LIMIT >> 20} MB"))
            if self.transport is not None:
                self.transport.loseConnection()

    def connectionLost(self, reason: Failure = connectionDone) -> None:
        if self._done.called:
            return
        if isinstance(reason.value, ResponseDone | PotentialDataLoss):
            self._done.callback(bytes(self._data))
        else:
            self._done.errback(reason)
