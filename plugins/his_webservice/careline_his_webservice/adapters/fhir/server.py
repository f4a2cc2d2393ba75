"""The server's address over HTTP: reads, searches through all pages, conditional writes."""

from __future__ import annotations

import json
from base64 import b64encode
from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import quote, urlencode, urlsplit

from attrs import frozen
from treq.client import HTTPClient
from twisted.internet.error import (
    ConnectError,
    ConnectingCancelledError,
    ConnectionClosed,
    DNSLookupError,
)
from twisted.web.client import (
    Agent,
    HTTPConnectionPool,
    RequestTransmissionFailed,
    ResponseFailed,
)
from twisted.web.http_headers import Headers
from twisted.web.iweb import IResponse

from careline.errors import Unavailable
from careline_his_webservice.adapters.fhir.answers import Plain, body_of
from careline_his_webservice.adapters.fhir.reading import Resource, bad, name_of, parts, text
from careline_his_webservice.adapters.fhir.settings import FhirSettings
from careline_his_webservice.calling.model import Outcome
from careline_his_webservice.ground import Ground

MOST_PAGES = 100
MOST_RESOURCES = 20_000
SLOW = 200_000
"""Bytes from which on JSON is parsed in a thread."""
CONNECT_S = 3.0
JSON = "application/fhir+json"
SURELY_NOT_SENT = (ConnectError, ConnectingCancelledError, DNSLookupError)
LOST = (ConnectionClosed, ResponseFailed, RequestTransmissionFailed)

Params = Sequence[tuple[str, str]]


class Lost(Exception):
    """The answer to something that was sent did not come."""


@frozen
class Answer:
    """What came: ``resource`` is empty when the body was, ``version`` from its meta or ETag."""

    status: int
    resource: Resource
    version: str = ""

    @property
    def good(self) -> bool:
        """Whether it is what was asked for."""
        return 200 <= self.status < 300

    @property
    def said(self) -> str:
        """The server's own words about a failure (OperationOutcome)."""
        issue = parts(self.resource, "issue")[:1]
        words = [
            text(one, "details", "text") or text(one, "diagnostics") or text(one, "code")
            for one in issue
        ]
        return "".join(words)[:200]


class Server:
    """Asks with persistent connections; ``close`` ends them."""

    def __init__(self, ground: Ground, settings: FhirSettings) -> None:
        self._ground = ground
        self._settings = settings
        self._base = settings.base.rstrip("/")
        self._pool: HTTPConnectionPool | None = None
        self._headers = {"Accept": JSON, **_authorization(settings)}

    async def read(self, kind: str, ident: str) -> Answer:
        """One resource; its status is 404 when there is none. Unavailable."""
        answer = await self._read(f"read {kind}", f"/{kind}/{quote(ident, safe='')}")
        if answer.good and answer.resource.get("resourceType") != kind:
            raise bad(f"{kind}/{ident}: it is {name_of(answer.resource)}")
        return answer

    async def capabilities(self) -> Answer:
        """The CapabilityStatement, empty from some servers."""
        return await self._read("read metadata", "/metadata")

    async def search(self, kind: str, params: Params) -> list[Resource]:
        """All resources of a type that match, through all pages.

        Raises Unavailable also when there are too many, or fewer than the server has counted.
        """
        asked = [*params, ("_count", str(self._settings.page))]
        path = f"/{kind}?{urlencode(asked, safe='/,|:')}"
        found: dict[str, Resource] = {}
        for _ in range(MOST_PAGES):
            answer = await self._read(f"search {kind}", path)
            if not answer.good:
                raise bad(f"search {kind}: HTTP {answer.status} {answer.said}")
            before = len(found)
            found |= _matches(answer.resource, kind)
            path = self._next(answer.resource, len(found)) or _offset(
                answer.resource, kind, asked, before, len(found)
            )
            if not path:
                return list(found.values())
            if len(found) > MOST_RESOURCES:
                break
        raise bad(f"search {kind}: more than {len(found)} resources")

    async def create(self, resource: Resource, if_none_exist: str) -> Answer:
        """POST one, unless one that matches is there: then that one. Raises Lost."""
        kind = str(resource["resourceType"])
        return await self._write(
            "POST", kind, f"/{kind}", resource, {"If-None-Exist": if_none_exist}
        )

    async def update(self, resource: Resource, version: str) -> Answer:
        """PUT one whose version is still this; status 412 (or 409) when it is not. Raises Lost."""
        kind = str(resource["resourceType"])
        path = f"/{kind}/{quote(str(resource['id']), safe='')}"
        return await self._write("PUT", kind, path, resource, {"If-Match": f'W/"{version}"'})

    async def close(self) -> None:
        """End connections."""
        if self._pool is not None:
            pool, self._pool = self._pool, None
            await pool.closeCachedConnections()  # type: ignore[no-untyped-call]  # Twisted's

    def _next(self, bundle: Resource, found: int) -> str:
        """Path of the next page, always on our own server: it is sent our token."""
        for link in parts(bundle, "link"):
            if text(link, "relation") == "next":
                given = urlsplit(text(link, "url"))
                prefix = urlsplit(self._base).path
                path = given.path.removeprefix(prefix) if given.path else "/"
                return f"/{path.lstrip('/')}?{given.query}" if given.query else ""
        return ""

    async def _read(self, what: str, path: str) -> Answer:
        try:
            answer = await self._exchange(what, "GET", path, None, {})
        except Lost:
            raise Unavailable(
                "his.unreachable", "{where} hung up", where=urlsplit(self._base).netloc
            ) from None
        if answer.status in (401, 403):
            raise Unavailable("his.forbidden", "{what}: not allowed to us there", what=what)
        if answer.status >= 500 or answer.status == 429:
            raise Unavailable(
                "his.failed", "{what}: HTTP {status} {said}", what=what, status=answer.status,
                said=answer.said,
            )  # fmt: skip
        if 300 <= answer.status < 400:
            raise bad(f"{what}: HTTP {answer.status}, it leads elsewhere")
        return answer

    async def _write(
        self, method: str, kind: str, path: str, resource: Resource, headers: Mapping[str, str]
    ) -> Answer:
        more = {"Content-Type": JSON, "Prefer": "return=representation", **headers}
        # Half a character in a resource of theirs goes back as the escape by which it came.
        body = json.dumps(resource, ensure_ascii=False).encode(errors="backslashreplace")
        return await self._exchange(f"{method} {kind}", method, path, body, more)

    async def _exchange(
        self, what: str, method: str, path: str, body: bytes | None, headers: Mapping[str, str]
    ) -> Answer:
        url = self._base + path
        named = Headers({name: [value] for name, value in {**self._headers, **headers}.items()})
        request = f"{method} {url}\n{(body or b'')[:8192].decode(errors='replace')}"
        with self._ground.exchanges.begin(what, request) as exchange:
            try:
                response = await self._client().request(
                    method, url, headers=named, data=body, unbuffered=True, allow_redirects=False,
                )  # fmt: skip
                data = await body_of(response)
            except SURELY_NOT_SENT as error:
                raise Unavailable(
                    "his.unreachable", "{where} cannot be reached ({detail})",
                    where=urlsplit(self._base).netloc, detail=type(error).__name__,
                ) from error  # fmt: skip
            except LOST as error:
                exchange.outcome = Outcome.LATE
                raise Lost from error
            exchange.response = f"HTTP {response.code}\n{data[:8192].decode(errors='replace')}"
            if not 200 <= response.code < 300 and response.code != 404:
                exchange.outcome = Outcome.REFUSED
            return await self._answer(response, data)

    async def _answer(self, response: IResponse, data: bytes) -> Answer:
        resource: Resource = {}
        if data.strip():
            if len(data) > SLOW:
                resource = await self._ground.in_thread(_parsed, data, response.code)
            else:
                resource = _parsed(data, response.code)
        version = text(resource, "meta", "versionId")
        etag = (response.headers.getRawHeaders("ETag") or [""])[0]
        return Answer(response.code, resource, version or etag.removeprefix("W/").strip('"'))

    def _client(self) -> HTTPClient:
        if self._pool is None:
            self._pool = HTTPConnectionPool(self._ground.core.reactor)  # type: ignore[no-untyped-call]  # same
            self._pool.maxPersistentPerHost = 4
        agent = Agent(  # type: ignore[no-untyped-call]  # same
            self._ground.core.reactor, connectTimeout=CONNECT_S, pool=self._pool
        )
        return HTTPClient(Plain(agent))


def _authorization(settings: FhirSettings) -> dict[str, str]:
    if settings.token is not None:
        return {"Authorization": f"Bearer {settings.token.reveal()}"}
    if settings.user and settings.password is not None:
        pair = f"{settings.user}:{settings.password.reveal()}".encode()
        return {"Authorization": f"Basic {b64encode(pair).decode()}"}
    return {}


def _parsed(data: bytes, status: int) -> dict[str, Any]:
    try:
        value = json.loads(data)
    except (ValueError, RecursionError):
        if status >= 300:
            return {}
        raise bad("the answer is no JSON") from None
    if not isinstance(value, dict):
        raise bad(f"the answer is a {type(value).__name__}, not a resource")
    return value


def _matches(bundle: Resource, kind: str) -> dict[str, Resource]:
    if bundle.get("resourceType") != "Bundle":
        raise bad(f"search {kind}: it is {name_of(bundle)}, not a Bundle")
    found: dict[str, Resource] = {}
    for entry in parts(bundle, "entry"):
        resource = entry.get("resource")
        if not isinstance(resource, dict):
            raise bad(f"search {kind}: an entry without a resource")
        if resource.get("resourceType") == kind:
            ident = text(resource, "id")
            if not ident or len(ident) > 64:
                raise bad(f"search {kind}: a {kind} without an id")
            found[ident] = resource
    return found


def _offset(bundle: Resource, kind: str, asked: Params, before: int, found: int) -> str:
    """The next page of a server that counts more than it gives and links nowhere."""
    total = bundle.get("total")
    if not isinstance(total, int) or total <= found:
        return ""
    if found == before:
        raise bad(f"search {kind}: {found} of {total} resources, and no link to the others")
    return f"/{kind}?{urlencode([*asked, ('_offset', str(found))], safe='/,|:')}"
