"""Working days and holidays: China's calendar with its make-up days, and a campus' own entries.

The statutory calendar comes from the ``holidays`` package. A year's make-up days are announced
late in the year before; until the package knows them, own entries fill the gap.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date, datetime, timedelta
from enum import Enum
from functools import cache
from importlib import import_module

from attrs import field, frozen

from careline.campuses.hours import Span
from careline.campuses.model import Campus

MONDAY = 0
SUBSTITUTED = ("休息日", "Day off")


class DayKind(Enum):
    """What an entry makes of a day."""

    HOLIDAY = "holiday"
    WORKDAY = "workday"


@frozen(kw_only=True)
class DayEntry:
    """An entry of the editable calendar; ``campus`` ``""`` is every campus.

    ``spans`` replace the day's hours on a workday; without them a weekend day works like a Monday.
    """

    day: date
    kind: DayKind
    campus: str = ""
    title: str = ""
    title_en: str = ""
    spans: tuple[Span, ...] = ()


class OpenState(Enum):
    """Whether a campus can be reached."""

    OPEN = "open"
    AFTER_HOURS = "after_hours"
    HOLIDAY = "holiday"


@frozen
class CalendarState:
    """State of a campus at a moment; on holidays with their names."""

    state: OpenState
    title: str = ""
    title_en: str = ""


@cache
def statutory(year: int) -> Mapping[date, DayEntry]:
    """China's public holidays and make-up working days of a year; slow the first time."""
    package = import_module("holidays")
    zh = package.country_holidays("CN", years=year, language="zh_CN")
    en = package.country_holidays("CN", years=year, language="en_US")
    entries = {
        day: DayEntry(day=day, kind=DayKind.HOLIDAY, title=_name(zh, day), title_en=_name(en, day))
        for day in zh
    }
    for day in zh.weekend_workdays:
        if day.year == year:
            entries[day] = DayEntry(day=day, kind=DayKind.WORKDAY)
    return entries


def _name(names: Mapping[date, str], day: date) -> str:
    """The holiday's own name: a substituted day off is called after the one it lengthens."""
    for distance in range(8):
        for near in (day - timedelta(distance), day + timedelta(distance)):
            name = names.get(near, "")
            if name and not name.startswith(SUBSTITUTED):
                return name.removesuffix(" (observed)").split("; ")[0]
    return names[day]


@frozen
class Calendar:
    """The statutory calendar with own entries over it; a campus' own win over those for all."""

    entries: Mapping[tuple[str, date], DayEntry] = field(factory=dict)

    @classmethod
    def of(cls, entries: Iterable[DayEntry]) -> Calendar:
        """A calendar with these entries."""
        return cls({(entry.campus, entry.day): entry for entry in entries})

    def entry(self, campus: Campus, day: date) -> DayEntry | None:
        """What is special about a day at a campus, if anything."""
        own = self.entries.get((campus.id, day)) or self.entries.get(("", day))
        if own or not campus.keeps_holidays:
            return own
        return statutory(day.year).get(day)

    def state_at(self, campus: Campus, instant: datetime) -> CalendarState:
        """Open, after hours, or a holiday with its name, at an aware instant."""
        local = campus.local(instant)
        entry = self.entry(campus, local.date())
        if entry and entry.kind is DayKind.HOLIDAY:
            return CalendarState(OpenState.HOLIDAY, entry.title, entry.title_en)
        minute = local.hour * 60 + local.minute
        spans = self._spans(campus, local.date(), entry)
        is_open = any(span.start <= minute < span.end for span in spans)
        return CalendarState(OpenState.OPEN if is_open else OpenState.AFTER_HOURS)

    def _spans(self, campus: Campus, day: date, entry: DayEntry | None) -> tuple[Span, ...]:
        if entry is None:
            return campus.hours.days[day.weekday()]
        weekend = day.weekday() >= 5
        return entry.spans or campus.hours.days[MONDAY if weekend else day.weekday()]
