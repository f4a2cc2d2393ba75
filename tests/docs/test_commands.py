"""Every command that the documents and the README show is one that careline would run."""

from __future__ import annotations

from pathlib import Path

import pytest

from careline_docs.lines import fault, shown_in

ROOT = Path(__file__).parents[2]
#: What the plugin of the tutorial brings; test_tutorial.py runs it.
OF_TUTORIAL = "careline wheelchairs "
PAGES = [*sorted(ROOT.glob("*.md")), *sorted((ROOT / "docs").rglob("*.md"))]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_commands_are_true(page: Path) -> None:
    lines = [line for line in shown_in(page) if not line.startswith(OF_TUTORIAL)]
    assert [said for line in lines if (said := fault(line))] == []


@pytest.mark.parametrize(
    "line",
    [
        "careline queue ad service",
        "careline queue add service 综合服务 --campuss main",
        "careline trunk add city",
        "careline figures today --by planet",
        "careline backup a b",
        "careline sms sned 1",
    ],
)
def test_a_wrong_one_is_found(line: str) -> None:
    assert fault(line)


@pytest.mark.parametrize(
    "line",
    [
        ".venv/bin/careline --lang en queue add service 综合服务 --campus main  # a comment",
        "CARELINE_LANG=en careline figures today --by 维度 | less",
        "careline figures today --by queue",
    ],
)
def test_a_right_one_is_let_through(line: str) -> None:
    assert fault(line) == ""
