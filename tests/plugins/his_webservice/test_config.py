"""``[plugin.his_webservice]``: every error with its path, defaults where they are enough."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path
from typing import Any

import pytest

from careline.config import Reader
from careline.errors import CarelineError, Invalid
from careline_his_webservice.campuses import builder
from careline_his_webservice.config import KINDS, Config, embedded_settings

ROOT = Path(__file__).parents[3]


def read(table: dict[str, Any], folder: Path) -> Config:
    reader = Reader(folder, {})
    config = reader.read(table, Config, ("plugin", "his_webservice"))
    reader.raise_problems(folder / "careline.toml")
    assert config is not None
    return config


def problems(table: dict[str, Any], folder: Path) -> list[str]:
    with pytest.raises(Invalid) as caught:
        read(table, folder)
    return [str(one) for one in caught.value.problems]


def test_an_embedded_system_needs_one_word(tmp_path: Path) -> None:
    config = read({"campus": {"main": {"kind": "embedded"}}}, tmp_path)
    main = config.campus["main"]
    assert (main.timeout_s, main.concurrency, main.cache_s) == (5.0, 4, 60.0)
    assert list(embedded_settings(config)) == ["main"]
    assert read({}, tmp_path).campus == {}


def test_all_errors_are_listed_with_their_paths(tmp_path: Path) -> None:
    found = problems(
        {
            "keep_days": 0,
            "campus": {
                "main": {"kind": "soup", "timeout_s": 99},
                "east": {"kind": "soap", "concurency": 4, "soap": {"wsdl": 5}},
            },
        },
        tmp_path,
    )
    for path in (
        "keep_days",
        "campus.main.kind",
        "campus.main.timeout_s",
        "campus.east.concurency",
        "campus.east.soap.wsdl",
        "campus.east.soap.mapping",
    ):
        assert any(one.startswith(f"plugin.his_webservice.{path}:") for one in found), path


@pytest.mark.parametrize("kind", ["soap", "fhir", "hl7", "sql"])
def test_a_system_that_needs_its_table_says_so(kind: str, tmp_path: Path) -> None:
    (said,) = problems({"campus": {"east": {"kind": kind}}}, tmp_path)
    assert said.startswith(f"plugin.his_webservice.campus.east.{kind}: missing")


def test_a_secret_stands_in_a_file(tmp_path: Path) -> None:
    (tmp_path / "soap.secret").write_text("hunter2\n", encoding="utf-8")
    soap = {"wsdl": "http://127.0.0.1/his?wsdl", "mapping": "east.toml"}
    table = {"kind": "soap", "soap": {**soap, "password_file": "soap.secret"}}
    config = read({"campus": {"east": table}}, tmp_path)
    east = config.campus["east"]
    assert east.soap is not None
    assert east.soap.password is not None
    assert east.soap.password.reveal() == "hunter2"
    assert "hunter2" not in repr(config)
    inline = {"kind": "soap", "soap": {**soap, "password": "hunter2"}}
    with pytest.raises(CarelineError, match="does not belong in this file"):
        read({"campus": {"east": inline}}, tmp_path)


def test_the_examples_of_the_documentation_are_right(tmp_path: Path) -> None:
    text = (ROOT / "docs/en/plugins/his_webservice.md").read_text(encoding="utf-8")
    examples = re.findall(r"```toml\n(.*?)```", text, re.DOTALL)
    kinds = set()
    for example in examples:
        table = tomllib.loads(example)["plugin"]["his_webservice"]
        kinds |= {one.kind for one in read(table, tmp_path).campus.values()}
    assert kinds == set(KINDS)


def test_every_kind_has_an_adapter() -> None:
    for kind in KINDS:
        assert callable(builder(kind)), kind
