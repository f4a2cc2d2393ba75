"""Which deeds a package's source writes into the audit log."""

from __future__ import annotations

import ast
from collections.abc import Container, Iterator
from pathlib import Path

WRITES = frozenset({"audit", "_note", "_settled"})


def written_acts(package: Path, core: Container[str]) -> set[str]:
    """Acts given to ``visit.audit`` and its like, without the core's own.

    Fails for one that is put together: nobody could find it.
    """
    found = {act for path in package.rglob("*.py") for act in _acts(path)}
    return {act for act in found if act not in core}


def _acts(path: Path) -> Iterator[str]:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    tables = {
        target.id: node.value.values
        for node in ast.walk(tree)
        if isinstance(node, ast.Assign) and isinstance(node.value, ast.Dict)
        for target in node.targets
        if isinstance(target, ast.Name)
    }
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and _name(node.func) in WRITES:
            for one in _texts(node, tables):
                assert isinstance(one, ast.Constant | ast.Name), ast.unparse(node)
                if isinstance(one, ast.Constant):
                    yield str(one.value)


def _texts(call: ast.Call, tables: dict[str, list[ast.expr]]) -> list[ast.expr]:
    """The act, which is the first argument, or the one behind the visit."""
    first = call.args[0 if _name(call.func) == "audit" else 1]
    if isinstance(first, ast.IfExp):
        return [first.body, first.orelse]
    if isinstance(first, ast.Subscript):
        return tables[_name(first.value)]
    return [first]


def _name(node: ast.AST) -> str:
    return node.attr if isinstance(node, ast.Attribute) else getattr(node, "id", "")
