"""The list of licences is what is installed and locked, and nothing in it binds a hospital."""

from __future__ import annotations

from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path

from careline_docs.licences import FREE, NOTED, agrees, listed, locked, needed, stated

ROOT = Path(__file__).parents[2]


def test_every_python_package_is_listed_and_none_that_is_not_needed() -> None:
    python = set(listed()["python"])
    assert needed() - python == set()
    assert python - needed(everywhere=True) == set()


def test_the_list_says_what_the_packages_say() -> None:
    wrong = {}
    for name, licence in listed()["python"].items():
        try:
            distribution(name)
        except PackageNotFoundError:
            continue
        if not agrees(licence, stated(name)):
            wrong[name] = (licence, stated(name))
    assert wrong == {}


def test_the_list_says_what_the_lock_file_says() -> None:
    assert dict(locked()) == listed()["npm"]


def test_nothing_forbids_a_hospitals_use() -> None:
    notes = listed()["notes"]
    for name, licence in {**listed()["python"], **listed()["npm"]}.items():
        chosen = set(licence.split(" OR "))
        assert chosen & (FREE | NOTED), f"{name}: {licence}"
        assert chosen & FREE or name in notes, f"{name}: {licence} needs a note"


def test_a_wrong_licence_is_noticed() -> None:
    assert not agrees("MIT", {"BSD"})
    assert not agrees("GPL-3.0-only", {"LGPL"})
    assert agrees("BSD-3-Clause", {"BSD"})
    assert agrees("Apache-2.0 OR BSD-2-Clause", {"Apache-2.0 OR BSD-2-Clause"})


def test_the_project_says_its_own() -> None:
    text = (ROOT / "LICENSE").read_text(encoding="utf-8")
    assert "Apache License" in text
    assert "Version 2.0, January 2004" in text
    assert 'license="Apache-2.0"' in (ROOT / "setup.py").read_text(encoding="utf-8")
