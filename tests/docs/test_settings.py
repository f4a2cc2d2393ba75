"""Every setting has its meaning in both languages, and none is explained that is not there."""

from __future__ import annotations

import tomllib

import pytest
from attrs import field, frozen

from careline.plugins.options import Option, in_code, options_of
from careline_docs.house import ROOT
from careline_docs.settings import all_options, meaning

LANGUAGES = ("zh", "en")


def named(option: Option) -> str:
    return f"[{option.table}] {option.key} ({option.of.__name__}.{option.name})"


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_setting_is_explained(language: str) -> None:
    missing = [named(one) for one in all_options() if not meaning(one, language)]
    assert missing == [], "say it in docs/options.toml"


def test_nothing_is_explained_that_is_not_there() -> None:
    said = tomllib.loads((ROOT / "docs/options.toml").read_text(encoding="utf-8"))
    usual = set(said.pop("any"))
    known = {(one.of.__name__, one.name) for one in all_options()}
    assert {(of, name) for of, names in said.items() for name in names} - known == set()
    assert usual <= {name for _, name in known}


@frozen
class Inner:
    """``size`` is in metres."""

    size: int = 3
    colour: str = field(default="red")
    """As painted."""
    bare: str = ""


@frozen
class Outer:
    needed: str
    inner: Inner = field(factory=Inner)


def test_tables_within_tables_are_found_and_what_is_bare_is_noticed() -> None:
    found = {(one.table, one.key): one for one in options_of(Outer, "plugin.x")}
    assert set(found) == {
        ("plugin.x", "needed"),
        *(("plugin.x.inner", key) for key in ("size", "colour", "bare")),
    }
    assert found["plugin.x", "needed"].default is None
    assert found["plugin.x.inner", "colour"].default == '"red"'
    assert in_code(Inner) == {"size": "``size`` is in metres.", "colour": "As painted."}
    assert [meaning(found["plugin.x.inner", "bare"], one) for one in LANGUAGES] == ["", ""]
