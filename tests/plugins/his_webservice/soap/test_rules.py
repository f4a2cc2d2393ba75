"""Files of rules: what is wrong in them is told at once, all of it, with its place."""

from __future__ import annotations

import tomllib
from datetime import date
from importlib.resources import files
from pathlib import Path
from typing import Any

import pytest
from tests.plugins.his_webservice.grounds import ground, order
from twisted.internet.task import Clock as FakeClock

from careline.clinic.his import Ability, Info
from careline.clock import Clock
from careline.errors import Invalid, Refused
from careline.testing import run_async
from careline_his_webservice.adapters.soap.build import build
from careline_his_webservice.adapters.soap.rules import load_rules, parse_rules
from careline_his_webservice.adapters.soap.settings import SoapSettings


def example(name: str = "typed") -> dict[str, Any]:
    folder = files("careline_his_webservice.adapters.soap") / "data"
    return tomllib.loads((folder / f"{name}.toml").read_text(encoding="utf-8"))


def problems(tables: dict[str, Any]) -> str:
    with pytest.raises(Invalid) as caught:
        parse_rules(tables, Path("east-his.toml"), "typed")
    return str(caught.value)


@pytest.mark.parametrize("style", ["typed", "call_service"])
def test_the_examples_are_right(style: str) -> None:
    rules = load_rules(Path(), f"careline:{style}", style)
    assert rules.can == frozenset(Ability)
    assert Info.DRUGS in rules.info_kinds


def test_every_fault_is_told_with_its_place() -> None:
    tables = example()
    tables["values"]["half"]["上午"] = "noon"
    tables["values"]["colour"] = {"a": "b"}
    del tables["departments"]["fields"]["name"]
    tables["departments"]["fields"]["nmae"] = "DeptName"
    tables["clinics"]["request"]["BeginDate"] = "{frist}"
    tables["clinics"]["rows"] = "Schedules//Schedule"
    tables["book"]["codes"] = {"0": "boked"}
    tables["faults"]["满"] = "full"
    tables["formats"]["day"] = ["%Q"]
    tables["info"]["wards"] = {"call": "X", "rows": "R", "columns": {}}
    del tables["cancel"]
    tables["state"]["fields"] = {"state": "State"}
    told = problems(tables)
    assert "formats.day" in told  # the reader's own; with it, the rest is not looked at
    tables["formats"]["day"] = ["%Y-%m-%d"]
    told = problems(tables)
    for place in (
        "values.half.上午",
        "values.colour",
        "departments.fields.name: missing",
        "departments.fields.nmae: unknown",
        "clinics.request.BeginDate: {frist}",
        "clinics.rows",
        "book.codes.0",
        "book.codes: no code means “booked”",
        "faults.满",
        "info.wards",
        "cancel: missing",
        "state.fields: none of",
    ):
        assert place in told


def test_a_key_that_is_misspelt_is_told_with_its_neighbour() -> None:
    tables = example()
    tables["departments"]["row"] = tables["departments"].pop("rows")
    assert "did you mean rows" in problems(tables)


@pytest.mark.parametrize(
    ("one", "other"), [("doctors", "departments"), ("slots", "clinics"), ("state", "book")]
)
def test_tables_that_need_each_other(one: str, other: str) -> None:
    tables = example()
    del tables[one]
    assert f"{one}: missing; [{other}] is no use without it" in problems(tables)


def test_a_booking_needs_a_result_code() -> None:
    tables = example()
    del tables["result"]["code"]
    assert "result.code: missing" in problems(tables)


@pytest.mark.parametrize("ask", ["state", "cancel"])
def test_a_visit_of_nobody_is_not_looked_for_among_others(ask: str) -> None:
    """A patient's record was erased, and the system tells visits by patient and place."""
    standing, written = ground(Clock(FakeClock()))
    his = build(standing, SoapSettings(wsdl="none.wsdl", mapping="careline:typed"))
    erased = order(date(2026, 11, 23), "C1", "S1", name="", phone="", number="", id_card="")
    with pytest.raises(Refused):
        run_async(his.state(erased, "") if ask == "state" else his.cancel(erased, "", ""))
    assert written.lines == []
