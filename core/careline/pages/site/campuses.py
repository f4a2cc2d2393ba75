"""Campuses with their hours of each day of the week."""

from __future__ import annotations

from typing import Any

import attrs
from attrs import evolve, field, frozen

from careline.campuses.hours import DAYS, WeekHours, parse_spans
from careline.campuses.service import Campuses
from careline.errors import CarelineError, Invalid
from careline.i18n import Text
from careline.pages.site.keeping import Keeping, beside
from careline.pages.site.shared import EDIT, longest, tabs
from careline.site.campuses import add_campus, change_campus, remove_campus
from careline.web import Answer, FormState, Page, Visit, get, post, read

TITLE = Text("Campuses")
PATH = "/site/campuses"
WEEK = (
    Text("Monday"),
    Text("Tuesday"),
    Text("Wednesday"),
    Text("Thursday"),
    Text("Friday"),
    Text("Saturday"),
    Text("Sunday"),
)


@frozen
class CampusForm:
    """What is typed of a campus, its hours apart."""

    title: str = field(validator=longest(64))
    title_en: str = field(default="", validator=longest(64))
    timezone: str = "Asia/Shanghai"
    area_code: str = field(default="", validator=longest(8))
    keeps_holidays: bool = False


@frozen
class NewCampusForm(CampusForm):
    """The same with the id, which stays for good."""

    id: str = field(default="", kw_only=True, validator=longest(32))


class CampusRoutes:
    """Pages of campuses."""

    def __init__(self, keeping: Keeping, campuses: Campuses) -> None:
        self._keeping = keeping
        self._campuses = campuses

    @get("/site", permission=EDIT)
    async def site(self, visit: Visit) -> Answer:
        """The set-up begins with the campuses."""
        return await self.all(visit)

    @get(PATH, permission=EDIT)
    async def all(self, visit: Visit) -> Answer:
        """All campuses, and whether they are open now."""
        known = self._campuses.directory.campuses.values()
        rows = [
            (one, self._campuses.state_at(one.id, visit.now), _week(one.hours)) for one in known
        ]
        values = {"rows": rows, "days": [visit.text(day) for day in WEEK]}
        return Page("site/campuses.html", {**values, "tabs": tabs(visit, "campuses")}, title=TITLE)

    @get("/site/new/campus", permission=EDIT)
    async def new(self, visit: Visit) -> Answer:
        """An empty form."""
        return self._form(visit, FormState.of(None, visit.language, keeps_holidays=True), "")

    @post("/site/new/campus", permission=EDIT)
    async def add(self, visit: Visit) -> Answer:
        """Store a new one."""
        value, form, hours = self._read(visit, NewCampusForm)
        if value is None:
            return self._form(visit, form, "", 422)
        values = {**attrs.asdict(value), "hours": hours}
        try:
            await self._keeping.store(visit, "campus.added", values["id"], add_campus, values)
        except CarelineError as error:
            return self._form(visit, beside(form, error), "", 422)
        return await self._keeping.done(visit, PATH)

    @get("/site/campuses/<campus_id>", permission=EDIT)
    async def one(self, visit: Visit, campus_id: str) -> Answer:
        """One campus to be changed."""
        campus = self._campuses.campus(campus_id)
        days = {f"hours_{day}": text for day, text in zip(DAYS, _week(campus.hours), strict=True)}
        return self._form(visit, FormState.of(campus, visit.language, **days), campus_id)

    @post("/site/campuses/<campus_id>", permission=EDIT)
    async def change(self, visit: Visit, campus_id: str) -> Answer:
        """Store it as it is now."""
        self._campuses.campus(campus_id)
        value, form, hours = self._read(visit, CampusForm)
        if value is None:
            return self._form(visit, form, campus_id, 422)
        changes = {**attrs.asdict(value), "hours": hours}
        try:
            await self._keeping.store(
                visit, "campus.changed", campus_id, change_campus, campus_id, changes
            )
        except CarelineError as error:
            return self._form(visit, beside(form, error), campus_id, 422)
        return await self._keeping.done(visit, PATH)

    @post("/site/campuses/<campus_id>/remove", permission=EDIT)
    async def remove(self, visit: Visit, campus_id: str) -> Answer:
        """Remove one that nothing uses any more."""
        await self._keeping.store(visit, "campus.removed", campus_id, remove_campus, campus_id)
        return await self._keeping.done(visit, PATH)

    def _read(self, visit: Visit, cls: type[Any]) -> tuple[Any, FormState, str]:
        """The form with the hours of its seven days, as one text."""
        value, form = read(visit, cls)
        typed = {f"hours_{day}": [visit.form.get(f"hours_{day}", "").strip()] for day in DAYS}
        form = evolve(form, typed={**form.typed, **typed})
        parts = []
        for day in DAYS:
            text = typed[f"hours_{day}"][0].replace("：", ":").replace("－", "-")
            try:
                if text:
                    parse_spans(text)
                    parts.append(f"{day} {text}")
            except Invalid:
                value = None
                message = "hours look like 08:00-12:00 13:30-17:30"
                form = form.with_error(Invalid("hours.day", message, field=f"hours_{day}"))
        return value, form, "; ".join(parts)

    def _form(self, visit: Visit, form: FormState, campus_id: str, status: int = 200) -> Page:
        week = [(f"hours_{day}", visit.text(name)) for day, name in zip(DAYS, WEEK, strict=True)]
        values = {"form": form, "id": campus_id, "week": week, "tabs": tabs(visit, "campuses")}
        return Page("site/campus.html", values, title=TITLE, status=status)


def _week(hours: WeekHours) -> list[str]:
    """The hours of each day as text, Monday first."""
    return [" ".join(map(str, spans)) for spans in hours.days]
