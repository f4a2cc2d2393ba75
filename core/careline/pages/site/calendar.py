"""The calendar of a campus: public holidays, make-up days, and what was said otherwise."""

from __future__ import annotations

import calendar
from collections.abc import Iterator
from datetime import date
from typing import Any

from attrs import field, frozen
from babel.dates import get_month_names

from careline.campuses.calendar import DayEntry, DayKind, statutory
from careline.campuses.model import Campus
from careline.campuses.service import Campuses
from careline.campuses.store import remove_day
from careline.errors import CarelineError, NotFound
from careline.i18n import Text
from careline.pages.site.keeping import Keeping, beside
from careline.pages.site.shared import EDIT, longest, tabs
from careline.site.campuses import parse_day, say_day
from careline.web import Answer, FormState, Page, Visit, get, post, read

TITLE = Text("Calendar")
PATH = "/site/calendar"
FIRST, LAST = 2020, 2099


@frozen
class DayForm:
    """What is said of a day."""

    day: date
    kind: DayKind
    campus: str = ""
    title: str = field(default="", validator=longest(64))
    title_en: str = field(default="", validator=longest(64))
    hours: str = field(default="", validator=longest(200))


@frozen
class Day:
    """A day as the page shows it; ``mark`` is empty, holiday or workday.

    ``public`` marks a public holiday on which the campus works as on any day.
    """

    day: date
    mark: str = ""
    title: str = ""
    own: bool = False
    weekend: bool = False
    today: bool = False


class CalendarRoutes:
    """The page of the calendar."""

    def __init__(self, keeping: Keeping, campuses: Campuses) -> None:
        self._keeping = keeping
        self._campuses = campuses

    @get(PATH, permission=EDIT)
    async def year(self, visit: Visit) -> Answer:
        """A year of a campus; with ``day`` the form for that day."""
        campus = self._campus(visit.args.get("campus", ""))
        chosen = visit.args.get("day", "")
        day = parse_day(chosen) if chosen else None
        return self._page(visit, campus, _year(visit, day), self._form(visit, campus, day))

    @post(PATH, permission=EDIT)
    async def say(self, visit: Visit) -> Answer:
        """Say what is special about a day."""
        value, form = read(visit, DayForm)
        campus = self._campus(visit.form.get("at", ""))
        if value is None:
            return self._page(visit, campus, visit.now.year, form, 422)
        options: dict[str, Any] = {
            "title": value.title,
            "title_en": value.title_en,
            "campus": value.campus,
            "work": value.kind is DayKind.WORKDAY,
            "hours": value.hours,
        }
        try:
            await self._keeping.store(
                visit,
                "calendar.changed",
                value.day.isoformat(),
                lambda tx: say_day(tx, value.day, **options),
            )
        except CarelineError as error:
            return self._page(visit, campus, value.day.year, beside(form, error), 422)
        return await self._keeping.done(visit, _path(campus, value.day))

    @post("/site/calendar/forget", permission=EDIT)
    async def forget(self, visit: Visit) -> Answer:
        """Take back what was said of a day: the public calendar counts again."""
        day, campus = parse_day(visit.form.get("day", "")), visit.form.get("campus", "")
        await self._keeping.store(
            visit, "calendar.changed", day.isoformat(), remove_day, day, campus
        )
        return await self._keeping.done(visit, _path(self._campus(visit.form.get("at", "")), day))

    def _campus(self, campus_id: str) -> Campus:
        known = self._campuses.directory.campuses
        if campus_id:
            return self._campuses.campus(campus_id)
        if not known:
            raise NotFound("calendar.none", "Add a campus first: the calendar is a campus's.")
        return next(iter(known.values()))

    def _form(self, visit: Visit, campus: Campus, day: date | None) -> FormState:
        """What is known of the day, to be changed."""
        if day is None:
            return FormState.of(None, visit.language, day="", kind="holiday", campus="")
        entry = self._campuses.directory.calendar.entry(campus, day)
        values: dict[str, object] = {"day": day, "kind": "holiday", "campus": ""}
        if entry is not None:
            values |= {
                "kind": entry.kind,
                "campus": entry.campus,
                "title": entry.title,
                "title_en": entry.title_en,
                "hours": " ".join(map(str, entry.spans)),
            }
        return FormState.of(None, visit.language, **values)

    def _page(
        self, visit: Visit, campus: Campus, year: int, form: FormState, status: int = 200
    ) -> Page:
        entries = self._campuses.directory.calendar.entries.values()
        own = [one for one in entries if one.campus in ("", campus.id) and one.day.year == year]
        values = {
            "campus": campus,
            "campuses": list(self._campuses.directory.campuses.values()),
            "year": year,
            "months": [list(self._month(visit, campus, year, month)) for month in range(1, 13)],
            "names": get_month_names("abbreviated", "stand-alone", visit.language),
            "form": form,
            "own": sorted(own, key=lambda one: (one.day, one.campus)),
            "chosen": next((one for one in own if one.day.isoformat() == form.value("day")), None),
            "announced": any(one.kind is DayKind.WORKDAY for one in statutory(year).values()),
            "tabs": tabs(visit, "calendar"),
        }
        return Page("site/calendar.html", values, title=TITLE, status=status)

    def _month(self, visit: Visit, campus: Campus, year: int, month: int) -> Iterator[Day | None]:
        """The days of a month, with None before the first so that each week begins on Monday."""
        first, length = calendar.monthrange(year, month)
        yield from [None] * first
        for number in range(1, length + 1):
            yield self._day(visit, campus, date(year, month, number))

    def _day(self, visit: Visit, campus: Campus, day: date) -> Day:
        entry = self._campuses.directory.calendar.entry(campus, day)
        said = self._campuses.directory.calendar.entries
        public = statutory(day.year).get(day) if entry is None else None
        own = (campus.id, day) in said or ("", day) in said
        return Day(
            day=day,
            mark=entry.kind.value if entry else ("public" if public else ""),
            title=_title(entry or public, visit),
            own=own,
            weekend=day.weekday() >= 5,
            today=day == campus.local(visit.now).date(),
        )


def _title(entry: DayEntry | None, visit: Visit) -> str:
    if entry is None:
        return ""
    english = visit.language == "en" and entry.title_en
    return entry.title_en if english else entry.title


def _year(visit: Visit, day: date | None) -> int:
    """The year asked for, else the day's, else this one."""
    text = visit.args.get("year", "")
    year = int(text) if text.isascii() and text.isdigit() and len(text) == 4 else 0
    if not FIRST <= year <= LAST:
        year = day.year if day else visit.now.year
    return min(max(year, FIRST), LAST)


def _path(campus: Campus, day: date) -> str:
    return f"{PATH}?campus={campus.id}&year={day.year}"
