"""Days of a zone: to which a moment belongs, and how a span falls on them."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

MS = timedelta(milliseconds=1)


def day_of(at: datetime, zone: ZoneInfo) -> date:
    """The local date at an aware moment."""
    return at.astimezone(zone).date()


def begin_of(day: date, zone: ZoneInfo) -> datetime:
    """When the day begins there, in UTC."""
    return datetime.combine(day, time(), zone).astimezone(UTC)


def by_day(start: datetime, end: datetime, zone: ZoneInfo) -> Iterator[tuple[date, int]]:
    """The milliseconds of a span that fall on each local day; none when it runs backwards."""
    while start < end:
        day = day_of(start, zone)
        until = min(end, begin_of(day + timedelta(days=1), zone))
        yield day, round((until - start) / MS)
        start = until
