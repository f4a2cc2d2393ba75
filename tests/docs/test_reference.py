"""The reference says all that there is: hooks, commands, permissions, tables, live events."""

from __future__ import annotations

import ast

import pytest

from careline.hooks import specs as core_specs
from careline.hooks.kinds import specs_in
from careline.storage import metadata
from careline_docs.commands import commands
from careline_docs.hooks import chinese, sentences
from careline_docs.house import house, plugins
from careline_docs.live import _names, meanings, told
from careline_docs.pages import made

LANGUAGES = ("zh", "en")
#: Sentences of new hooks that may stand in English for a while.
FEW = 12


@pytest.fixture(scope="module", params=LANGUAGES)
def pages(request: pytest.FixtureRequest) -> dict[str, str]:
    return made(request.param)


def test_every_hook_has_its_entry(pages: dict[str, str]) -> None:
    text = pages["reference/hooks"]
    assert all(f"\n### {spec.name}\n" in text for spec in specs_in(core_specs, "core"))
    offering = {f"reference/hooks-{name}" for name, one in plugins().items() if one.specs}
    assert offering
    assert offering <= set(pages)


def test_hooks_are_told_in_chinese_too() -> None:
    specs = [*specs_in(core_specs, "core")]
    specs += [
        spec for name, one in plugins().items() if one.specs for spec in specs_in(one.specs, name)
    ]
    lacking = {text for spec in specs for text in sentences(spec)} - set(chinese())
    assert len(lacking) < FEW, f"say it in docs/hooks.toml: {sorted(lacking)}"
    text = made("zh")["reference/hooks"]
    assert "- **何时：** 通话开始时" in text
    assert "When" not in text


def test_every_command_has_its_entry(pages: dict[str, str]) -> None:
    assert {"queue", "plugin", "sms", "appointment"} <= set(commands())
    assert all(f"\n## {name}\n" in pages["reference/commands"] for name in commands())


def test_every_permission_has_its_entry(pages: dict[str, str]) -> None:
    permissions = {one for one in house().offers.permissions if one != "demo"}
    assert len(permissions) > 40
    assert [one for one in permissions if f"`{one}`" not in pages["reference/permissions"]] == []


def test_every_table_has_its_entry_and_is_said_to_be_something(pages: dict[str, str]) -> None:
    entries = pages["reference/tables"].split("\n### ")[1:]
    said = {one.partition("\n")[0]: one.split("\n")[2].strip() for one in entries}
    assert set(metadata.tables) <= set(said)
    assert [name for name in metadata.tables if not said[name]] == []


def test_live_events_are_those_that_the_code_tells() -> None:
    assert set(meanings()) == told(), "docs/events.toml"


def test_telling_and_waiting_are_both_seen() -> None:
    source = "core.events.tell('x_changed', id)\nPanel(refresh_on=('y_changed', Z))"
    assert [ast.unparse(one) for one in _names(ast.parse(source))] == [
        "'x_changed'",
        "'y_changed'",
        "Z",
    ]
