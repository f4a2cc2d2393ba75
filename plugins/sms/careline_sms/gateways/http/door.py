"""The port to which gateways push receipts and replies: ``/<gateway>/<token>/receipts``.

It is apart from people's pages, so that the internet need not reach those. Who does not know the
token finds nothing; what could not be stored is answered 503, and pushed again.
"""

from __future__ import annotations

import hmac
from typing import Any
from urllib.parse import parse_qsl

from twisted.internet.defer import CancelledError, Deferred
from twisted.internet.error import CannotListenError
from twisted.logger import Logger
from twisted.protocols.policies import WrappingFactory
from twisted.web.resource import Resource
from twisted.web.server import NOT_DONE_YET, Request, Site

from careline.clock import TimeoutError
from careline.errors import CarelineError, Invalid, Refused
from careline.messaging.gateway import Busy
from careline_sms.gateways.ground import Ground
from careline_sms.gateways.http.gateway import HttpGateway
from careline_sms.gateways.http.provider import Push, Pushed
from careline_sms.gateways.settings import WebhookSettings

log = Logger()

MOST = 1 << 20
"""Bytes of a push."""
TAKE_S = 20.0
IDLE_S = 60
KINDS = ("receipts", "replies")
FORM = "application/x-www-form-urlencoded"


class Webhooks:
    """Listens, when a port is set; gateways are added before."""

    def __init__(self, ground: Ground, settings: WebhookSettings) -> None:
        self._ground = ground
        self._settings = settings
        self._known: dict[str, tuple[HttpGateway, str]] = {}
        self._listening: Any = None
        self._site: WrappingFactory | None = None

    def address(self, name: str, token: str, kind: str) -> str:
        """Where a gateway pushes to; empty when nothing can be pushed."""
        if not token or not self._settings.listen_port or not self._settings.public_url:
            return ""
        return f"{self._settings.public_url}/{name}/{token}/{kind}"

    def add(self, gateway: HttpGateway, token: str) -> None:
        """Take pushes of a gateway, unless it has no token."""
        if token:
            self._known[gateway.name] = (gateway, token)

    @property
    def port(self) -> int:
        """Where it listens."""
        return int(self._listening.getHost().port)

    async def start(self) -> None:
        """Listen; a port that is taken is logged, and messages are sent nevertheless."""
        if self._settings.listen_port and self._known:
            self.listen(self._settings.listen_port)

    def listen(self, port: int) -> None:
        """Listen at a port, 0 for any."""
        site = _Site(_Root(self), requestFactory=_Bounded, timeout=IDLE_S)  # type: ignore[no-untyped-call]  # Twisted's
        self._site = WrappingFactory(site)  # type: ignore[no-untyped-call]  # same
        host = self._settings.listen_host
        try:
            self._listening = self._ground.reactor.listenTCP(port, self._site, interface=host)
        except CannotListenError as error:
            log.error(
                "webhooks cannot listen on {host}:{port}: {reason}",
                host=host,
                port=port,
                reason=error.socketError,
            )

    async def stop(self) -> None:
        """Listen no more and end connections."""
        if self._listening is not None:
            listening, self._listening = self._listening, None
            ended = listening.stopListening()
            if isinstance(ended, Deferred):
                await ended
        if self._site is not None:
            for one in list(self._site.protocols):
                one.abortConnection()

    def known(self, name: str, token: str) -> HttpGateway | None:
        """The gateway of an address, when the token is right."""
        gateway, right = self._known.get(name, (None, ""))
        fits = hmac.compare_digest(token.encode(), right.encode())
        return gateway if fits and right else None

    def take(self, request: Any, gateway: HttpGateway, kind: str) -> None:
        """Store what was pushed and answer, in the background."""
        self._ground.tasks.spawn(self._taken(request, gateway, kind), f"push of {gateway.name}")

    async def _taken(self, request: Any, gateway: HttpGateway, kind: str) -> None:
        push = _push(request, kind, self._settings.public_url)
        status, pushed = 500, Pushed(answer="")
        try:
            pushed = await self._ground.clock.within(TAKE_S, gateway.push(push))
            status = 200
        except CancelledError:
            raise
        except Refused as error:
            status = 403
            log.warn("a forged push to {gateway}: {code}", gateway=gateway.name, code=error.code)
        except Invalid as error:
            status = 400
            log.warn("an odd push to {gateway}: {code}", gateway=gateway.name, code=error.code)
        except (CarelineError, TimeoutError, Busy) as error:
            status = 503
            log.warn(
                "a push to {gateway} was not stored: {error}",
                gateway=gateway.name,
                error=type(error).__name__,
            )
        finally:
            _answer(request, status, pushed)


class _Bounded(Request):
    """Keeps no more of a body than may be."""

    def gotLength(self, length: int | None) -> None:
        """The body begins; one that is too long ends the connection."""
        super().gotLength(min(length or 0, MOST))  # type: ignore[no-untyped-call]  # same
        if length is not None and length > MOST:
            self.channel.forceAbortClient()  # type: ignore[no-untyped-call]  # same

    def handleContentChunk(self, data: bytes) -> None:
        """A part of it."""
        if self.content is not None and self.content.tell() + len(data) > MOST:
            self.channel.forceAbortClient()  # type: ignore[no-untyped-call]  # same
            return
        super().handleContentChunk(data)  # type: ignore[no-untyped-call]  # same


class _Site(Site):
    """Keeps silent: addresses hold tokens."""

    noisy = False
    displayTracebacks = False

    def log(self, request: Any) -> None:
        """Nothing is logged."""


class _Root(Resource):
    """Answers every address."""

    isLeaf = True

    def __init__(self, door: Webhooks) -> None:
        super().__init__()  # type: ignore[no-untyped-call]  # same
        self._door = door

    def render(self, request: Any) -> bytes | int:
        """Find the gateway, and take what is pushed."""
        path = [one.decode("utf-8", "replace") for one in request.postpath if one]
        gateway = self._door.known(path[0], path[1]) if len(path) == 3 else None
        if gateway is None or path[2] not in KINDS or request.method not in (b"GET", b"POST"):
            request.setResponseCode(404)
            return b""
        self._door.take(request, gateway, path[2])
        return NOT_DONE_YET


def _push(request: Any, kind: str, public_url: str) -> Push:
    request.content.seek(0)
    data = request.content.read()
    headers = {
        name.decode("latin-1").lower(): values[-1].decode("utf-8", "replace")
        for name, values in request.requestHeaders.getAllRawHeaders()
    }
    is_form = headers.get("content-type", "").lower().startswith(FORM)
    uri = request.uri.decode("latin-1")
    return Push(
        kind=kind,
        url=public_url + uri,
        query=_fields(uri.partition("?")[2]),
        form=_fields(data.decode("utf-8", "replace")) if is_form else {},
        headers=headers,
        data=data,
    )


def _fields(text: str) -> dict[str, str]:
    """Fields of a form or query, the first of each name."""
    found: dict[str, str] = {}
    for name, value in parse_qsl(text, keep_blank_values=True, errors="replace"):
        found.setdefault(name, value)
    return found


def _answer(request: Any, status: int, pushed: Pushed) -> None:
    if request._disconnected:
        return
    request.setResponseCode(status)
    request.setHeader("Content-Type", pushed.mime)
    request.setHeader("X-Content-Type-Options", "nosniff")
    request.write(pushed.answer.encode())
    request.finish()
