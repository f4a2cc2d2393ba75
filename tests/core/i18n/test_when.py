"""Days and times as agents type them; a Sunday, 22 November 2026, 10:00 in Shanghai."""

from __future__ import annotations

from datetime import date, datetime
from zoneinfo import ZoneInfo

import pytest

from careline.errors import Invalid
from careline.i18n.when import parse_days, parse_moment

ZONE = ZoneInfo("Asia/Shanghai")
NOW = datetime(2026, 11, 22, 10, 0, tzinfo=ZONE)


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("明天", "11-23 09:00"),
        ("明天下午3点", "11-23 15:00"),
        ("周三下午", "11-25 14:00"),
        ("下周三 15:30", "11-25 15:30"),
        ("周日 9:00", "11-29 09:00"),
        ("12-3", "12-03 09:00"),
        ("12月3日上午9点半", "12-03 09:30"),
        ("+2", "11-24 09:00"),
        ("15:30", "11-22 15:30"),
        ("9:00", "11-23 09:00"),
        ("今天", "11-22 10:00"),
        ("晚上8点", "11-22 20:00"),
        ("30分钟后", "11-22 10:30"),
        ("+2h", "11-22 12:00"),
        ("tomorrow 3:15 pm", "11-23 15:15"),
        ("Wed afternoon", "11-25 14:00"),
        ("2027-01-05 08:05", "01-05 08:05"),
        ("1-5", "01-05 09:00"),
    ],
)
def test_moments(typed: str, meant: str) -> None:
    assert f"{parse_moment(typed, NOW, ZONE):%m-%d %H:%M}" == meant


@pytest.mark.parametrize(
    "typed", ["", "随便", "25:00", "13-45", "'; drop", "+", "15", "明天 99:00"]
)
def test_what_is_no_time_is_said_so(typed: str) -> None:
    with pytest.raises(Invalid):
        parse_moment(typed, NOW, ZONE)


@pytest.mark.parametrize(
    ("typed", "first", "last"),
    [
        ("今天", "11-22", "11-22"),
        ("昨天", "11-21", "11-21"),
        ("周三", "11-18", "11-18"),
        ("周日", "11-22", "11-22"),
        ("本周", "11-16", "11-22"),
        ("上周", "11-09", "11-15"),
        ("本月", "11-01", "11-22"),
        ("上月", "10-01", "10-31"),
        ("-3", "11-19", "11-19"),
        ("11-1..11-15", "11-01", "11-15"),
        ("昨天至今天", "11-21", "11-22"),
        ("12-3", "12-03", "12-03"),
    ],
)
def test_days_of_a_search(typed: str, first: str, last: str) -> None:
    found = parse_days(typed, NOW.date())
    assert tuple(f"{day:%m-%d}" for day in found) == (first, last)


def test_a_date_of_a_search_lies_behind() -> None:
    assert parse_days("12-3", NOW.date())[0] == date(2025, 12, 3)
    assert parse_days("2024-02-29", NOW.date())[0] == date(2024, 2, 29)
