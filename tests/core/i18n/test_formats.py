from datetime import UTC, date, datetime, time
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest

from careline import i18n

SHANGHAI = ZoneInfo("Asia/Shanghai")
DAY = date(2026, 11, 22)


def test_dates():
    assert i18n.format_date(DAY, "zh") == i18n.format_date(DAY, "en") == "2026-11-22"
    assert i18n.format_day(DAY, "zh") == "11月22日 周日"
    assert i18n.format_day(DAY, "en") == "Sun 22 Nov"
    assert i18n.format_day(DAY, "zh-CN", year=True) == "2026年11月22日 周日"
    assert i18n.format_day(DAY, "en", year=True) == "Sun 22 Nov 2026"


def test_times_are_on_the_24_hour_clock_of_the_campus():
    moment = datetime(2026, 11, 22, 16, 5, 9, tzinfo=UTC)
    assert i18n.format_datetime(moment, "zh", SHANGHAI) == "2026-11-23 00:05"
    assert i18n.format_datetime(moment, "en", SHANGHAI, seconds=True) == "2026-11-23 00:05:09"
    assert i18n.format_time(moment, "zh", SHANGHAI) == "00:05"
    assert i18n.format_time(time(8, 5), "zh") == "08:05"


def test_a_moment_without_a_zone_is_refused():
    with pytest.raises(ValueError, match="zone"):
        i18n.format_datetime(datetime(2026, 1, 1), "zh", SHANGHAI)  # noqa: DTZ001 - the point


def test_money():
    assert i18n.format_money(Decimal("12.5"), "zh") == "12.50元"
    assert i18n.format_money(Decimal("-1234.5"), "zh") == "-1,234.50元"
    assert i18n.format_money(Decimal("12.5"), "en") == "CNY 12.50"


def test_figures():
    assert i18n.format_number(12345.6, "zh") == "12,345.6"
    assert i18n.format_percent(0.815, "zh") == "81.5%"
    assert i18n.format_percent(0.8, "en") == "80%"


def test_durations():
    assert i18n.format_duration(3725, "zh") == "1小时2分钟5秒"
    assert i18n.format_duration(3725, "en") == "1 hr 2 min 5 sec"
    assert i18n.format_duration(60, "zh") == "1分钟"
    assert i18n.format_duration(0.4, "zh") == "0秒"
    assert [i18n.format_clock(s) for s in (5, 185, 3725)] == ["0:05", "3:05", "1:02:05"]
