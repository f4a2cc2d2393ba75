"""What `careline plugin new` writes: right for every name that it takes, and lint has no word."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from careline.errors import CarelineError, Conflict
from careline.i18n.extract import extract_tree
from careline.i18n.update import update
from careline.plugins.scaffold import write

NAMES = ("a", "visitor_parking", "a" * 32)


def codes_of(name: str, **more: str) -> str:
    with pytest.raises(CarelineError) as caught:
        write(name, Path("/nowhere"), taken=("sms", "call_fact", "queue"), **more)
    return caught.value.code


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("", "name"),
        ("Parking", "name"),
        ("9to5", "name"),
        ("visitor-parking", "name"),
        ("停车", "name"),
        ("a" * 33, "name"),
        ("hook", "name"),
        ("core", "name"),
        ("../etc", "name"),
        ("import", "keyword"),
        ("match", "keyword"),
        ("parking_", "underscores"),
        ("visitor__parking", "underscores"),
        ("sms", "taken"),
        ("queue", "taken"),
        ("call", "taken"),  # its tables would begin as the core's call_fact does
        ("migrations", "package_taken"),
        ("satisfaction", "package_taken"),
    ],
)
def test_a_name_that_will_not_do_is_refused_with_its_reason(name: str, code: str) -> None:
    assert codes_of(name) == f"plugin.{code}"


@pytest.mark.parametrize("title", ['say "hi"', "a\\b", "{braces}", "@name@", "x" * 41, "a\nb"])
def test_a_title_that_would_break_the_files_is_refused(title: str) -> None:
    assert codes_of("parking", title=title) == "plugin.title"


def test_what_is_there_stays_as_it_is(tmp_path: Path) -> None:
    write("parking", tmp_path)
    mine = tmp_path / "parking" / "README.md"
    mine.write_text("mine")
    with pytest.raises(Conflict):
        write("parking", tmp_path)
    assert mine.read_text() == "mine"


@pytest.mark.parametrize("name", NAMES)
def test_lint_and_format_have_no_word_whatever_the_name(name: str, tmp_path: Path) -> None:
    for file in write(name, tmp_path, title="T" * 40 if len(name) > 20 else ""):
        assert "@" not in str(file)
        assert "@name@" not in file.read_text(encoding="utf-8")
    for verb in (["check"], ["format", "--check"]):
        command = [sys.executable, "-m", "ruff", *verb, "--quiet", "--no-cache", "."]
        told = subprocess.run(command, cwd=tmp_path / name, capture_output=True, text=True)
        assert told.returncode == 0, told.stdout


def test_all_its_texts_are_translated(tmp_path: Path) -> None:
    write("parking", tmp_path, title="Parking", title_zh="停车")
    package = tmp_path / "parking" / "careline_parking"
    catalog = package / "locale/zh/LC_MESSAGES/careline_parking.po"
    before = catalog.read_text(encoding="utf-8")
    assert update(package, extract_tree([package]), package.parent) == []
    assert "#~" not in catalog.read_text(encoding="utf-8"), "a translation that nothing needs"
    assert 'msgstr "停车"' in before


def test_files_are_short() -> None:
    """An author reads all of them in the first half hour."""
    folder = Path(sys.modules[write.__module__].__file__ or "").parent / "skeleton"
    lines = {one.name: len(one.read_text().splitlines()) for one in folder.rglob("*.py.skeleton")}
    assert len(lines) > 10
    assert {name: count for name, count in lines.items() if count > 150} == {}
