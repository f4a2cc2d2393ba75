"""Requests to a gateway: at most one answer, and an honest word about what may have happened."""

from __future__ import annotations

from collections.abc import Mapping

from attrs import field, frozen
from OpenSSL import SSL
from service_identity import VerificationError
from treq.client import HTTPClient
from twisted.internet.defer import CancelledError, Deferred
from twisted.internet.error import (
    ConnectError,
    ConnectingCancelledError,
    ConnectionClosed,
    DNSLookupError,
)
from twisted.internet.protocol import Protocol, connectionDone
from twisted.python.failure import Failure
from twisted.web.client import (
    Agent,
    HTTPConnectionPool,
    RequestTransmissionFailed,
    ResponseDone,
    ResponseFailed,
)
from twisted.web.http import PotentialDataLoss
from twisted.web.http_headers import Headers
from twisted.web.iweb import IResponse

from careline.clock import TimeoutError
from careline.messaging.gateway import Busy, Uncertain
from careline_sms.gateways import words
from careline_sms.gateways.ground import Ground, is_cancelled

CONNECT_S = 5.0
MOST = 1 << 20
"""Bytes of an answer."""
AWAY_RETRY_S = 10.0
BUSY_RETRY_S = 5.0
BUSY = (429, 503)
"""Statuses that say that nothing was done."""
SURELY_NOT_SENT = (ConnectError, ConnectingCancelledError, DNSLookupError)
HANDSHAKE = (
    "certificate verify failed",
    "wrong version number",
    "unsupported protocol",
    "handshake failure",
    "no protocols available",
    "alert protocol version",
)
"""What OpenSSL says of connections that were never secure: nothing was written to them."""
LOST = (ConnectionClosed, ResponseFailed, RequestTransmissionFailed, TimeoutError)


@frozen(kw_only=True)
class Request:
    """What is asked; ``data`` is the body."""

    url: str = field(repr=False)
    method: str = "POST"
    headers: Mapping[str, str] = field(factory=dict, repr=False)
    data: bytes = field(default=b"", repr=False)


@frozen
class Answer:
    """What came."""

    status: int
    data: bytes = field(repr=False)

    @property
    def good(self) -> bool:
        """The gateway means it to be good."""
        return 200 <= self.status < 300


class Asking:
    """A connection for each request.

    One that is kept open may be closed by the gateway just when it is used again: then nobody
    knows whether the message was sent.
    """

    def __init__(self, ground: Ground, timeout_s: float) -> None:
        self._ground = ground
        self._timeout_s = timeout_s
        pool = HTTPConnectionPool(ground.reactor, persistent=False)  # type: ignore[no-untyped-call]  # Twisted's
        pool.retryAutomatically = False
        self._client = HTTPClient(
            Agent(ground.reactor, connectTimeout=CONNECT_S, pool=pool)  # type: ignore[no-untyped-call]  # same
        )

    async def ask(self, request: Request) -> Answer:
        """Ask once; raises Busy when it surely went nowhere, Uncertain when nobody knows."""
        answer: list[Answer] = []
        began = self._ground.clock.seconds()
        try:
            await self._ground.clock.within(self._timeout_s, self._asked(request, answer))
        except SURELY_NOT_SENT as error:
            if is_cancelled(error, self._ground.clock.seconds() - began, self._timeout_s):
                raise CancelledError from error
            raise Busy(AWAY_RETRY_S, words.UNREACHABLE) from error
        except LOST as error:
            if is_insecure(error):
                raise Busy(AWAY_RETRY_S, words.INSECURE) from error
            raise Uncertain(words.NO_ANSWER) from error
        found = answer[0]
        if found.status in BUSY:
            raise Busy(BUSY_RETRY_S, f"HTTP {found.status}")
        if found.status >= 500:
            raise Uncertain(f"HTTP {found.status}")
        return found

    async def _asked(self, request: Request, answer: list[Answer]) -> None:
        response = await self._client.request(
            request.method,
            request.url,
            headers=Headers({name: [value] for name, value in request.headers.items()}),
            data=request.data or None,
            unbuffered=True,
            allow_redirects=False,
        )
        answer.append(Answer(response.code, await _body(response)))


def is_insecure(error: BaseException) -> bool:
    """True when all reasons are that the other side is not who it should be, or speaks no TLS.

    Twisted tells them as answers that never came; what breaks later may have been read.
    """
    reasons = [one.value for one in getattr(error, "reasons", ())]
    return bool(reasons) and all(
        isinstance(one, VerificationError) or _says(one) for one in reasons
    )


def _says(error: BaseException | None) -> bool:
    if isinstance(error, VerificationError):
        return True
    if not isinstance(error, SSL.Error) or not error.args or not isinstance(error.args[0], list):
        return False
    return any(text in str(part[-1]) for part in error.args[0] for text in HANDSHAKE)


class _Body(Protocol):
    def __init__(self, done: Deferred[bytes]) -> None:
        self._done = done
        self._data = bytearray()

    def dataReceived(self, data: bytes) -> None:
        self._data += data
        if len(self._data) > MOST and self.transport is not None:
            self.transport.loseConnection()

    def connectionLost(self, reason: Failure = connectionDone) -> None:
        if isinstance(reason.value, ResponseDone | PotentialDataLoss):
            self._done.callback(bytes(self._data))
        else:
            self._done.errback(ResponseFailed([reason]))  # type: ignore[no-untyped-call]  # same


def _body(response: IResponse) -> Deferred[bytes]:
    done: Deferred[bytes] = Deferred()
    response.deliverBody(_Body(done))  # type: ignore[no-untyped-call]  # same
    return done
