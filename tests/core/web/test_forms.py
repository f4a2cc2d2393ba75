"""What was typed becomes a value, or stays with an error beside each field."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, time
from decimal import Decimal
from enum import Enum
from typing import Any

import pytest
from attrs import field, frozen
from hypothesis import given
from hypothesis import strategies as st

from careline.config.checks import between, matches
from careline.errors import Conflict, Invalid
from careline.web.forms import FormState, read
from careline.web.visit import Visit


class Colour(Enum):
    RED = "red"


@frozen
class Everything:
    name: str
    age: int = field(default=1, validator=between(0, 150))
    fee: Decimal = Decimal()
    share: float = 0.0
    born: date | None = None
    begins: time | None = None
    colour: Colour = Colour.RED
    vip: bool = False
    tags: tuple[str, ...] = ()
    counts: tuple[int, ...] = ()
    code: str = field(default="A1", validator=matches("[A-Z][0-9]", "a letter and a digit"))


def visit(**fields: str | Sequence[str]) -> Visit:
    lists = {name: [v] if isinstance(v, str) else list(v) for name, v in fields.items()}
    nobody: Any = None
    return Visit(
        path="/x",
        method="POST",
        lists=lists,
        language="en",
        zone=UTC,
        now=datetime(2026, 11, 22, tzinfo=UTC),
        door=nobody,
        log=nobody,
    )


def test_all_kinds_of_fields_are_read() -> None:
    value, form = read(
        visit(
            name=" 李雷 ", age="31", fee="12.50", share="0.5", born="1990/02/03",
            begins="08:30", colour="red", vip="on", tags=["a", "", "b"],
            counts=["1", "2"], code="B2",
        ),
        Everything,
    )  # fmt: skip
    assert form.ok
    assert value == Everything(
        name="李雷",
        age=31,
        fee=Decimal("12.50"),
        share=0.5,
        born=date(1990, 2, 3),
        begins=time(8, 30),
        vip=True,
        tags=("a", "b"),
        counts=(1, 2),
        code="B2",
    )


def test_what_is_left_open_has_its_default() -> None:
    value, form = read(visit(name="x"), Everything)
    assert value == Everything(name="x")
    assert form.ok


def test_each_wrong_field_has_its_own_error_and_keeps_what_was_typed() -> None:
    wrong: Mapping[str, str] = {
        "name": "",
        "age": "200",
        "fee": "NaN",
        "share": "x",
        "born": "30.2.",
        "begins": "25:00",
        "colour": "<b>blue",
        "counts": "one",
        "code": "zz",
    }
    value, form = read(visit(**wrong), Everything)
    assert value is None
    assert set(form.errors) == set(wrong)
    assert form.general == ()
    for name, typed in wrong.items():
        assert form.value(name) == typed
        assert "{" not in form.errors[name]


def test_an_error_of_a_service_is_shown_beside_its_field() -> None:
    _, form = read(visit(name="x", age="3"), Everything)
    problems = [Invalid("patient.age", "too young"), Invalid("patient.other", "odd")]
    told = form.with_error(Invalid("patient.invalid", "not right", problems=problems))
    assert (told.error("age"), told.general) == ("too young", ("odd",))
    assert not told.ok
    named = form.with_error(Conflict("x.y", "taken", field="name"))
    assert named.error("name") == "taken"


def test_a_stored_value_is_shown_for_editing() -> None:
    stored = Everything(name="x", begins=time(8, 5), vip=True, tags=("a", "b"))
    form = FormState.of(stored, "en", extra="y")
    assert form.value("begins") == "08:05"
    assert form.value("colour") == "red"
    assert form.values("tags") == ["a", "b"]
    assert form.ticked("vip")
    assert form.ticked("tags", "b")
    assert not form.ticked("tags", "c")
    assert form.value("extra") == "y"
    assert form.value("born") == form.value("unknown") == ""


FIELDS = st.sampled_from([one.name for one in Everything.__attrs_attrs__])
TYPED = st.lists(st.text(max_size=30), max_size=3)


@given(st.dictionaries(FIELDS, TYPED))
def test_nothing_that_can_be_typed_breaks_a_form(typed: dict[str, list[str]]) -> None:
    value, form = read(visit(**typed), Everything)
    assert (value is None) == (not form.ok)


@pytest.mark.parametrize("number", ["9" * 5000, "１２", "0x10", "1e3", "--1", "1_0", "٣"])
def test_odd_numbers_are_refused_or_read_as_numbers(number: str) -> None:
    value, form = read(visit(name="x", age=number), Everything)
    assert value is None
    assert form.error("age")
