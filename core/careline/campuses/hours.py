"""Weekly business hours: any number of spans a day, written as people write them.

``mon-fri 08:00-12:00 13:30-17:30; sat 08:00-12:00``. Local time of the campus; a span ends on the
day it begins, ``24:00`` is midnight at its end.
"""

from __future__ import annotations

import re
from datetime import time
from itertools import pairwise

from attrs import frozen

from careline.errors import Invalid

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
SPAN = re.compile(r"(\d{1,2}):(\d{2})-(\d{1,2}):(\d{2})")
ALL_DAY = 24 * 60


@frozen(order=True)
class Span:
    """From ``start`` to before ``end``, minutes since midnight."""

    start: int
    end: int

    def __str__(self) -> str:
        """``08:00-12:00``."""
        texts = (f"{minute // 60:02}:{minute % 60:02}" for minute in (self.start, self.end))
        return "-".join(texts)


@frozen
class WeekHours:
    """Spans of each day, Monday first."""

    days: tuple[tuple[Span, ...], ...] = ((),) * 7

    def is_open(self, weekday: int, at: time) -> bool:
        """True inside one of the day's spans; ``weekday`` 0 is Monday."""
        minute = at.hour * 60 + at.minute
        return any(span.start <= minute < span.end for span in self.days[weekday])

    def __str__(self) -> str:
        """The form that :func:`parse_hours` reads, equal neighbouring days together."""
        parts: list[str] = []
        first = 0
        for day in range(1, 8):
            if day < 7 and self.days[day] == self.days[first]:
                continue
            if self.days[first]:
                names = DAYS[first] if day - first == 1 else f"{DAYS[first]}-{DAYS[day - 1]}"
                parts.append(" ".join([names, *map(str, self.days[first])]))
            first = day
        return "; ".join(parts)


def parse_hours(text: str) -> WeekHours:
    """Business hours from their text; Invalid with every part that is wrong."""
    days: list[list[Span]] = [[] for _ in DAYS]
    problems: list[Invalid] = []
    for part in filter(None, (part.strip() for part in text.lower().split(";"))):
        try:
            names, *spans = part.split()
            chosen = _days(names)
            read = parse_spans(" ".join(spans))
        except (ValueError, Invalid):
            problems.append(Invalid("hours.part", "{part} is no business hours", part=part))
            continue
        for day in chosen:
            days[day] += read
    for index, spans_of_day in enumerate(days):
        problems += _overlaps(DAYS[index], spans_of_day)
    if problems:
        raise Invalid(
            "hours.invalid",
            "business hours look like: {example}",
            problems=problems,
            example="mon-fri 08:00-12:00 13:30-17:30; sat 08:00-12:00",
        )
    return WeekHours(tuple(tuple(sorted(spans)) for spans in days))


def parse_spans(text: str) -> list[Span]:
    """The spans of one day, ``08:00-12:00 13:30-17:30``; Invalid when one is none."""
    spans = [_span(part) for part in text.split()]
    if not spans:
        raise Invalid("hours.span", "{part} is no span of time", part=text)
    return spans


def _span(text: str) -> Span:
    match = SPAN.fullmatch(text)
    hour, minute, end_hour, end_minute = map(int, match.groups()) if match else (99, 0, 0, 0)
    span = Span(hour * 60 + minute, end_hour * 60 + end_minute)
    if max(minute, end_minute) > 59 or not 0 <= span.start < span.end <= ALL_DAY:
        raise Invalid("hours.span", "{part} is no span of time", part=text)
    return span


def _days(text: str) -> list[int]:
    """Indexes of ``mon``, ``mon-fri`` or ``mon,wed,sat-sun``; ValueError for anything else."""
    found: list[int] = []
    for part in text.split(","):
        first, _, last = part.partition("-")
        start, end = DAYS.index(first), DAYS.index(last or first)
        if end < start:
            raise ValueError(part)
        found += range(start, end + 1)
    return found


def _overlaps(day: str, spans: list[Span]) -> list[Invalid]:
    ordered = sorted(spans)
    return [
        Invalid(
            "hours.overlap",
            "{day}: {one} and {other} overlap",
            day=day,
            one=str(one),
            other=str(other),
        )
        for one, other in pairwise(ordered)
        if other.start < one.end
    ]
