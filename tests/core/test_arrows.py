"""Imports point down: the floors of the house, held by reading every import in the tree.

Imports under TYPE_CHECKING are only names for the type checker and may point anywhere.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from functools import cache
from graphlib import CycleError, TopologicalSorter
from importlib.util import find_spec
from pathlib import Path

import pytest
from attrs import frozen

from careline.plugins.public import PUBLIC, is_public

ROOT = Path(__file__).parents[2]

# Lowest first. A package imports from its own floor and those below; a new one gets its place here.
FLOORS: tuple[frozenset[str], ...] = (
    frozenset({"careline", "clinic", "errors", "clock", "messaging", "spreadsheet", "tasks"}),
    frozenset(
        {
            "asterisk",
            "config",
            "control",
            "i18n",
            "log",
            "numbers",
            "prompts",
            "starpy",
            "storage",
            "supervisor",
            "telephony",
            "terminal",
        }
    ),
    frozenset({"hooks", "jobs", "plugins"}),
    frozenset(
        {
            "agents",
            "audit",
            "auth",
            "alarms",
            "callbacks",
            "callcontrol",
            "calls",
            "campuses",
            "desk",
            "dispositions",
            "figures",
            "ivr",
            "outreach",
            "outbound",
            "patients",
            "presence",
            "site",
            "queues",
            "reception",
            "routing",
            "voicemail",
            "wallboards",
        }
    ),
    frozenset({"web", "surveys"}),
    frozenset({"pages"}),
    frozenset({"app", "demo", "setup", "testing", "verbs"}),
)
FLOOR_OF = {name: floor for floor, names in enumerate(FLOORS) for name in names}

# Who may reach for the one global reactor: the composition root, and programs of their own.
REACTOR = ("app.py", "app/", "starpy/rim.py", "testing/", "demo/")
# Programs that put a core together from outside; nobody in it may import them.
OUTSIDE = ("careline_cli", "careline_migrations")
MIGRATIONS_USERS = ("app.py", "app/", "setup/", "setup.py", "testing/")


@frozen
class Import:
    """One import that happens at run time: the whole dotted name, and where it stands."""

    name: str
    file: Path
    line: int

    def __str__(self) -> str:
        return f"{self.file}:{self.line} imports {self.name}"


def imports_of(file: Path, root: Path) -> Iterator[Import]:
    """All imports of a file but those under TYPE_CHECKING; relative ones made absolute."""
    tree = ast.parse(file.read_text(encoding="utf-8"))
    idle = {
        id(inner)
        for node in ast.walk(tree)
        if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test)
        for statement in node.body
        for inner in ast.walk(statement)
    }
    for node in ast.walk(tree):
        if id(node) in idle:
            continue
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield Import(alias.name, file.relative_to(root), node.lineno)
        elif isinstance(node, ast.ImportFrom):
            package = file.relative_to(root).parent.parts
            above = package[: len(package) - node.level + 1] if node.level else ()
            base = ".".join([*above, *([node.module] if node.module else [])])
            for alias in node.names:
                yield Import(f"{base}.{alias.name}", file.relative_to(root), node.lineno)


def all_imports(root: Path) -> list[Import]:
    """Every run-time import below ``root``."""
    return [one for file in sorted(root.rglob("*.py")) for one in imports_of(file, root)]


def unit_of(file: Path) -> str:
    """The package of the core in which a file lies: ``careline/calls/model.py`` is of calls."""
    part = file.parts[1].removesuffix(".py")
    return "careline" if part == "__init__" else part


def target_of(name: str) -> str | None:
    """The package of the core that an import reaches into, or None when it is not the core's."""
    parts = name.split(".")
    if parts[0] != "careline":
        return None
    return parts[1] if len(parts) > 1 and parts[1] in FLOOR_OF else "careline"


def upward(imports: list[Import]) -> list[str]:
    """Imports that reach from a floor to a higher one."""
    wrong = []
    for one in imports:
        target, floor = target_of(one.name), FLOOR_OF.get(unit_of(one.file), len(FLOORS))
        if target is not None and FLOOR_OF[target] > floor:
            wrong.append(str(one))
    return wrong


def circle(imports: list[Import]) -> list[str]:
    """Packages that import each other in a circle, or nothing."""
    graph: dict[str, set[str]] = {}
    for one in imports:
        target, unit = target_of(one.name), unit_of(one.file)
        if target is not None and target not in ("careline", unit):
            graph.setdefault(unit, set()).add(target)
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        return list(error.args[1])
    return []


def reactor_users(imports: list[Import]) -> list[str]:
    """Imports of the global reactor where it must be an argument."""
    return [
        str(one)
        for one in imports
        if one.name.startswith("twisted.internet.reactor")
        and not "/".join(one.file.parts[1:]).startswith(REACTOR)
    ]


def leaving(imports: list[Import], plugins: Mapping[str, Path]) -> list[str]:
    """Imports of the core that reach a plugin, the command line or the migrations."""
    wrong = []
    for one in imports:
        top = one.name.split(".")[0]
        inside = "/".join(one.file.parts[1:])
        excused = top == "careline_migrations" and inside.startswith(MIGRATIONS_USERS)
        if (top in plugins or top in OUTSIDE) and not excused:
            wrong.append(str(one))
    return wrong


def out_of_bounds(imports: list[Import], plugin: str, plugins: Mapping[str, Path]) -> list[str]:
    """Imports of a plugin that reach another plugin, a program, the reactor or inner modules."""
    wrong = []
    for one in imports:
        top = one.name.split(".")[0]
        other = top != plugin and (top in plugins or top in OUTSIDE)
        inner = top == "careline" and not is_public(one.name)
        if other or inner or one.name.startswith("twisted.internet.reactor"):
            wrong.append(str(one))
    return wrong


PLUGINS = {path.name: path.parent for path in ROOT.glob("plugins/*/careline_*") if path.is_dir()}


@cache
def core() -> list[Import]:
    """Of the whole core; read when a test asks for it, not by everybody who collects tests."""
    return all_imports(ROOT / "core")


def test_every_package_of_the_core_has_its_floor() -> None:
    units = {unit_of(one.file) for one in core()}
    assert units - set(FLOOR_OF) == set(), "give it a place in FLOORS"


def test_no_import_points_up() -> None:
    assert upward(core()) == []


def test_no_packages_import_each_other_in_a_circle() -> None:
    assert circle(core()) == []


def test_only_the_composition_root_and_programs_import_the_reactor() -> None:
    assert reactor_users(core()) == []


def test_the_core_imports_no_plugin_and_no_program() -> None:
    assert leaving(core(), PLUGINS) == []


@pytest.mark.parametrize("name", sorted(PLUGINS))
def test_a_plugin_imports_no_other_and_nothing_inner(name: str) -> None:
    assert out_of_bounds(all_imports(PLUGINS[name]), name, PLUGINS) == []


def test_what_plugins_may_import_is_there_and_is_used() -> None:
    assert [name for name in PUBLIC if find_spec(name) is None] == []
    used = {one.name for root in PLUGINS.values() for one in all_imports(root)}
    reached = {*used, *(name.rpartition(".")[0] for name in used)}
    assert sorted(set(PUBLIC) - reached - UNUSED) == []


#: Kept for plugins of others: what a step may lead to, and what it can be told in a flow.
UNUSED = frozenset({"careline.ivr.exits", "careline.ivr.fields"})


def test_the_command_line_knows_no_plugin() -> None:
    found = all_imports(ROOT / "cli")
    assert [str(one) for one in found if one.name.split(".")[0] in PLUGINS] == []


@pytest.mark.parametrize(
    ("path", "text", "caught"),
    [
        ("config/x.py", "from careline.calls.model import Call", "upward"),
        ("storage/x.py", "def f():\n    import careline.jobs.store", "upward"),
        ("hooks/x.py", "from careline import calls", "upward"),
        ("hooks/x.py", "from ..calls import model", "upward"),
        ("calls/x.py", "from twisted.internet import reactor", "reactor"),
        ("hooks/x.py", "import careline_sms.plugin", "leaving"),
        ("calls/x.py", "from careline_cli import main", "leaving"),
        ("app.py", "from twisted.internet import reactor", ""),
        ("app.py", "from careline_migrations import api", ""),
        (
            "config/x.py",
            "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    import careline.calls.model",
            "",
        ),
        ("calls/x.py", "from careline.errors import Refused", ""),
    ],
)
def test_the_arrows_are_really_seen(tmp_path: Path, path: str, text: str, caught: str) -> None:
    file = tmp_path / "careline" / path
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text)
    found = all_imports(tmp_path)
    seen = {
        "upward": upward(found),
        "reactor": reactor_users(found),
        "leaving": leaving(found, {"careline_sms": tmp_path}),
    }
    assert [name for name, wrong in seen.items() if wrong] == ([caught] if caught else [])


def test_a_circle_is_really_seen(tmp_path: Path) -> None:
    for one, other in (("calls", "agents"), ("agents", "queues"), ("queues", "calls")):
        folder = tmp_path / "careline" / one
        folder.mkdir(parents=True)
        (folder / "x.py").write_text(f"from careline.{other} import y")
    assert set(circle(all_imports(tmp_path))) == {"calls", "agents", "queues"}


@pytest.mark.parametrize(
    "text",
    [
        "from careline_his.plugin import plugin",
        "import careline_cli.main",
        "from careline.app import App",
        "from careline import setup",
        "from twisted.internet import reactor",
    ],
)
def test_what_plugins_may_not_import_is_really_seen(tmp_path: Path, text: str) -> None:
    (tmp_path / "x.py").write_text(f"from careline.web import Visit\n{text}\n")
    found = all_imports(tmp_path)
    assert len(out_of_bounds(found, "careline_sms", {"careline_his": tmp_path})) == 1
