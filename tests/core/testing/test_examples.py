"""The examples of the documents are parts of tests that run (test_outside.py, a new plugin's)."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
BEGUN = ROOT / "core/careline/plugins/skeleton/tests/test_contract.py.skeleton"
OUTSIDE = Path(__file__).with_name("outside")
EXAMPLE = re.compile(r"^```(python|toml)\n(.*?)^```", re.DOTALL | re.MULTILINE)


@pytest.mark.parametrize("language", ["en", "zh"])
def test_every_example_of_testing_is_of_a_test_that_runs(language: str) -> None:
    page = (ROOT / "docs" / language / "develop/testing.md").read_text(encoding="utf-8")
    files = [*OUTSIDE.glob("tests/*.py"), OUTSIDE / "pyproject.toml"]
    run = "\n".join(one.read_text(encoding="utf-8") for one in (*files, BEGUN))
    run = run.replace("@name@", "thanks")
    found = [text for _, text in EXAMPLE.findall(page)]
    assert len(found) > 10
    for text in found:
        assert text in run
