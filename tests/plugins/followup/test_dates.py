"""Days as people and spreadsheets write them."""

from __future__ import annotations

from datetime import date

import pytest

from careline.errors import Invalid
from careline_followup.cases.dates import read_moment

TODAY = date(2026, 11, 23)
NOON, HALF_PAST_TEN = "2026-11-20T12:00:00", "2026-11-20T10:30:00"


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        *((text, NOON) for text in ("2026-11-20", "2026/11/20", "2026.11.20", "20261120")),
        *((text, NOON) for text in ("2026年11月20日", "11月20日", "26-11-20", "46346", "46346.0")),
        *((text, NOON) for text in ("20/11/2026", "２０２６／１１／２０", " 2026-11-20 ")),
        *((text, HALF_PAST_TEN) for text in ("2026-11-20 10:30", "2026/11/20 10:30:59")),
        *((text, HALF_PAST_TEN) for text in ("2026-11-20T10:30:00", "46346.4375")),
        *((text, HALF_PAST_TEN) for text in ("2026年11月20日10时30分", "11月20日 上午10:30")),
        ("2026年11月20日 下午3:20", "2026-11-20T15:20:00"),
        ("2026年11月20日下午3点", "2026-11-20T15:00:00"),
        ("2026-11-20 00:00:00", "2026-11-20T00:00:00"),
        ("1月3日", "2027-01-03T12:00:00"),
        ("6月30日", "2026-06-30T12:00:00"),
    ],
)
def test_what_is_understood(text: str, moment: str) -> None:
    assert read_moment(text, TODAY).isoformat() == moment


@pytest.mark.parametrize(
    "text",
    ["", "昨天", "2026-13-40", "2026-02-30", "2026-11-20 25:00", "13800000001", "7", "11/12/2026"],
)
def test_what_is_no_day_or_could_be_two(text: str) -> None:
    with pytest.raises(Invalid) as refused:
        read_moment(text, TODAY)
    assert refused.value.code == "followup.when"
