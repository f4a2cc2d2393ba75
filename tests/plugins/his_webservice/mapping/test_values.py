"""Single values, requests and rows: what is understood, and what is refused."""

from __future__ import annotations

from datetime import UTC, date, datetime, time
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.plugins.his_webservice.grounds import WANG, order

from careline.campuses.model import Campus
from careline.clinic import ClinicKind, HalfDay, Person, VisitFound, VisitState
from careline.errors import Unavailable
from careline_his_webservice.adapters.mapping.formats import Formats, Mismatch, Values
from careline_his_webservice.adapters.mapping.people import exactly, questions_for
from careline_his_webservice.adapters.mapping.rows import MOST_ROWS, Rows, strongest
from careline_his_webservice.adapters.mapping.template import fill, of_order, problem_of

DAY = date(2026, 11, 23)
VALUES = Values(
    Formats(day=("%Y-%m-%d", "%Y%m%d"), time=("%H:%M", "%H%M")),
    {"half": {"上午": "morning"}, "kind": {"专家": "expert", "*": "general"}, "sex": {"1": "male"}},
)


@given(
    st.dates(min_value=date(1900, 1, 1)),
    st.times().map(lambda t: t.replace(second=0, microsecond=0)),
)
def test_what_is_written_is_read_again(day: date, at: time) -> None:
    given = {"day": day, "start": at}
    for spec in ("", ":%Y%m%d"):
        assert VALUES.day(fill(f"{{day{spec}}}", given, VALUES)) == day
    for spec in ("", ":%H%M"):
        assert VALUES.start(fill(f"{{start{spec}}}", given, VALUES)) == at


@pytest.mark.parametrize("text", ["2026-11-23", "20261123", "2026-11-23Z", "2026-11-23+08:00"])
def test_days(text: str) -> None:
    assert VALUES.day(text) == DAY


@pytest.mark.parametrize(
    "text", ["2026-11-22T16:00:00Z", "2026-02-30", "23/11/2026", "今天", "", "2026-11-23 08:00"]
)
def test_a_day_that_may_be_another_is_refused(text: str) -> None:
    """Midnight in UTC is the next day in China: whoever sends that has to be asked."""
    with pytest.raises(Mismatch):
        VALUES.day(text)


def test_columns_of_moments_are_read_by_the_campus_s_clocks() -> None:
    values = Values.of(Campus(id="east", title="东院"), Formats(), {})
    moment = datetime(2026, 11, 22, 16, 30, tzinfo=UTC)
    assert (values.day(moment), values.start(moment)) == (DAY, time(0, 30))
    naive = moment.replace(tzinfo=None)  # a column without a zone holds local time
    assert (values.day(naive), values.start(naive)) == (date(2026, 11, 22), time(16, 30))
    assert values.start(time(8, tzinfo=UTC)) == time(8)


def test_ranges_of_time() -> None:
    for text in ("08:00-08:30", "08:00～08:30", "08:00 至 08:30", "0800-0830"):
        assert (VALUES.start(text), VALUES.end(text)) == (time(8), time(8, 30))
    for text in ("25:00", "8", "上午"):
        with pytest.raises(Mismatch):
            VALUES.start(text)


def test_money_and_counts() -> None:
    for text in ("30", "30.00", "￥30", "30元", Decimal("30")):
        assert VALUES.money(text) == 30
    for bad in ("三十", "-1", "NaN", "Infinity", "1e9"):
        with pytest.raises(Mismatch):
            VALUES.money(bad)
    assert [VALUES.count(one) for one in ("0", "3.0", 12)] == [0, 3, 12]
    for bad in ("-1", "2.5", "许多", "1e999", "NaN"):
        with pytest.raises(Mismatch):
            VALUES.count(bad)


def test_words_by_their_map() -> None:
    assert VALUES.word("half", "上午", HalfDay) is HalfDay.MORNING
    assert VALUES.word("kind", "特需", ClinicKind) is ClinicKind.GENERAL
    with pytest.raises(Mismatch):
        VALUES.word("half", "夜间", HalfDay)
    with pytest.raises(Mismatch):
        VALUES.word("half", "morning", HalfDay)  # ours is not theirs where there is a map


def test_a_request_is_filled() -> None:
    given = of_order(order(DAY, "C1", "S1"))
    assert fill("{person.phone}/{person.phone:e164}", given, VALUES) == "13800138001/+8613800138001"
    assert fill("{person.sex}", {"person.sex": "male"}, VALUES) == "1"
    assert fill(
        "{now:%Y%m%d%H%M%S}", {"now": datetime(2026, 11, 23, 8, 1, 2, tzinfo=UTC)}, VALUES
    ) == ("20261123080102")
    assert fill("{person.number}", {"person.number": ""}, VALUES) == ""
    assert fill("{person.name}", {"person.name": "王{key}\x00\x1b芳"}, VALUES) == "王{key}芳"
    assert problem_of("{key}-{naem}", ("key",)) == "{naem}"
    assert problem_of("{key", ("key",))
    assert not problem_of("{day:%Y%m%d} 01", ("day",))


def rows(kind: str, fields: dict[str, str]) -> Rows:
    return Rows("east", kind, fields, VALUES)


CLINIC = {"code": "A + B", "department": "=E01", "day": "D", "half": "H", "fee": "F"}


def clinic(**cells: Any) -> Any:
    made = rows("clinics", CLINIC)
    return made.build(
        [{"A": "1", "B": "2", "D": "20261123", "H": "上午", **cells}.get], made.clinic
    )


def test_a_row_is_joined_fixed_and_converted() -> None:
    found = clinic(F="7.50")[0]
    assert (found.code, found.department, found.day) == ("1-2", "E01", DAY)
    assert (found.half, found.fee, found.doctor) == (HalfDay.MORNING, Decimal("7.50"), "")


@pytest.mark.parametrize("wrong", [{"H": "中午"}, {"D": None}, {"F": "免费"}, {"A": "x" * 30_000}])
def test_wrong_types_refuse_the_answer_and_say_where(wrong: dict[str, Any]) -> None:
    with pytest.raises(Unavailable) as caught:
        clinic(**wrong)
    assert caught.value.code == "his.bad_answer"
    assert "clinics[1]." in str(caught.value)


def test_a_complaint_lists_a_few_and_names_no_patient() -> None:
    made = rows("person", {"number": "N", "name": "X", "birth_date": "B"})
    people = [{"N": "1", "X": "王芳", "B": "秘密"}.get] * 100
    with pytest.raises(Unavailable) as caught:
        made.build(people, made.person)
    assert len(caught.value.problems) == 5
    assert "秘密" not in str(caught.value)
    assert "王芳" not in str(caught.value)
    with pytest.raises(Unavailable, match="50"):
        made.build(people * (MOST_ROWS // 100 + 1), made.person)


STATE = {"state": "S", "key": "K", "reference": "R", "clinic": "C", "slot": "L"}


@pytest.mark.parametrize(
    ("row", "reference", "found"),
    [
        ({"K": "key-1", "C": "other"}, "", True),
        ({"K": "key-2", "R": "R1", "C": "C1", "L": "S1"}, "R1", False),
        ({"R": "R1"}, "R1", True),
        ({"R": "R2", "C": "C1", "L": "S1"}, "R1", False),
        ({"R": "R2", "C": "C1", "L": "S1"}, "", True),
        ({"C": "C1", "L": "S2"}, "", False),
        ({}, "", False),
    ],
)
def test_a_visit_is_told_by_key_then_reference_then_place(
    row: dict[str, str], reference: str, found: bool
) -> None:
    made = rows("state", STATE)
    wanted = order(DAY, "C1", "S1")
    built = made.build([{"S": "booked", **row}.get], lambda one: made.visit(one, wanted, reference))
    assert (built[0] is not None) is found


def test_of_several_rows_the_one_that_holds() -> None:
    states = [VisitFound(state=one) for one in (VisitState.CANCELLED, VisitState.BOOKED)]
    assert strongest(states).state is VisitState.BOOKED
    assert strongest([]).state is VisitState.ABSENT


def test_people_are_asked_for_by_what_was_typed() -> None:
    assert next(questions_for("11010119800501002x"))["id_card"] == "11010119800501002X"
    first, second = questions_for("13800138001")
    assert (first["phone"], second["number"]) == ("+8613800138001", "13800138001")
    assert list(questions_for("E12")) == [{"text": "E12", "number": "E12"}]
    other = Person(id=0, name="x", number="E0000001x", phone="+8613800138002")
    assert exactly([WANG, other], "E0000001") == [WANG]
    assert exactly([WANG, other], "13800138001") == [WANG]
    assert exactly([Person(id=0, name="y", number="1")], "") == []
