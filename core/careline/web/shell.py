"""The shell: takes requests in, asks who it is and what they may, has a page answer, sends it.

The only importer of klein. No request can end the process or hold the reactor for long: each is
bounded in size and time, and whatever a page raises becomes an error page or card.
"""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable, Iterable, Mapping
from datetime import tzinfo
from functools import partial
from typing import Any
from urllib.parse import quote, urlencode

from klein import Klein
from twisted.internet.defer import CancelledError, Deferred
from twisted.logger import Logger
from twisted.web.resource import IResource
from werkzeug.exceptions import HTTPException

from careline.clock import Clock, TimeoutError
from careline.errors import CarelineError, NotFound
from careline.hooks.attempt import Done, Late, attempt
from careline.i18n import DEFAULT, LANGUAGES, Text
from careline.tasks import Tasks
from careline.web.answers import Answer
from careline.web.assets import FOREVER
from careline.web.body import (
    MULTIPART,
    URLENCODED,
    Form,
    content_type,
    read_fields,
    read_multipart,
)
from careline.web.door import AuditLog, Door
from careline.web.events import Events
from careline.web.faults import Fault, fault_of
from careline.web.guard import (
    HEADERS,
    SESSION_COOKIE,
    TOKEN_FIELD,
    TOKEN_HEADER,
    Place,
    content_policy,
    origin_of,
    sign_in_path,
    token_fits,
    token_of,
)
from careline.web.look import Look
from careline.web.offers import Offers
from careline.web.own import THEMES
from careline.web.routes import PUBLIC, SIGNED_IN, Route, Rule, get, routes_of
from careline.web.sending import Reply, reply_to, send
from careline.web.visit import Visit

log = Logger()

LARGEST_ID = 2**63 - 1
"""A number in an address beyond this is no id: no database has it."""
HELD_S = 0.1
"""A page that holds the reactor longer in one step is told of in the log."""
FOREIGN = Text("This form did not come from careline's own page. Open the page and try again.")
OLD_FORM = Text("This page was too old. What you typed is still there; please send it again.")
TOO_BIG = Text("This is too big: a file has at most 50 MB, a form without files 1 MB.")
WRONG_HOST = Text(
    "careline is not served under this name. Set it as url in [web] of careline.toml."
)


class _Elsewhere(Exception):
    """Something else must be done first, at ``path``; None: sign in and come back."""

    def __init__(self, path: str | None = None) -> None:
        super().__init__(path)
        self.path = path


class Shell:
    """All of the workspace as one web site.

    ``zone`` gives a campus's zone ("" for the house), ``socket`` the address of the phones' web
    socket for a page that came from a host.
    """

    def __init__(
        self,
        *,
        clock: Clock,
        tasks: Tasks,
        offers: Offers,
        door: Door,
        audit: AuditLog,
        events: Events,
        in_thread: Callable[..., Awaitable[Any]],
        zone: Callable[[str], tzinfo],
        language: str = DEFAULT,
        url: str = "",
        socket: Callable[[str], str] = lambda _: "",
    ) -> None:
        self._clock = clock
        self._tasks = tasks
        self._offers = offers
        self._door = door
        self._audit = audit
        self._in_thread = in_thread
        self._zone = zone
        self._language = language
        self._place = Place(url)
        self._socket = socket
        self.events = events
        self._own: list[Route] = []
        self._look: Look | None = None
        self._resource: IResource | None = None
        offers.listen(self._changed)
        door.on_end(events.session_ended)

    def add_own(self, carriers: Iterable[object]) -> None:
        """Take in routes of the shell itself."""
        self._own += [route for carrier in carriers for route in routes_of("", carrier)]
        self._changed()

    def _changed(self) -> None:
        self._look = self._resource = None

    @property
    def look(self) -> Look:
        """Templates and scripts of what is offered now."""
        if self._look is None:
            self._look = Look(self._offers)
        return self._look

    # Routing

    def resource(self) -> IResource:
        """The routes of what is offered now."""
        if self._resource is None:
            self._resource = self._routed()
        return self._resource

    @property
    def routes(self) -> list[Route]:
        """All routes there are now."""
        return [*self._own, *(route for offer in self._offers for route in offer.routes)]

    def _routed(self) -> IResource:
        app = Klein()
        app.url_map.strict_slashes = False
        for number, route in enumerate(self.routes):
            rule = route.rule
            app.route(rule.path, methods=[rule.method], endpoint=f"{number}")(self._taker(route))
        app.route("/static/<path:address>", methods=["GET"], endpoint="static")(self._static)
        app.handle_errors(HTTPException)(self._nothing_there)
        made: IResource = app.resource()
        return made

    def _taker(self, route: Route) -> Callable[..., Deferred[None]]:
        def take(request: Any, **params: Any) -> Deferred[None]:
            return self._routed_to(route, request, **params)

        return take

    def _routed_to(self, route: Route, request: Any, **params: Any) -> Deferred[None]:
        work = self._serve(request, route, params)
        done: Deferred[None] = Deferred()  # klein cancels it when the browser has gone
        ended = self._tasks.spawn(work, str(route))
        ended.addBoth(lambda _: None if done.called else done.callback(None))
        return done

    def _nothing_there(self, request: Any, failure: Any) -> Deferred[None]:
        self._routed_to(_NOWHERE, request)
        return Deferred()  # klein would end the request once more

    def _static(self, request: Any, address: str) -> bytes:
        asset, current = self.look.assets.find(address)
        for name, value in HEADERS.items():
            request.setHeader(name, value)
        if asset is None:
            request.setResponseCode(404)
            return b""
        request.setHeader("Content-Type", asset.mime)
        request.setHeader("Cache-Control", FOREVER if current else "no-cache")
        return asset.file.read_bytes()

    # One request

    async def _serve(self, request: Any, route: Route, params: Mapping[str, Any]) -> None:
        """Answer, whatever happens; nothing is raised but at the end of the process."""
        began = self._clock.seconds()
        visit, form = self._visit(request, route), Form()
        try:
            await self._let_in(visit, route.rule)
            self._check_source(request, visit)
            form = await self._form(request, route.rule)
            visit.lists = form.fields
            visit.form = {name: values[0] for name, values in form.fields.items() if values}
            visit.files = form.files
            self._check_token(visit)
            reply = await self._answered(visit, route, params)
        except CancelledError:
            raise
        except _Elsewhere as other:
            reply = _led(visit, other.path)
        except Exception as error:  # noqa: BLE001  the shell: whatever a page raises is shown
            reply = self._failed(error, visit, route)
        if visit.signed_in:
            took = (self._clock.seconds() - began) * 1000
            request.setHeader("Server-Timing", f"page;dur={took:.1f}")
        try:
            await self._send(reply, request, visit)
        finally:
            form.remove_files()

    async def _send(self, reply: Reply, request: Any, visit: Visit) -> None:
        for name, value in HEADERS.items():
            request.setHeader(name, value)
        request.setHeader("Content-Security-Policy", self._policy(visit))
        if visit.csrf_token:
            request.setHeader(TOKEN_HEADER, visit.csrf_token)
        if not request._disconnected:
            await send(reply, request, visit, self.events)

    def _policy(self, visit: Visit) -> str:
        """The policy for a page; the phones' web socket counts for who is signed in or rings."""
        host = visit.headers.get("host", "")
        url = self._socket(host) if self._place.is_ours(host) else ""
        return content_policy(origin_of(url) if url else "")

    def _visit(self, request: Any, route: Route) -> Visit:
        """The request as far as it is known without asking anybody."""
        headers = {
            name.decode("latin-1").lower(): values[-1].decode("utf-8", "replace")
            for name, values in request.requestHeaders.getAllRawHeaders()
        }
        cookies = {
            name.decode("latin-1"): value.decode("utf-8", "replace")
            for name, value in request.received_cookies.items()
        }
        theme = cookies.get("theme", "")
        asked = "hx-request" in headers and "hx-history-restore-request" not in headers
        return Visit(
            path=request.path.decode("utf-8", "replace"),
            method=request.method.decode("latin-1"),
            args={_text(name): _text(values[0]) for name, values in request.args.items()},
            language=self._language_of(cookies.get("language", "")),
            theme=theme if theme in THEMES else "",
            zone=self._zone(""),
            now=self._clock.now(),
            address=self._address(request, headers),
            page=route.page,
            is_fragment=asked or route.rule.quiet,
            cookies=cookies,
            headers=headers,
            secure=self._place.secure,
            door=self._door,
            log=self._audit,
        )

    def _language_of(self, *wished: str) -> str:
        return next((one for one in wished if one in LANGUAGES), self._language)

    def _address(self, request: Any, headers: Mapping[str, str]) -> str:
        """Where the browser is; a proxy on this machine is believed when there may be one."""
        client = request.getClientAddress()
        host = str(getattr(client, "host", ""))
        if self._place.url and host in ("127.0.0.1", "::1"):
            return headers.get("x-forwarded-for", host).rpartition(",")[2].strip()[:64]
        return host

    async def _let_in(self, visit: Visit, rule: Rule) -> None:
        """Find out who it is; _Elsewhere when that must be known and is not."""
        if not self._place.is_ours(visit.headers.get("host", "")):
            raise _Shown(Fault(421, WRONG_HOST))
        token = visit.cookies.get(SESSION_COOKIE, "")
        session = None
        if token:
            session = await self._door.session(token, visit.address, quiet=rule.quiet)
        if session is None and rule.permission != PUBLIC:
            raise _Elsewhere
        if session is None:
            return
        if session.first and rule.permission != PUBLIC and not visit.path.startswith(session.first):
            raise _Elsewhere(session.first)
        user = session.user
        visit.session, visit.csrf_token = session, token_of(token)
        visit.language = self._language_of(user.language, visit.language)
        visit.theme = user.theme if user.theme in THEMES else visit.theme
        visit.zone = self._zone(user.campus)

    def _check_source(self, request: Any, visit: Visit) -> None:
        """A form comes from our own pages, and is no bigger than may be."""
        if visit.method == "POST" and not self._place.is_same_origin(
            visit.headers.get("host", ""), visit.headers
        ):
            raise _Shown(Fault(403, FOREIGN))
        if request.too_big:
            raise _Shown(Fault(413, TOO_BIG))

    async def _form(self, request: Any, rule: Rule) -> Form:
        if request.method != b"POST":
            return Form()
        kind, options = content_type(request)
        request.content.seek(0)
        if kind == URLENCODED:
            return read_fields(request.content)
        if kind == MULTIPART:
            boundary = options.get("boundary", "")
            form: Form = await self._in_thread(
                read_multipart, request.content, boundary, None, rule.upload
            )
            return form
        return Form()

    def _check_token(self, visit: Visit) -> None:
        if visit.method != "POST" or visit.session is None:
            return
        given = visit.headers.get(TOKEN_HEADER.lower()) or visit.form.get(TOKEN_FIELD, "")
        if not token_fits(visit.cookies[SESSION_COOKIE], given):
            raise _Shown(Fault(403, OLD_FORM))

    async def _answered(self, visit: Visit, route: Route, params: Mapping[str, Any]) -> Reply:
        rule = route.rule
        if rule.permission not in (PUBLIC, SIGNED_IN):
            visit.need(rule.permission)
        if any(isinstance(value, int) and value > LARGEST_ID for value in params.values()):
            raise NotFound("web.not_found", "There is nothing here that you may see.")

        def held(seconds: float) -> None:
            if seconds > HELD_S:
                log.warn("{route} held the reactor for {s:.2f} s", route=str(route), s=seconds)

        call = partial(route.answer, visit, **params)
        outcome = await attempt(self._clock, rule.timeout, call, time.perf_counter, held)
        if isinstance(outcome, Late):
            raise TimeoutError(rule.timeout, str(route))
        if not isinstance(outcome, Done):
            outcome.failure.raiseException()
        if not isinstance(outcome.value, Answer):
            raise TypeError(f"{route} answered {type(outcome.value).__name__}, no Answer")
        return reply_to(outcome.value, visit, self.look)

    # What went wrong

    def _failed(self, error: Exception, visit: Visit, route: Route) -> Reply:
        fault = error.fault if isinstance(error, _Shown) else fault_of(error, str(route))
        headers = {"Content-Type": "text/html; charset=utf-8", "Cache-Control": "no-store"}
        if visit.is_fragment and visit.method == "POST":
            headers |= {"HX-Retarget": "#notices", "HX-Reswap": "beforeend"}
        if isinstance(fault.text, CarelineError):
            headers["X-Error"] = fault.text.code
        retry = "" if visit.method == "POST" else _again(visit)
        try:
            text = self.look.render_fault(fault, visit, retry)
        except Exception as worse:  # noqa: BLE001  the shell: even its own templates may be broken
            fault_of(worse, "error page")
            headers["Content-Type"] = "text/plain; charset=utf-8"
            text = fault.shown(visit.language)
        return Reply(status=fault.status, headers=headers, body=text.encode())


class _Shown(Exception):
    """A fault of the shell's own checks."""

    def __init__(self, fault: Fault) -> None:
        super().__init__(fault)
        self.fault = fault


class _Nowhere:
    """Answers for every address that nothing is at."""

    @get("/", permission=PUBLIC)
    async def nothing(self, visit: Visit) -> Answer:
        """There is nothing."""
        raise NotFound("web.not_found", "There is nothing here that you may see.")


_NOWHERE = Route(Rule(method="GET", path="/?", permission=PUBLIC), _Nowhere().nothing, "")


def _text(raw: bytes) -> str:
    return raw.decode("utf-8", "replace")


def _again(visit: Visit) -> str:
    return quote(visit.path) + (f"?{urlencode(visit.args)}" if visit.args else "")


def _led(visit: Visit, path: str | None) -> Reply:
    """To where something must be done first; a part of a page only tells the page of it."""
    if path is None and visit.is_fragment:
        return Reply(status=401, headers={"HX-Trigger": "careline:signed-out"})
    if path is None:
        path = sign_in_path(_again(visit) if visit.method == "GET" else "/")
    if visit.is_fragment:
        return Reply(status=200, headers={"HX-Redirect": path})
    return Reply(status=303, headers={"Location": path, "Cache-Control": "no-store"})
