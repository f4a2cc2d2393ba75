"""Imports: a plugin knows the public modules of careline, and no other plugin."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator

from careline.errors import CarelineError
from careline.plugins.public import is_public
from careline.testing.contract.subject import Source, Subject

PROGRAMS = ("careline_cli", "careline_migrations")
REACTOR = "twisted.internet.reactor"


def imports(subject: Subject) -> Iterator[CarelineError]:
    """Each import that reaches into another plugin, a program, or the inside of the core."""
    own = subject.module.partition(".")[0]
    others = {one.hooks.__module__.partition(".")[0] for one in subject.catalog.plugins.values()}
    others = {name for name in others if name.startswith("careline_")} - {own}
    for source in subject.sources:
        for name, line in imported(source):
            where, top = f"{source.path}:{line}", name.partition(".")[0]
            if top in others:
                yield subject.found(
                    "imports.plugin",
                    "{where} imports {name}, another plugin; talk to it through hooks",
                    where=where,
                    name=name,
                )
            elif name.startswith(REACTOR):
                yield subject.found(
                    "imports.reactor",
                    "{where} imports the reactor; take core.reactor, and core.clock for time",
                    where=where,
                )
            elif top in PROGRAMS or (top == "careline" and not is_public(name)):
                yield subject.found(
                    "imports.inner",
                    "{where} imports {name}, which is the core's own and may change; what plugins "
                    "may import stands in careline/plugins/public.py",
                    where=where,
                    name=name,
                )


def imported(source: Source) -> Iterator[tuple[str, int]]:
    """Whole dotted names that are imported at run time, with their lines."""
    idle = {id(inner) for block in _only_for_types(source.nodes) for inner in ast.walk(block)}
    for node in source.nodes:
        if id(node) in idle:
            continue
        if isinstance(node, ast.Import):
            yield from ((alias.name, node.lineno) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = _base(node, source.package)
            yield from ((f"{base}.{alias.name}", node.lineno) for alias in node.names)


def _base(node: ast.ImportFrom, package: str) -> str:
    parts = package.split(".")
    above = parts[: len(parts) - node.level + 1] if node.level else []
    return ".".join([*above, *([node.module] if node.module else [])])


def _only_for_types(nodes: Iterable[ast.AST]) -> Iterator[ast.stmt]:
    for node in nodes:
        if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test):
            yield from node.body
