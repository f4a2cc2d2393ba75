"""``make run HIS=soap``: the east campus as the other system holds it, and careline.toml."""

from __future__ import annotations

import json
from pathlib import Path
from urllib.request import urlopen

import pytest
from tests.support.counterparts import start
from tests.support.demo_his import EMBEDDED, east, point, soap

from careline.config import Home, load, write_default
from careline_his_webservice.demo.hospital import hospital

TABLES = """
[plugin.his_webservice.campus.main]
kind = "embedded"

[plugin.his_webservice.campus.east]
kind = "embedded"
"""


def test_the_system_knows_departments_and_doctors_by_the_same_codes() -> None:
    told, same = east(), hospital("east")
    assert [one["code"] for one in told["departments"]] == [one.code for one in same.departments]
    assert [one["code"] for one in told["doctors"]] == [one.code for one in same.doctors]
    assert len(told["info"]["drugs"]) == 200
    assert all(one["number"] and one["sex"] in "男女" for one in told["patients"])


def test_careline_toml_is_pointed_there_and_back(tmp_path: Path) -> None:
    home = Home(tmp_path)
    write_default(home)
    text = home.config.read_text(encoding="utf-8")
    home.config.write_text(text + TABLES, encoding="utf-8")
    point(home.config, soap(8090))
    campuses = load(home.config, {}).plugin["his_webservice"]["campus"]
    assert campuses["east"]["soap"]["wsdl"] == "http://127.0.0.1:8090/his?wsdl"
    assert campuses["main"] == {"kind": "embedded"}
    point(home.config, EMBEDDED)
    assert home.config.read_text(encoding="utf-8") == text + TABLES


@pytest.mark.integration
def test_the_program_of_npm_takes_the_data(tmp_path: Path) -> None:
    data = tmp_path / "data.json"
    data.write_text(json.dumps(east(), ensure_ascii=False), encoding="utf-8")
    system = start("soap.mjs", "--data", str(data))
    try:
        with urlopen(f"http://127.0.0.1:{system.port}/control", timeout=10) as answer:
            assert json.load(answer)["patients"] == len(east()["patients"])
    finally:
        system.stop()
