"""A page as a plugin brings one, which does all that a page can do, and some that it should not."""

from __future__ import annotations

from contextlib import suppress
from datetime import date
from enum import Enum
from typing import Any

from attrs import frozen
from twisted.internet.defer import CancelledError, Deferred

from careline.auth.model import Subject
from careline.errors import Conflict, Invalid, NotFound, Refused, Unavailable
from careline.hooks import Panel, Permission, Slot, hook
from careline.web import (
    PUBLIC,
    SIGNED_IN,
    Answer,
    Download,
    Empty,
    Fragment,
    Json,
    Page,
    PageEntry,
    Redirect,
    Visit,
    get,
    post,
    read,
)

ERRORS: dict[str, Exception] = {
    "not_found": NotFound("x.y", "nothing of that name"),
    "refused": Refused("x.y", "not now"),
    "conflict": Conflict("x.y", "somebody else was first"),
    "invalid": Invalid("x.y", "not like that"),
    "unavailable": Unavailable("x.y", "the other end is away"),
    "bug": RuntimeError("secret detail"),
    "base": KeyError("secret detail"),
}


class Sex(Enum):
    F = "f"
    M = "m"


@frozen
class NameForm:
    name: str
    born: date | None = None
    sex: Sex = Sex.F
    tags: tuple[str, ...] = ()


class Routes:
    """The routes; ``seen`` are the visits that reached one."""

    def __init__(self) -> None:
        self.seen: list[Visit] = []
        self.never: Deferred[None] = Deferred()

    @get("/sample", permission="sample.see")
    async def page(self, visit: Visit) -> Answer:
        self.seen.append(visit)
        return Page("sample/page.html", {"what": visit.args.get("what", "")}, title="Sample")

    @get("/sample/public", permission=PUBLIC)
    async def public(self, visit: Visit) -> Answer:
        return Json({"language": visit.language, "address": visit.address})

    @get("/sample/anybody", permission=SIGNED_IN)
    async def anybody(self, visit: Visit) -> Answer:
        return Json({"user": visit.user.name, "language": visit.language, "theme": visit.theme})

    @get("/sample/of/<agent>", permission="sample.see")
    async def of(self, visit: Visit, agent: str) -> Answer:
        visit.need("sample.see", Subject(agent=agent))
        return Json({"agent": agent})

    @get("/sample/number/<int:number>", permission="sample.see")
    async def number(self, visit: Visit, number: int) -> Answer:
        return Json({"number": number})

    @get("/sample/error/<kind>", permission="sample.see")
    async def error(self, visit: Visit, kind: str) -> Answer:
        raise ERRORS[kind]

    @get("/sample/template", permission="sample.see")
    async def template(self, visit: Visit) -> Answer:
        return Page("sample/broken.html")

    @get("/sample/nothing", permission="sample.see")
    async def nothing(self, visit: Visit) -> Any:
        return None

    @get("/sample/hangs", permission="sample.see", timeout=5)
    async def hangs(self, visit: Visit) -> Answer:
        await Deferred()
        return Empty()

    @get("/sample/stubborn", permission="sample.see", timeout=5)
    async def stubborn(self, visit: Visit) -> Answer:
        while True:
            with suppress(CancelledError):
                await Deferred()

    @get("/sample/file", permission="sample.see")
    async def file(self, visit: Visit) -> Answer:
        return Download(visit.args.get("name", "a.csv"), "text/csv", b"0123456789")

    @get("/sample/lead", permission="sample.see")
    async def lead(self, visit: Visit) -> Answer:
        return Redirect(visit.args["to"])

    @get("/sample/trigger", permission="sample.see")
    async def trigger(self, visit: Visit) -> Answer:
        return Empty(trigger=visit.args["x"])

    @post("/sample", permission="sample.see")
    async def write(self, visit: Visit) -> Answer:
        self.seen.append(visit)
        value, form = read(visit, NameForm)
        if value is None:
            return Fragment("sample/form.html", {"form": form}, status=422)
        return Redirect("/sample")

    @post("/sample/error/<kind>", permission="sample.see")
    async def fails(self, visit: Visit, kind: str) -> Answer:
        raise ERRORS[kind]

    @post("/sample/file", permission="sample.see", upload=True)
    async def upload(self, visit: Visit) -> Answer:
        self.seen.append(visit)
        files = visit.files.values()
        return Json(
            [[one.name, one.mime, one.size, one.bytes().decode("latin-1")] for one in files]
        )

    @post("/sample/public", permission=PUBLIC)
    async def knock(self, visit: Visit) -> Answer:
        return Json(dict(visit.form))


class Views:
    """What the panels show; a test puts what it likes in place of ``view``."""

    def __init__(self) -> None:
        self.fits: dict[str, Any] = {}

    async def good(self, visit: Visit) -> dict[str, Any]:
        return {"what": visit.args.get("call", "")}

    async def failing(self, visit: Visit) -> dict[str, Any]:
        raise RuntimeError("secret detail")

    async def hanging(self, visit: Visit) -> dict[str, Any]:
        while True:
            with suppress(CancelledError):
                await Deferred()

    async def nothing(self, visit: Visit) -> Any:
        return None


class Sample:
    """The hooks object."""

    def __init__(self) -> None:
        self.routes = Routes()
        self.views = Views()

    @hook
    def pages(self) -> list[PageEntry]:
        return [
            PageEntry(
                name="sample",
                title="Sample",
                path="/sample",
                permission="sample.see",
                routes=self.routes,
            )
        ]

    @hook
    def permissions(self) -> list[Permission]:
        return [Permission(name="sample.see", title="See the sample")]

    @hook
    def panels(self) -> list[Panel]:
        views = self.views
        return [
            self._panel("good", views.good),
            self._panel("failing", views.failing),
            self._panel("hanging", views.hanging),
            self._panel("nothing", views.nothing),
            self._panel("broken", views.good, template="sample/broken.html"),
        ]

    def _panel(self, name: str, view: Any, template: str = "sample/panel.html") -> Panel:
        return Panel(
            name=f"sample_{name}",
            title="Sample",
            slot=Slot.WORK,
            template=template,
            view=view,
            permission="sample.see",
            refresh_on=("call_changed",),
            opens=self._opens(name),
        )

    def _opens(self, name: str) -> Any:
        async def opens(visit: Visit) -> int:
            fit = self.views.fits.get(name, 0)
            if isinstance(fit, Exception):
                raise fit
            if fit is Deferred:
                await Deferred()
            return int(fit)

        return opens
