"""Backups: when the last one was, and making one now."""

from __future__ import annotations

from typing import Any

from careline.clock import Clock
from careline.i18n import Text
from careline.pages.operations.backups import Backups
from careline.pages.operations.shared import TITLE, tabs
from careline.pages.operations.works import Work, Works
from careline.web import Answer, Fragment, Page, Visit, get, post

EDIT = "settings.edit"


class BackupRoutes:
    """Routes of ``/operations/backup``; files are never sent to a browser: they hold secrets."""

    def __init__(self, backups: Backups, clock: Clock, works: Works, in_thread: Any) -> None:
        self._backups = backups
        self._clock = clock
        self._works = works
        self._in_thread = in_thread

    @get("/operations/backup", permission=EDIT)
    async def show(self, visit: Visit) -> Answer:
        """All backups in the home."""
        return await self._page(visit)

    @get("/operations/backup/now", permission=EDIT, quiet=True)
    async def now(self, visit: Visit) -> Answer:
        """The list alone, asked for again while one is being made."""
        return Fragment("operations/backup_list.html", await self._values())

    @post("/operations/backup", permission=EDIT)
    async def make(self, visit: Visit) -> Answer:
        """Make one now; it goes on when the page is left."""
        await visit.audit("backup.made", kind="backup")
        await self._works.begin("backup", Text("A backup is being made"), self._make)
        return await self._page(visit)

    async def _make(self, work: Work) -> Text:
        def progress(done: int, total: int, name: str) -> None:
            work.share = done / total if total else None

        made = await self._backups.make(progress)
        return Text("saved: {file}", {"file": made.name})

    async def _page(self, visit: Visit) -> Page:
        values = {**await self._values(), "tabs": tabs(visit, "/operations/backup")}
        return Page("operations/backup.html", values, title=TITLE)

    async def _values(self) -> dict[str, Any]:
        return {
            "backups": await self._in_thread(self._backups.listed),
            "folder": str(self._backups.folder),
            "work": self._works.get("backup"),
        }
