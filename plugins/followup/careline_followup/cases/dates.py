"""Days and times as people and spreadsheets write them in lists of discharges."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from datetime import date, datetime, timedelta

from careline.errors import Invalid

#: A date alone is its noon: whatever the zone, it stays that day.
NOON = 12
#: What spreadsheets count their days from, as Excel does it after February 1900.
EPOCH = datetime(1899, 12, 30)  # noqa: DTZ001 - a local day
#: Days that a bare number may stand for: 2000 to 2099.
SERIAL = re.compile(r"(3[6-9]\d{3}|[4-6]\d{4}|7[0-3]\d{3})(\.\d+)?")
TIME = re.compile(
    r"(?P<day>.*?)(?:[T\s]\s*|(?<=日)|(?=上午|下午))(?P<half>上午|下午|晚上|AM|PM)?\s*"
    r"(?P<hour>\d{1,2})(?:[:时点]\s*(?P<minute>\d{1,2})?)(?:[:分]\s*\d{0,2}(?:\.\d+)?秒?)?"
    r"(?:Z|\+\d\d:?\d\d)?\s*(?P<after>AM|PM)?",
    re.IGNORECASE,
)
YEAR_FIRST = re.compile(r"(\d{4})\s*[-/.年]\s*(\d{1,2})\s*[-/.月]\s*(\d{1,2})\s*日?")
COMPACT = re.compile(r"(20\d\d)(\d\d)(\d\d)")
YEAR_LAST = re.compile(r"(\d{1,2})[-/.](\d{1,2})[-/.](\d{4})")
SHORT = re.compile(r"(\d\d)[-/.年](\d{1,2})[-/.月](\d{1,2})日?")
NO_YEAR = re.compile(r"(\d{1,2})月(\d{1,2})日?")
#: So far from today a list may reach: what only one reading keeps within is read so.
PAST, AHEAD = timedelta(days=400), timedelta(days=400)


def read_moment(text: str, today: date) -> datetime:
    """A local moment, without its zone; Invalid when it is none, or could be two days.

    Understood: 2026-11-20, 2026/11/20, 2026.11.20, 2026年11月20日, 20261120, 26-11-20,
    11月20日 (the nearest), 20/11/2026 where no other day can be meant, Excel's own numbers, each
    with a time (10:30, 10时30分, 下午3:20) or without.
    """
    plain = unicodedata.normalize("NFKC", text).strip()
    found = sorted(set(_readings(plain, today)))
    near = [one for one in found if -PAST <= one.date() - today <= AHEAD]
    if len(found) == 1:
        return found[0]
    if len(near) == 1:
        return near[0]
    if near:
        message = "{text} can be two days: write it as {example}."
        example = near[0].date().isoformat()
        raise Invalid("followup.when", message, text=text[:40], example=example)
    message = "{text} is no day: write it as {example}."
    raise Invalid("followup.when", message, text=text[:40], example=today.isoformat())


def _readings(text: str, today: date) -> Iterator[datetime]:
    if SERIAL.fullmatch(text):
        yield _serial(float(text))
        return
    timed = TIME.fullmatch(text)
    day, hour, minute = text, NOON, 0
    if timed and timed["day"].strip():
        day, hour = timed["day"].strip(), _hour(timed)
        minute = int(timed["minute"] or 0)
    for year, month, date_ in _days(day, today):
        try:
            yield datetime(year, month, date_, hour, minute)  # noqa: DTZ001 - the zone follows
        except ValueError:
            continue


def _serial(days: float) -> datetime:
    moment = EPOCH + timedelta(minutes=round(days * 24 * 60))
    return moment if days % 1 else moment.replace(hour=NOON)


def _hour(timed: re.Match[str]) -> int:
    hour, half = int(timed["hour"]), (timed["half"] or timed["after"] or "").upper()
    if half in ("下午", "晚上", "PM") and hour < NOON:
        return hour + NOON
    return 0 if half in ("上午", "AM") and hour == NOON else hour


def _days(text: str, today: date) -> Iterator[tuple[int, int, int]]:
    """Year, month and day, as many readings as there are; some may be no days."""
    if found := YEAR_FIRST.fullmatch(text) or COMPACT.fullmatch(text):
        yield int(found[1]), int(found[2]), int(found[3])
    elif found := YEAR_LAST.fullmatch(text):
        yield int(found[3]), int(found[2]), int(found[1])
        yield int(found[3]), int(found[1]), int(found[2])
    elif found := SHORT.fullmatch(text):
        yield 2000 + int(found[1]), int(found[2]), int(found[3])
    elif found := NO_YEAR.fullmatch(text):
        yield _nearest(int(found[1]), int(found[2]), today), int(found[1]), int(found[2])


def _nearest(month: int, day: int, today: date) -> int:
    """The year in which this day is nearest to today."""

    def away(year: int) -> int:
        try:
            return abs((date(year, month, day) - today).days)
        except ValueError:
            return 10_000

    return min((today.year - 1, today.year, today.year + 1), key=away)
