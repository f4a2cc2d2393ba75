"""Files of rules for views: what is wrong in them is told at once, all of it, with its place."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from careline.clinic.his import Ability
from careline.errors import Invalid
from careline_his_webservice.adapters.sql.rules import load_rules, parse_rules
from careline_his_webservice.adapters.sql.settings import SqlSettings


def problems(tables: dict[str, Any]) -> str:
    with pytest.raises(Invalid) as caught:
        parse_rules(tables, Path("views.toml"))
    return str(caught.value)


def test_the_example_is_right() -> None:
    rules = load_rules(Path(), "careline:views")
    assert rules.can == {Ability.DIRECTORY, Ability.SCHEDULE, Ability.PERSON, Ability.INFO}


def test_every_fault_is_told_with_its_place() -> None:
    told = problems(
        {
            "values": {"half": {"上午": "noon"}},
            "departments": {"view": "v; DROP TABLE x", "fields": {"code": "a b", "nam": "c"}},
            "clinics": {
                "view": "v",
                "where": "day = :frist::date",
                "fields": {"code": "c", "department": "d", "day": "e", "half": "f"},
            },
            "info": {"wards": {"view": "v", "columns": {}}},
        }
    )
    for place in (
        "values.half.上午",
        "departments.view",
        "departments.fields.code",
        "departments.fields.name",
        "departments.fields.nam",
        "clinics.where: “:frist”",
        "info.wards",
        "doctors: missing",
        "slots: missing",
    ):
        assert place in told


def test_a_password_has_no_place_in_the_url() -> None:
    with pytest.raises(Invalid, match="password_file"):
        SqlSettings(url="postgresql://a:b@host/db", mapping="m.toml")
    with pytest.raises(Invalid, match="must be a URL"):
        SqlSettings(url="his database", mapping="m.toml")
