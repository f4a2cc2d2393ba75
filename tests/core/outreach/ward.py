"""A governor over one campus, and contacts of made-up plugins."""

from __future__ import annotations

from datetime import UTC, date, datetime
from types import SimpleNamespace
from typing import Any, cast
from zoneinfo import ZoneInfo

from careline.campuses.calendar import Calendar, DayEntry, DayKind
from careline.campuses.model import Campus
from careline.campuses.service import Campuses, Directory
from careline.outreach.model import Contact, Means
from careline.outreach.rules import Rules
from careline.outreach.service import Outreach

SHANGHAI = ZoneInfo("Asia/Shanghai")
HOLIDAY = date(2026, 11, 25)
EAST = Campus(id="east", title="东院", keeps_holidays=False)
#: A town with summer time: its clocks go back on 1 November and forward on 8 March 2026.
ABROAD = Campus(id="abroad", title="海外", timezone="America/New_York", keeps_holidays=False)


def at(text: str, zone: ZoneInfo = SHANGHAI) -> datetime:
    """``24 10:30`` in November 2026, or a whole date, local time of the campus; in UTC."""
    full = text if len(text) > 10 else f"2026-11-{text}"
    return datetime.fromisoformat(full).replace(tzinfo=zone).astimezone(UTC)


def campuses(*known: Campus) -> Campuses:
    """The directory of a hospital with one holiday."""
    calendar = Calendar.of([DayEntry(day=HOLIDAY, kind=DayKind.HOLIDAY)])
    directory = Directory({one.id: one for one in known or (EAST,)}, calendar, {}, {})
    return cast("Campuses", SimpleNamespace(directory=directory))


def governor(rules: Rules | None = None, *known: Campus) -> Outreach:
    """A governor; records of patients are never merged here."""
    return Outreach(
        campuses(*known), rules or Rules(), lambda tx, patient: [patient] if patient else []
    )


def message(key: str, **values: Any) -> Contact:
    """A routine message to patient 7."""
    given = {
        "number": "+8613811112222",
        "means": Means.MESSAGE,
        "purpose": "reminder",
        "patient": 7,
        "campus": "east",
        **values,
    }
    return Contact(key=key, **given)


def call(key: str, **values: Any) -> Contact:
    """A routine call to patient 7."""
    return message(key, means=Means.CALL, purpose="followup", **values)
