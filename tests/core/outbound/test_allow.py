"""Which numbers may be dialled at all, and when agents may."""

from __future__ import annotations

from datetime import UTC, datetime, time
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from careline.config.outbound import AllowSettings, OutboundSettings
from careline.errors import Invalid
from careline.numbers import parse_phone
from careline.outbound.allow import AllowList

ZONE = ZoneInfo("Asia/Shanghai")


def code(number: str, **settings: Any) -> str:
    refusal = AllowList(AllowSettings(**settings)).judge(parse_phone(number, "010"))
    return refusal.code if refusal else ""


@pytest.mark.parametrize(
    "number", ["13800001111", "01066778899", "66778899", "4001234567", "95588", "12320", "120"]
)
def test_numbers_of_the_country_may_be_dialled(number: str) -> None:
    assert code(number) == ""


def test_paid_services_of_provinces_are_opened_by_name_only() -> None:
    assert code("96101") == "outbound.refused"
    assert code("96101", refused=()) == ""


@pytest.mark.parametrize(
    ("number", "why"),
    [
        ("16812345", "outbound.premium"),
        ("+861601234", "outbound.premium"),
        ("+447911123456", "outbound.abroad"),
        ("0044 7911 123456", "outbound.abroad"),
        ("+85221234567", "outbound.abroad"),
        ("+8816123456789", "outbound.abroad"),  # a satellite
        ("+12421234567", "outbound.abroad"),  # dialled like at home in America
    ],
)
def test_premium_services_and_numbers_abroad_may_not(number: str, why: str) -> None:
    try:
        assert code(number) == why
    except Invalid:  # no telephone number at all
        return


def test_what_is_opened_abroad_opens_nothing_else() -> None:
    assert code("+85221234567", abroad=("+852",)) == ""
    assert code("+85366123456", abroad=("+852",)) == "outbound.abroad"


@pytest.mark.parametrize("opened", ["852", "00852", "+86"])
def test_what_is_opened_abroad_is_written_with_its_country(opened: str) -> None:
    with pytest.raises(Invalid):
        OutboundSettings(allow=AllowSettings(abroad=(opened,)))


def test_a_house_may_allow_beginnings_alone_or_refuse_some() -> None:
    assert code("01066778899", only=("010",)) == ""
    assert code("02166778899", only=("010",)) == "outbound.only"
    assert code("13800001111", only=("13",)) == ""
    assert code("120", only=("010",)) == ""
    assert code("4001234567", refused=("400",)) == "outbound.refused"


@pytest.mark.parametrize(
    ("begin", "end", "hour", "may"),
    [
        (time(0), time(0), 3, True),
        (time(8), time(20), 7, False),
        (time(8), time(20), 8, True),
        (time(8), time(20), 20, False),
        (time(20), time(8), 23, True),
        (time(20), time(8), 12, False),
    ],
)
def test_the_hours_in_which_agents_may_dial(begin: time, end: time, hour: int, may: bool) -> None:
    allow = AllowList(AllowSettings(hours_from=begin, hours_to=end))
    at = datetime(2026, 11, 23, hour, 0, tzinfo=ZONE).astimezone(UTC)
    assert allow.in_hours(at, ZONE) is may
