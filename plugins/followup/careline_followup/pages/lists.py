"""Lists that are handed in: looked at, what is wrong with which row, taken in."""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from typing import Any

from attrs import frozen

from careline.errors import CarelineError, Invalid
from careline.i18n import Text, error_text
from careline.spreadsheet import FORMATS, MIME, table_out
from careline.web import Answer, Download, Fragment, Page, Redirect, Visit, get, post
from careline_followup.lists.model import HandedIn, Line, ListState, error_of
from careline_followup.pages.eyes import EDIT, campuses_seen, need_campus
from careline_followup.pages.words import campus_names
from careline_followup.services import Services

TITLE = Text("Lists of discharges")
STATES: Mapping[ListState, Text] = {
    ListState.LOOKING: Text("being looked at"),
    ListState.LOOKED: Text("looked at, not taken in"),
    ListState.TAKING: Text("being taken in"),
    ListState.DONE: Text("taken in"),
    ListState.FAILED: Text("cannot be read"),
}
TONES: Mapping[ListState, str] = {
    ListState.LOOKING: "info",
    ListState.LOOKED: "warn",
    ListState.TAKING: "info",
    ListState.DONE: "good",
    ListState.FAILED: "bad",
}
#: Rows that a page shows; a file has all.
SHOWN, MOST = 100, 100_000


@frozen
class HandedInPages:
    """Routes of lists."""

    services: Services

    @get("/followup/lists", permission=EDIT)
    async def listed(self, visit: Visit) -> Answer:
        """Hand one in, and what became of the last ones."""
        campuses = self._campuses(visit)
        values = {
            "campuses": list(campuses.items()),
            "lists": [one for one in await self.services.lists.latest() if one.campus in campuses],
            **_words(visit, campuses),
        }
        return Page("followup/lists.html", values, title=TITLE)

    @post("/followup/lists", permission=EDIT, upload=True)
    async def hand_in(self, visit: Visit) -> Answer:
        """A CSV or XLSX file: it is looked at, and nothing is stored yet."""
        upload, campus = visit.files.get("file"), visit.form.get("campus", "")
        need_campus(self.services.core, visit, campus, EDIT)
        if upload is None or not upload.size:
            raise Invalid("followup.file", "Please choose a file.")
        by = visit.user.login
        made = await self.services.lists.hand_in(upload.path, upload.name, campus, by)
        return Redirect(f"/followup/lists/{made}")

    @get("/followup/lists/<int:list_id>", permission=EDIT)
    async def one(self, visit: Visit, list_id: int) -> Answer:
        """How far it is, and what is to be said of its rows."""
        one = await self._one(visit, list_id)
        await visit.audit("followup.seen", kind="followup", what=one.title)
        return Page("followup/handed_in.html", await self._values(visit, one), title=TITLE)

    @get("/followup/lists/<int:list_id>/now", permission=EDIT, quiet=True)
    async def now(self, visit: Visit, list_id: int) -> Answer:
        """The same alone, as it is now."""
        one = await self._one(visit, list_id)
        return Fragment("followup/handed_in_now.html", await self._values(visit, one))

    @post("/followup/lists/<int:list_id>/take", permission=EDIT)
    async def take_in(self, visit: Visit, list_id: int) -> Answer:
        """Store what it tells."""
        one = await self._one(visit, list_id)
        await self.services.lists.take_in(list_id)
        what = f"{one.title}: {one.added} + {one.known}"
        await visit.audit("followup.imported", kind="followup", whose=one.campus, what=what)
        return Redirect(f"/followup/lists/{list_id}")

    @get("/followup/lists/<int:list_id>/rows.<form>", permission=EDIT, timeout=120.0)
    async def rows(self, visit: Visit, list_id: int, form: str) -> Answer:
        """Rows that were not taken, or of which something is to be said: to mend and hand in."""
        one = await self._one(visit, list_id)
        if form not in FORMATS:
            raise Invalid("followup.format", "There is no such format.")
        lines = await self.services.lists.lines(list_id, MOST)
        table = [(visit._("Row"), visit._("Why"), *one.header)]
        table += [(str(line.line), "；".join(_why(line, visit)), *line.cells) for line in lines]
        body = await self.services.core.in_thread(_file, table, form)
        await visit.audit("followup.exported", kind="followup", whose=one.campus, what=one.title)
        return Download(f"rows-{list_id}.{form}", MIME[form], body)

    async def _one(self, visit: Visit, list_id: int) -> HandedIn:
        one = await self.services.lists.get(list_id)
        need_campus(self.services.core, visit, one.campus, EDIT)
        return one

    def _campuses(self, visit: Visit) -> dict[str, str]:
        seen = campuses_seen(self.services.core, visit, EDIT)
        names = campus_names(self.services, visit)
        return {one: name for one, name in names.items() if not seen or one in seen}

    async def _values(self, visit: Visit, one: HandedIn) -> dict[str, Any]:
        lines = await self.services.lists.lines(one.id, SHOWN)
        error = error_text(error_of(one.error), visit.language) if one.error else ""
        return {
            "one": one,
            "error": error,
            "lines": [(line, _why(line, visit)) for line in lines],
            "more": one.rejected + one.noted - len(lines),
            **_words(visit, self._campuses(visit)),
        }


def _words(visit: Visit, campuses: Mapping[str, str]) -> dict[str, Any]:
    return {
        "state_title": lambda one: visit.text(STATES[one.state]),
        "state_tone": lambda one: TONES[one.state],
        "campus_name": lambda campus: campuses.get(campus, campus),
    }


def _why(line: Line, visit: Visit) -> list[str]:
    reasons: Sequence[CarelineError] = line.reasons
    return [error_text(why, visit.language) for why in reasons]


def _file(rows: Sequence[Sequence[str]], form: str) -> bytes:
    """A table as a file; blocks."""
    whole = io.BytesIO()
    table = table_out(whole, form)
    table.add(rows)
    table.finish()
    return whole.getvalue()
