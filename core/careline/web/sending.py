"""Answers as bytes: rendered, with their headers, over Twisted's request."""

from __future__ import annotations

import re
import socket
from collections.abc import AsyncIterator, Mapping
from pathlib import Path as FilePath
from typing import Any
from urllib.parse import quote

from attrs import field, frozen
from twisted.internet.defer import Deferred
from twisted.internet.interfaces import IPushProducer
from zope.interface import implementer

from careline.web.answers import (
    Answer,
    Cookie,
    Download,
    Empty,
    Fragment,
    Json,
    Page,
    Ranged,
    Redirect,
)
from careline.web.events import Events, Live, Stream
from careline.web.guard import own_path
from careline.web.look import Look
from careline.web.visit import Visit

HTML = "text/html; charset=utf-8"
CHUNK = 1 << 16
KEPT_BYTES = 1 << 16


@frozen(kw_only=True)
class Reply:
    """An answer that is ready to be sent; ``parts`` come after ``body`` as the browser takes them.

    ``file`` is a part of a file on disk: path, first byte, number of bytes.
    """

    status: int = 200
    headers: Mapping[str, str] = field(factory=dict)
    cookies: tuple[Cookie, ...] = ()
    body: bytes = b""
    parts: AsyncIterator[bytes] | None = None
    file: tuple[FilePath, int, int] | None = None
    live: bool = False


def reply_to(answer: Answer, visit: Visit, look: Look) -> Reply:
    """Render an answer; raises what its template raises."""
    headers: dict[str, str] = {"Cache-Control": "no-store"}
    made = _REPLIES[type(answer)](answer, visit, look, headers)
    return Reply(
        status=made.status,
        headers={**headers, **made.headers, **answer.headers},
        cookies=answer.cookies,
        body=made.body,
        parts=made.parts,
        file=made.file,
        live=made.live,
    )


def _page(answer: Page, visit: Visit, look: Look, headers: dict[str, str]) -> Reply:
    title = visit.text(answer.title) if answer.title else ""
    text = look.render(answer.template, answer.values, visit, title=title)
    headers["Content-Type"] = HTML
    headers["Vary"] = "HX-Request"
    return Reply(status=answer.status, body=text.encode())


def _fragment(answer: Fragment, visit: Visit, look: Look, headers: dict[str, str]) -> Reply:
    headers["Content-Type"] = HTML
    if answer.trigger:
        headers["HX-Trigger"] = answer.trigger
    text = look.render(answer.template, answer.values, visit)
    return Reply(status=answer.status, body=text.encode())


def _redirect(answer: Redirect, visit: Visit, _: Look, headers: dict[str, str]) -> Reply:
    path = own_path(answer.path)
    if not visit.is_fragment:
        return Reply(status=303, headers={"Location": path})
    if answer.whole:
        return Reply(status=200, headers={"HX-Redirect": path})
    where = path.replace("\\", "").replace('"', "%22")
    return Reply(status=200, headers={"HX-Location": f'{{"path":"{where}","target":"#main"}}'})


def _json(answer: Json, _: Visit, __: Look, headers: dict[str, str]) -> Reply:
    headers["Content-Type"] = "application/json"
    return Reply(status=answer.status, body=answer.body)


def _empty(answer: Empty, _: Visit, __: Look, headers: dict[str, str]) -> Reply:
    if answer.trigger:
        headers["HX-Trigger"] = answer.trigger
    return Reply(status=204)


def _live(answer: Live, _: Visit, __: Look, headers: dict[str, str]) -> Reply:
    headers["Content-Type"] = "text/event-stream"
    headers["X-Accel-Buffering"] = "no"
    return Reply(live=True)


def _download(answer: Download, visit: Visit, _: Look, headers: dict[str, str]) -> Reply:
    headers["Content-Type"] = answer.mime
    how = "inline" if answer.inline else "attachment"
    ascii_name = re.sub(r"[^A-Za-z0-9._-]", "_", answer.filename)
    headers["Content-Disposition"] = (
        f"{how}; filename=\"{ascii_name}\"; filename*=UTF-8''{quote(answer.filename, safe='')}"
    )
    body = answer.body
    if not isinstance(body, bytes | FilePath | Ranged):
        return Reply(parts=body)
    size = _size(body)
    headers["Accept-Ranges"] = "bytes"
    wanted = range_of(visit.headers.get("range", ""), size)
    first, last = wanted or (0, size - 1)
    if wanted:
        headers["Content-Range"] = f"bytes {first}-{last}/{size}"
    headers["Content-Length"] = str(last - first + 1)
    status = 206 if wanted else 200
    if isinstance(body, bytes):
        return Reply(status=status, body=body[first : last + 1])
    if isinstance(body, Ranged):
        return Reply(status=status, parts=body.read(first, last))
    return Reply(status=status, file=(body, first, last - first + 1))


def _size(body: bytes | FilePath | Ranged) -> int:
    if isinstance(body, Ranged):
        return body.size
    return len(body) if isinstance(body, bytes) else body.stat().st_size


_REPLIES: Mapping[type, Any] = {
    Page: _page,
    Fragment: _fragment,
    Redirect: _redirect,
    Json: _json,
    Empty: _empty,
    Live: _live,
    Download: _download,
}


def range_of(header: str, size: int) -> tuple[int, int] | None:
    """First and last byte of ``bytes=a-b``, ``a-`` or ``-n``; None for all (and for nonsense)."""
    unit, _, spec = header.partition("=")
    first, dash, last = spec.strip().partition("-")
    digits = first + last
    if unit != "bytes" or not dash or not (digits.isascii() and digits.isdigit()) or not size:
        return None
    if len(digits) > 30:
        return None
    if not first:
        return max(0, size - int(last)), size - 1
    begin, end = int(first), min(int(last), size - 1) if last else size - 1
    return (begin, end) if begin <= end else None


async def send(reply: Reply, request: Any, visit: Visit, events: Events) -> None:
    """Write a reply; returns when all of it is on its way, or nobody takes it any more."""
    request.setResponseCode(reply.status)
    for name, value in reply.headers.items():
        request.setHeader(name, _line(value))
    for cookie in reply.cookies:
        _set(request, cookie, visit.secure)
    if reply.live and visit.session is not None:
        await _follow(request, visit, events)
        return
    if request.method == b"HEAD":
        request.finish()
        return
    source = _source(reply)
    if source is None:
        if "Content-Length" not in reply.headers and reply.status != 204:
            request.setHeader("Content-Length", str(len(reply.body)))
        request.write(reply.body)
    else:
        await _pump(request, source)
    if not request._disconnected and not request.finished:
        request.finish()


def _source(reply: Reply) -> AsyncIterator[bytes] | None:
    return _read(*reply.file) if reply.file is not None else reply.parts


async def _read(path: FilePath, first: int, length: int) -> AsyncIterator[bytes]:
    """A part of a file, a little at a time: what is recorded lies in the system's cache."""
    with path.open("rb") as file:
        file.seek(first)
        while length > 0 and (chunk := file.read(min(CHUNK, length))):
            length -= len(chunk)
            yield chunk


def _line(value: str) -> str:
    """A header's value on one line, whatever it was made of."""
    return "".join(char if char.isprintable() else " " for char in value)


def _set(request: Any, cookie: Cookie, secure: bool) -> None:
    request.addCookie(
        cookie.name,
        quote(cookie.value, safe="-_.~"),
        max_age=None if cookie.max_age is None else str(cookie.max_age),
        path="/",
        secure=secure,
        httpOnly=True,
        sameSite="strict",
    )


@implementer(IPushProducer)
class _Tap:
    """Says when the browser takes more."""

    def __init__(self) -> None:
        self.gone = False
        self._paused = False
        self._waits: Deferred[None] | None = None

    def pauseProducing(self) -> None:
        """Not now."""
        self._paused = True

    def resumeProducing(self) -> None:
        """Go on."""
        self._paused = False
        self._go_on()

    def stopProducing(self) -> None:
        """Nobody takes any more."""
        self.gone = True
        self._go_on()

    def _go_on(self) -> None:
        waits, self._waits = self._waits, None
        if waits is not None:
            waits.callback(None)

    async def open(self) -> bool:
        """Wait until more is taken; False when nobody does any more."""
        if self._paused and not self.gone:
            self._waits = Deferred()
            await self._waits
        return not self.gone


async def _pump(request: Any, parts: AsyncIterator[bytes]) -> None:
    tap = _Tap()
    request.registerProducer(tap, True)
    try:
        async for part in parts:
            if not await tap.open():
                return
            request.write(part)
    finally:
        if not tap.gone:
            request.unregisterProducer()


@implementer(IPushProducer)
class _Line:
    """An event stream's connection: a Line that learns when the browser does not read."""

    def __init__(self, request: Any) -> None:
        self._request = request
        self.stream: Stream | None = None
        self.over: Deferred[None] = Deferred()

    def write(self, data: bytes) -> None:
        """Send."""
        self._request.write(data)

    def end(self) -> None:
        """Close after what was sent."""
        self._request.unregisterProducer()
        self._request.finish()

    def cut(self) -> None:
        """Close at once."""
        if self._request.transport is not None:
            self._request.channel.forceAbortClient()

    def pauseProducing(self) -> None:
        """The browser does not read now."""
        if self.stream is not None:
            self.stream.stalled = True

    def resumeProducing(self) -> None:
        """It reads again."""
        if self.stream is not None:
            self.stream.stalled = False
            self.stream.flush()

    def stopProducing(self) -> None:
        """It has gone; the request says so as well."""


def _keep_little(transport: Any) -> None:
    """Have the system hold little for a browser that does not read, so that it is soon noticed."""
    handle = getattr(transport, "getHandle", None)
    if handle is not None:
        handle().setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, KEPT_BYTES)


async def _follow(request: Any, visit: Visit, events: Events) -> None:
    """Hold an event stream open until either side ends it."""
    assert visit.session is not None  # noqa: S101  asked before
    line = _Line(request)
    _keep_little(request.channel.transport)
    request.notifyFinish().addBoth(lambda _: line.over.callback(None))
    request.registerProducer(line, True)
    line.stream = stream = events.open(visit.session, line)
    try:
        await line.over
    finally:
        events.closed(stream)
