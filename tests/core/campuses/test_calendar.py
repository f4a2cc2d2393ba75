from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from attrs import evolve
from hypothesis import given
from hypothesis import strategies as st

from careline.campuses.calendar import Calendar, DayEntry, DayKind, OpenState, statutory
from careline.campuses.hours import DAYS, Span, WeekHours, parse_hours
from careline.campuses.model import Campus, campus_problems
from careline.errors import Invalid

HOURS = "mon-fri 08:00-12:00 13:30-17:30; sat 08:00-12:00"
EAST = Campus(id="east", title="东院", title_en="East", hours=parse_hours(HOURS))


def at(text: str) -> datetime:
    """A moment given in China's time, as UTC."""
    return datetime.fromisoformat(f"{text}+08:00").astimezone(UTC)


@pytest.mark.parametrize(
    ("moment", "state"),
    [
        ("2026-11-18 07:59", "after_hours"),
        ("2026-11-18 08:00", "open"),
        ("2026-11-18 11:59", "open"),
        ("2026-11-18 12:00", "after_hours"),
        ("2026-11-18 13:30", "open"),
        ("2026-11-21 09:00", "open"),  # Saturday morning
        ("2026-11-21 14:00", "after_hours"),
        ("2026-11-22 09:00", "after_hours"),  # Sunday
        ("2026-02-17 09:00", "holiday"),  # Spring Festival
        ("2026-02-14 14:00", "open"),  # Saturday that makes up for a day off
        ("2026-01-04 14:00", "open"),  # Sunday that makes up for a day off
        ("2026-01-02 09:00", "holiday"),  # Friday off in exchange
        ("2026-10-01 00:00", "holiday"),
        ("2026-09-30 23:59", "after_hours"),
    ],
)
def test_states_of_the_chinese_calendar(moment: str, state: str) -> None:
    assert Calendar().state_at(EAST, at(moment)).state.value == state


def test_holidays_carry_their_names() -> None:
    found = Calendar().state_at(EAST, at("2026-01-02 09:00"))
    assert (found.title, found.title_en) == ("元旦", "New Year's Day")
    assert Calendar().state_at(EAST, at("2026-10-03 09:00")).title == "国庆节"


def test_2026_has_the_make_up_days_that_were_announced() -> None:
    made_up = {day for day, entry in statutory(2026).items() if entry.kind is DayKind.WORKDAY}
    announced = ["01-04", "02-14", "02-28", "05-09", "09-20", "10-10"]
    assert made_up == {date.fromisoformat(f"2026-{day}") for day in announced}


def test_own_entries_win_and_a_campus_own_over_those_for_all() -> None:
    day = date(2026, 11, 18)
    everywhere = DayEntry(day=day, kind=DayKind.HOLIDAY, title="院庆", title_en="Founding day")
    here = DayEntry(day=day, kind=DayKind.WORKDAY, campus="east", spans=(Span(600, 660),))
    both = Calendar.of([everywhere, here])
    assert both.state_at(EAST, at("2026-11-18 09:00")).state is OpenState.AFTER_HOURS
    assert both.state_at(EAST, at("2026-11-18 10:30")).state is OpenState.OPEN
    west = evolve(EAST, id="west")
    assert both.state_at(west, at("2026-11-18 10:30")).title == "院庆"
    works = Calendar.of([DayEntry(day=date(2026, 10, 1), kind=DayKind.WORKDAY)])
    assert works.state_at(EAST, at("2026-10-01 14:00")).state is OpenState.OPEN


def test_a_campus_that_keeps_no_holidays_works_on_them() -> None:
    emergency = evolve(EAST, keeps_holidays=False)
    assert Calendar().state_at(emergency, at("2026-10-01 09:00")).state is OpenState.OPEN


def test_a_campus_lives_in_its_own_time_zone() -> None:
    urumqi = evolve(EAST, timezone="Asia/Urumqi")
    assert Calendar().state_at(urumqi, at("2026-11-18 09:00")).state is OpenState.AFTER_HOURS
    with pytest.raises(ValueError, match="naive"):
        Calendar().state_at(EAST, datetime(2026, 1, 1))  # noqa: DTZ001 -- the fault to be refused


spans = st.lists(st.integers(0, 1440), unique=True, max_size=6).map(
    lambda cuts: tuple(
        Span(a, b) for a, b in zip(sorted(cuts)[::2], sorted(cuts)[1::2], strict=False)
    )
)


@given(st.lists(spans, min_size=7, max_size=7))
def test_hours_are_read_as_they_are_written(days: list[tuple[Span, ...]]) -> None:
    hours = WeekHours(tuple(days))
    assert parse_hours(str(hours)) == hours


@given(st.lists(spans, min_size=7, max_size=7), st.integers(0, 7 * 1440 - 1))
def test_open_exactly_inside_the_spans(days: list[tuple[Span, ...]], minute: int) -> None:
    campus = evolve(EAST, hours=WeekHours(tuple(days)), keeps_holidays=False)
    moment = at("2026-11-16 00:00") + timedelta(minutes=minute)
    inside = any(span.start <= minute % 1440 < span.end for span in days[minute // 1440])
    assert (Calendar().state_at(campus, moment).state is OpenState.OPEN) == inside


@pytest.mark.parametrize(
    "text",
    [
        "mon",
        "mon 8-12",
        "mon 12:00-08:00",
        "mon 08:60-09:00",
        "fri-mon 08:00-09:00",
        "lundi 08:00-09:00",
        "mon 08:00-25:00",
        "mon 08:00-12:00 11:00-13:00",
        "08:00-12:00",
    ],
)
def test_wrong_hours_are_invalid(text: str) -> None:
    with pytest.raises(Invalid) as caught:
        parse_hours(f"sun 08:00-09:00; {text}")
    assert len(caught.value.problems) == 1


def test_days_can_be_listed() -> None:
    hours = parse_hours("mon,wed 00:00-24:00")
    assert [name for name, spans in zip(DAYS, hours.days, strict=True) if spans] == ["mon", "wed"]
    assert parse_hours("") == WeekHours()


def test_wrong_campuses_are_named_with_all_their_faults() -> None:
    wrong = Campus(id="a b", title=" ", timezone="Mars/Base")
    codes = [problem.code for problem in campus_problems(wrong)]
    assert codes == ["campus.id", "campus.title", "campus.timezone"]
    assert campus_problems(EAST) == []
