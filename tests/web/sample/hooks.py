"""A page that shows every macro of the design once, to be looked at and to be tested."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from attrs import frozen

from careline.hooks import hook
from careline.web import Page, PageEntry, Panel, Slot, Visit, get, post, read
from careline.web.answers import Answer, Fragment, Redirect

PERMISSION = "sample.view"


@frozen
class Contact:
    """What the sample form asks."""

    name: str
    phone: str
    age: int = 0
    note: str = ""


ROWS = [
    ("8001", "李晓梅", "ready", "", 312, 41, 0.92),
    ("8002", "王建国", "talking", "", 74, 38, 0.88),
    ("8003", "陈思远", "wrap_up", "", 19, 44, 0.95),
    ("8004", "赵敏", "not_ready", "meal", 1260, 35, 0.79),
    ("8005", "周海燕", "holding", "", 48, 29, 0.84),
    ("8006", "吴磊", "ringing", "", 6, 33, 0.9),
    ("8007", "郑爽", "signed_out", "", 0, 0, 0.0),
]


class Routes:
    """The sample's pages."""

    @get("/sample", permission=PERMISSION)
    async def sample(self, visit: Visit) -> Answer:
        """All of it."""
        return self._page(visit, None)

    @post("/sample", permission=PERMISSION)
    async def send(self, visit: Visit) -> Answer:
        """The form."""
        value, form = read(visit, Contact)
        if value is None:
            return self._page(visit, form, 422)
        return Redirect("/sample")

    @get("/sample/part", permission=PERMISSION)
    async def part(self, visit: Visit) -> Answer:
        """A part that loads itself."""
        return Fragment("sample/part.html", {"since": visit.now - timedelta(seconds=75)})

    @get("/sample/other", permission=PERMISSION)
    async def other(self, visit: Visit) -> Answer:
        """Another page."""
        return Page("sample/empty.html", {}, title="Another page")

    def _page(self, visit: Visit, form: Any, status: int = 200) -> Page:
        values = {"form": form, "rows": ROWS, "hour": timedelta(hours=1), "s": timedelta(seconds=1)}
        return Page("sample/sample.html", values, title="The design", status=status)


async def view(visit: Visit) -> Mapping[str, Any]:
    """A panel's values."""
    return {"since": visit.now - timedelta(seconds=75)}


async def broken(visit: Visit) -> Mapping[str, Any]:
    """A panel that fails."""
    raise RuntimeError("a sample of a failure")


class Hooks:
    """What the sample brings."""

    @hook
    def pages(self) -> list[PageEntry]:
        """The pages of a workspace, so that the rail is filled."""
        routes = Routes()
        names = [
            ("home", "My day", "house", "work"),
            ("calls", "Calls", "phone", "work"),
            ("patients", "Patients", "contact", "work"),
            ("board", "Board", "layout-dashboard", "team"),
            ("lists", "Number lists", "list-checks", "team"),
            ("site", "Campuses", "building-2", "admin"),
            ("people", "Agents", "headset", "admin"),
            ("users", "Users", "users", "admin"),
            ("audit", "Audit log", "scroll-text", "admin"),
        ]
        others = [
            PageEntry(
                name=name,
                title=title,
                path=f"/{name}",
                permission=PERMISSION,
                routes=object(),
                icon=icon,
                group=group,
                order=order,
            )
            for order, (name, title, icon, group) in enumerate(names)
        ]
        return [
            PageEntry(
                name="sample",
                title="Design",
                path="/sample",
                permission=PERMISSION,
                routes=routes,
                icon="sparkles",
                group="work",
            ),
            *others,
        ]

    @hook
    def panels(self) -> list[Panel]:
        """One that works and one that fails."""
        common = {"template": "sample/part.html", "permission": PERMISSION, "slot": Slot.HOME}
        return [
            Panel(name="good", title="A panel", view=view, refresh_on=("call_changed",), **common),
            Panel(name="bad", title="A broken panel", view=broken, **common),
        ]
