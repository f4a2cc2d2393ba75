"""Every call of a hook in the core passes just the arguments that the spec declares.

``hub.<hook>`` is looked up at run time, so neither the type checker nor an untested branch would
tell.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from careline.hooks import Kind
from careline.hooks import specs as core_specs
from careline.hooks.kinds import specs_in

CORE = Path(__file__).parents[3] / "core" / "careline"
SPECS = {spec.name: spec for spec in specs_in(core_specs, "core")}


def calls(text: str) -> Iterator[tuple[int, str, int, set[str | None]]]:
    """Line, hook, number of positional arguments and keywords of each ``...hub.<hook>(...)``."""
    for node in ast.walk(ast.parse(text)):
        if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Attribute):
            continue
        owner = node.func.value
        name = owner.attr if isinstance(owner, ast.Attribute) else getattr(owner, "id", "")
        if name.strip("_") == "hub" and node.func.attr in SPECS:
            keywords = {keyword.arg for keyword in node.keywords}
            yield node.lineno, node.func.attr, len(node.args), keywords


def mistakes(text: str) -> list[str]:
    """Lines that call a hook otherwise than its spec says; ``**arguments`` cannot be judged."""
    wrong = []
    for line, hook, positional, keywords in calls(text):
        spec = SPECS[hook]
        expected = 1 if spec.kind is Kind.DURABLE else 0
        if positional != expected or (None not in keywords and keywords != set(spec.arguments)):
            wrong.append(f"{line}: {hook} takes {spec.arguments}")
    return wrong


def test_all_calls_in_the_core_are_right() -> None:
    files = [file for file in CORE.rglob("*.py") if CORE / "hooks" not in file.parents]
    found = {file.name: mistakes(file.read_text(encoding="utf-8")) for file in files}
    assert {name: wrong for name, wrong in found.items() if wrong} == {}


@pytest.mark.parametrize(
    ("text", "right"),
    [
        ("self.hub.call_started(call=c)", True),
        ("self._hub.call_started(c)", False),
        ("hub.call_started()", False),
        ("hub.call_ended(tx, call_id=c)", True),
        ("hub.call_ended(call_id=c)", False),
        ("hub.agent_changed(agent=a)", False),
        ("other.call_started()", True),
    ],
)
def test_a_wrong_call_is_really_seen(text: str, right: bool) -> None:
    assert (mistakes(text) == []) is right
