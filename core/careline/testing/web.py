"""The workspace without a network: pages in the real shell, and browsers that visit them.

A :class:`WebHouse` holds hooks objects as a plugin or a page of the core has them; its browsers
speak HTTP with it in memory, so that headers, tokens, permissions and templates are the real ones::

    house = WebHouse([MyHooks(service)], permissions=["patients.view"])
    seen = run_async(house.browser().get("/patients"), house.clock)
    assert seen.status == 200 and "李雷" in seen.text

What a browser sees is checked for inline scripts and styles, which the real ones would refuse.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import tzinfo
from typing import Any, Protocol
from urllib.parse import urlencode, urlsplit
from zoneinfo import ZoneInfo

from attrs import define, field, frozen
from twisted.internet.address import IPv4Address
from twisted.internet.defer import Deferred
from twisted.internet.error import ConnectionLost
from twisted.internet.task import Clock as FakeClock
from twisted.internet.testing import StringTransport
from twisted.python.failure import Failure

from careline.auth.model import Grants, Scope, Subject, User
from careline.clock import Clock
from careline.hooks import Hub
from careline.tasks import Tasks
from careline.testing.html import check_inline
from careline.testing.http import Seen, multipart, parse
from careline.web.events import Events
from careline.web.guard import SESSION_COOKIE, token_of
from careline.web.offers import CORE, Offer, Offers
from careline.web.own import Own
from careline.web.panels import Panels
from careline.web.shell import Shell
from careline.web.site import Site

HOST = "127.0.0.1:8000"
SOMEBODY = User(id=1, login="zhang.san", name="张三", agent="8001", campus="hq", team="a")


@frozen
class TestSession:
    """A session of the stand-in door."""

    __test__ = False
    id: str
    user: User
    grants: Grants
    first: str = ""


class TestDoor:
    """Lets in whom a test names; sessions end when it says so."""

    __test__ = False

    def __init__(self) -> None:
        self.sessions: dict[str, TestSession] = {}
        self.preferred: list[str] = []
        self._told: list[Callable[[str], None]] = []

    def let_in(self, user: User, scopes: Mapping[str, Scope]) -> str:
        """A session for a user; its token."""
        token = secrets.token_urlsafe(16)
        own = Subject(agent=user.agent, team=user.team, campus=user.campus)
        self.sessions[token] = TestSession(f"s{len(self.sessions)}", user, Grants(scopes, own))
        return token

    def end(self, token: str) -> None:
        """End a session."""
        session = self.sessions.pop(token)
        for told in self._told:
            told(session.id)

    async def session(self, token: str, address: str, *, quiet: bool) -> TestSession | None:
        """The session of a token."""
        return self.sessions.get(token)

    def may(self, session: Any, permission: str, subject: Any = None) -> bool:
        """As the session's grants say."""
        return bool(session.grants.may(permission, subject))

    async def prefer(self, session: Any, *, language: str = "", theme: str = "") -> None:
        """Note it."""
        self.preferred.append(language or theme)

    def alive(self, session_id: str) -> bool:
        """True while it is there."""
        return any(session.id == session_id for session in self.sessions.values())

    def named(self, login: str) -> User | None:
        """Whoever is let in by that login."""
        users = (session.user for session in self.sessions.values())
        return next((user for user in users if user.login == login), None)

    def on_end(self, told: Callable[[str], None]) -> None:
        """Tell of each end."""
        self._told.append(told)


@define
class TestAudit:
    """Keeps the lines of the audit log, each as a dict."""

    __test__ = False
    lines: list[dict[str, str]] = field(factory=list)

    def write(self, act: str, **more: str) -> None:
        """One line."""
        self.lines.append({"act": act, **more})

    @property
    def acts(self) -> list[str]:
        """What was done, in order."""
        return [line["act"] for line in self.lines]


class WebHouse:
    """The shell with some pages: hooks objects, or ``(owner, hooks)``.

    ``permissions`` are what ``user`` may (names, all of them everywhere, or scopes by name);
    :meth:`browser` takes others. ``known`` are permissions that may be asked for; none: any.
    ``door`` and ``audit`` are the real ones where a test is about them.
    """

    def __init__(
        self,
        pages: Iterable[object] = (),
        *,
        user: User = SOMEBODY,
        permissions: Iterable[str] | Mapping[str, Scope] = (),
        known: Iterable[str] = (),
        clock: Clock | None = None,
        language: str = "zh",
        url: str = "",
        door: Any = None,
        audit: Any = None,
    ) -> None:
        self.reactor = FakeClock()
        self.clock = clock or Clock(self.reactor)
        self.tasks = Tasks()
        self.door = door or TestDoor()
        self.audit = audit or TestAudit()
        self.user, self.permissions = user, permissions
        self.offers = Offers(known)
        self.events = Events(self.clock, self.door.may, self.door.alive, "test")
        self.shell = Shell(
            clock=self.clock,
            tasks=self.tasks,
            offers=self.offers,
            door=self.door,
            audit=self.audit,
            events=self.events,
            in_thread=_at_once,
            zone=_zone,
            language=language,
            url=url,
        )
        self.panels = Panels(self.offers, self.clock)
        self.site = Site(self.reactor, self.shell)
        self.shell.add_own([Own(self.door), self.panels])
        self.hub = Hub(self.clock, self.tasks)
        for one in pages:
            self.add(*(one if isinstance(one, tuple) else (_owner(one), one)))

    def add(self, owner: str, hooks: object) -> None:
        """Take in a plugin's or a page's hooks."""
        self.hub.register(owner, hooks)
        self.offers.add(Offer.of(owner, hooks, self.hub))

    def browser(
        self,
        user: User | None = None,
        permissions: Iterable[str] | Mapping[str, Scope] | None = None,
        *,
        signed_in: bool = True,
    ) -> Browser:
        """A browser in which somebody is signed in."""
        made = Browser(self)
        if signed_in:
            allowed = self.permissions if permissions is None else permissions
            if not isinstance(allowed, Mapping):
                allowed = dict.fromkeys(allowed, Scope.ALL)
            made.cookies[SESSION_COOKIE] = self.door.let_in(user or self.user, allowed)
        return made


def _owner(hooks: object) -> str:
    """The owner's name by the package that the hooks come from."""
    parts = type(hooks).__module__.split(".")
    if parts[:2] == ["careline", "pages"]:
        return CORE + parts[2]
    return parts[0].removeprefix("careline_")


def _zone(_: str) -> tzinfo:
    return ZoneInfo("Asia/Shanghai")


async def _at_once(call: Callable[..., Any], *args: Any) -> Any:
    return call(*args)


class HasSite(Protocol):
    """What a browser visits."""

    @property
    def site(self) -> Site:
        """Where its requests go."""
        ...


class Wire(StringTransport):
    """One connection of a browser; ``closed`` fires when the server closes it."""

    def __init__(self, address: str) -> None:
        super().__init__(  # type: ignore[no-untyped-call]  # Twisted's
            peerAddress=IPv4Address("TCP", address, 50_000)
        )
        self.closed: Deferred[None] = Deferred()
        self.protocol: Any = None

    def loseConnection(self) -> None:
        """The server closes."""
        super().loseConnection()  # type: ignore[no-untyped-call]  # Twisted's
        self._close()

    def abortConnection(self) -> None:
        """The server cuts."""
        super().abortConnection()  # type: ignore[no-untyped-call]  # Twisted's
        self.protocol.connectionLost(Failure(ConnectionLost()))  # type: ignore[no-untyped-call]
        self._close()

    @property
    def got(self) -> bytes:
        """What the server has sent so far."""
        return bytes(self.io.getvalue())

    def _close(self) -> None:
        if not self.closed.called:
            self.closed.callback(None)


class Browser:
    """Keeps cookies, sends the form's token along, follows nothing by itself.

    ``htmx`` asks as htmx does; ``headers`` go with every request (None takes one away).
    """

    def __init__(self, house: HasSite) -> None:
        self.house = house
        self.cookies: dict[str, str] = {}
        self.htmx = False
        self.address = "127.0.0.1"
        self.headers: dict[str, str | None] = {}
        self.checks_inline = True

    async def get(self, path: str, **headers: str) -> Seen:
        """GET a page."""
        return await self.ask("GET", path, headers=headers)

    async def post(
        self,
        path: str,
        form: Mapping[str, str | Sequence[str]] | None = None,
        files: Mapping[str, tuple[str, str, bytes]] | None = None,
        **headers: str,
    ) -> Seen:
        """Send a form; ``files`` are name, type and contents by field."""
        fields = {"csrf": self.csrf, **(form or {})}
        if files is None:
            body = urlencode(fields, doseq=True).encode()
            kind = "application/x-www-form-urlencoded"
        else:
            body, kind = multipart(fields, files)
        return await self.ask("POST", path, body, {"Content-Type": kind, **headers})

    @property
    def csrf(self) -> str:
        """The token of this browser's forms."""
        token = self.cookies.get(SESSION_COOKIE, "")
        return token_of(token) if token else ""

    async def ask(
        self,
        method: str,
        path: str,
        body: bytes = b"",
        headers: Mapping[str, str | None] | None = None,
    ) -> Seen:
        """Any request."""
        wire = self.send(method, path, body, headers)
        await wire.closed
        seen = parse(wire.got)
        for line in seen.cookies:
            self._keep(line)
        if self.checks_inline and seen.headers.get("content-type", "").startswith("text/html"):
            check_inline(seen.text)
        return seen

    def send(
        self,
        method: str,
        path: str,
        body: bytes = b"",
        headers: Mapping[str, str | None] | None = None,
    ) -> Wire:
        """Send a request; what comes back is in the wire (for event streams)."""
        wire = Wire(self.address)
        protocol = self.house.site.factory.buildProtocol(wire.peerAddr)
        wire.protocol = protocol
        protocol.makeConnection(wire)
        protocol.dataReceived(self._request(method, path, body, headers or {}))
        return wire

    def _request(
        self, method: str, path: str, body: bytes, more: Mapping[str, str | None]
    ) -> bytes:
        headers: dict[str, str | None] = {"Host": HOST, "Connection": "close"}
        if self.cookies:
            headers["Cookie"] = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        if method == "POST":
            headers |= {"Origin": f"http://{HOST}", "Sec-Fetch-Site": "same-origin"}
            headers["Content-Length"] = str(len(body))
        if self.htmx:
            headers["HX-Request"] = "true"
        headers |= {**self.headers, **more}
        lines = [f"{method} {path} HTTP/1.1"]
        lines += [f"{name}: {value}" for name, value in headers.items() if value is not None]
        return "\r\n".join([*lines, "", ""]).encode() + body

    def _keep(self, line: str) -> None:
        name, _, value = line.partition(";")[0].partition("=")
        if "Max-Age=0" in line or not value:
            self.cookies.pop(name, None)
        else:
            self.cookies[name] = value


def location(seen: Seen) -> str:
    """Where a redirect leads, path and query."""
    parts = urlsplit(seen.headers["location"])
    return parts.path + (f"?{parts.query}" if parts.query else "")
