"""Days and moments as people type them: ``明天``, ``周三下午``, ``12-3``, ``+2``, ``15:30``.

Chinese and English alike. What cannot be read is Invalid("when", ...), with examples.
"""

from __future__ import annotations

import re
from datetime import date, datetime, time, timedelta, tzinfo

from careline.errors import Invalid

DAY = timedelta(days=1)
WORDS = {
    "大后天": 3,
    "后天": 2,
    "明天": 1,
    "今天": 0,
    "昨天": -1,
    "前天": -2,
    "明": 1,
    "today": 0,
    "tomorrow": 1,
    "yesterday": -1,
}
WEEKDAYS = "一二三四五六日"
ENGLISH = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
#: A part of the day alone, and what it adds to hours below 12.
PARTS = {
    "早上": (time(8), 0),
    "上午": (time(9), 0),
    "中午": (time(12), 12),
    "下午": (time(14), 12),
    "晚上": (time(19), 12),
    "morning": (time(9), 0),
    "afternoon": (time(14), 12),
    "evening": (time(19), 12),
    "am": (time(9), 0),
    "pm": (time(14), 12),
}
MORNING = time(9)

_OFFSET = re.compile(r"([+-])(\d{1,3})天?")
_DATE = re.compile(r"(?:(\d{4})[-/.年])?(\d{1,2})[-/月](\d{1,2})日?号?")
_WEEKDAY = re.compile(
    rf"(下|上)?(?:周|星期|礼拜)([{WEEKDAYS}天])|(next |last )?({'|'.join(ENGLISH)})[a-z]*"
)
_CLOCK = re.compile(r"(\d{1,2})(?:[::](\d{2})|[点时](?:(半)|(\d{1,2})分?)?)")
_LATER = re.compile(r"(?:\+\s*)?(\d{1,3})\s*(m|min|分钟|分|h|小时|个小时)后?")
_SPANS = {
    "本周": (0, "week"),
    "上周": (-1, "week"),
    "this week": (0, "week"),
    "last week": (-1, "week"),
    "本月": (0, "month"),
    "上月": (-1, "month"),
    "上个月": (-1, "month"),
    "this month": (0, "month"),
    "last month": (-1, "month"),
}


def parse_days(text: str, today: date, *, ahead: bool = False) -> tuple[date, date]:
    """The first and last day that ``text`` means; weekdays of the past, or ``ahead``.

    ``昨天``, ``周三``, ``本周``, ``上月``, ``12-3``, ``11-1..11-15`` (or 至).
    """
    typed = _plain(text)
    if typed in _SPANS:
        return _span(*_SPANS[typed], today)
    first, mark, last = re.sub(r"\s*(\.\.|至|~)\s*", "..", typed).partition("..")
    begin = _only_day(first, today, ahead)
    end = _only_day(last, today, ahead) if mark else begin
    return (begin, end) if begin <= end else (end, begin)


def parse_moment(text: str, now: datetime, zone: tzinfo) -> datetime:
    """The moment that ``text`` means, never before ``now`` when only a time or weekday is given.

    A day without a time is its morning at 9; ``周三下午`` is 14:00; ``30分钟后`` and ``+2h`` count
    from now.
    """
    typed = _plain(text)
    later = _LATER.fullmatch(typed)
    if later:
        hours = later[2] in ("h", "小时", "个小时")
        return now + timedelta(minutes=int(later[1]) * (60 if hours else 1))
    local = now.astimezone(zone)
    rest, clock = _clock(typed)
    day, given = _day(rest, local.date(), ahead=True) if rest else (local.date(), "nothing")
    found = datetime.combine(day, clock or MORNING, zone)
    if not rest and clock is None:
        raise _unread(text)
    if found < local and given == "weekday":
        found = datetime.combine(day + 7 * DAY, clock or MORNING, zone)
    elif found < local and given == "nothing":
        found = datetime.combine(day + DAY, clock or MORNING, zone)
    elif found < local and clock is None and day == local.date():
        found = local
    return found.astimezone(now.tzinfo)


def _plain(text: str) -> str:
    return " ".join(text.lower().replace(":", ":").split())


def _unread(text: str) -> Invalid:
    return Invalid(
        "when",
        "{text} is no day or time; try 明天, 周三下午, 12-3, +2 or 15:30",
        text=text.strip() or "-",
    )


def _only_day(text: str, today: date, ahead: bool) -> date:
    return _day(text.strip(), today, ahead=ahead)[0]


def _day(text: str, today: date, *, ahead: bool) -> tuple[date, str]:
    """The day, and whether it was named by date, word or weekday."""
    if text in WORDS:
        return today + WORDS[text] * DAY, "word"
    if offset := _OFFSET.fullmatch(text):
        days = int(offset[2]) * (-1 if offset[1] == "-" else 1)
        return today + days * DAY, "word"
    if weekday := _WEEKDAY.fullmatch(text):
        return _weekday(weekday, today, ahead), "weekday"
    if named := _DATE.fullmatch(text):
        return _dated(text, named, today, ahead), "date"
    raise _unread(text)


def _weekday(found: re.Match[str], today: date, ahead: bool) -> date:
    index = WEEKDAYS.index(found[2].replace("天", "日")) if found[2] else ENGLISH.index(found[4])
    step = {"下": 1, "next": 1, "上": -1, "last": -1}.get((found[1] or found[3] or "").strip())
    monday = today - today.weekday() * DAY
    if step is not None:
        return monday + (7 * step + index) * DAY
    days = (index - today.weekday()) % 7
    return today + (days if ahead else days - 7 if days else 0) * DAY


def _dated(text: str, found: re.Match[str], today: date, ahead: bool) -> date:
    """A date without a year is the nearest one in the direction that is meant."""
    try:
        day = date(int(found[1] or today.year), int(found[2]), int(found[3]))
    except ValueError:
        raise _unread(text) from None
    if found[1]:
        return day
    half = timedelta(days=183)
    if ahead and today - day > half:
        return day.replace(year=day.year + 1, day=min(day.day, 28 if day.month == 2 else 31))
    if not ahead and day > today:
        return day.replace(year=day.year - 1, day=min(day.day, 28 if day.month == 2 else 31))
    return day


def _clock(text: str) -> tuple[str, time | None]:
    """What is left of ``text`` when its time of day is taken out, and that time."""
    part = next((word for word in PARTS if re.search(rf"{word}(?![a-z])", text)), "")
    rest = text.replace(part, " ", 1) if part else text
    found = _CLOCK.search(rest)
    if not found:
        return " ".join(rest.split()), PARTS[part][0] if part else None
    hour, minute = int(found[1]), 30 if found[3] else int(found[2] or found[4] or 0)
    hour += PARTS[part][1] if part and hour < 12 and PARTS[part][1] else 0
    if hour > 23 or minute > 59:
        raise _unread(text)
    rest = rest[: found.start()] + " " + rest[found.end() :]
    return " ".join(rest.split()), time(hour, minute)


def _span(step: int, kind: str, today: date) -> tuple[date, date]:
    if kind == "week":
        monday = today + (7 * step - today.weekday()) * DAY
        return monday, min(monday + 6 * DAY, max(today, monday)) if step == 0 else monday + 6 * DAY
    first = today.replace(day=1)
    if step:
        return (first - DAY).replace(day=1), first - DAY
    return first, today
