"""Finds every text in Python source that needs a translation.

Counted are calls of CarelineError's children (second argument), ``translate``,
``translate_plural``, ``Text`` and ``_``. A text must be written out as a literal; one that is
passed on as a value is marked by ``Text`` where it is written.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator
from pathlib import Path

from attrs import frozen

ERRORS = frozenset({"CarelineError", "NotFound", "Refused", "Conflict", "Invalid", "Unavailable"})
FIRST = frozenset({"translate", "Text", "_"})


@frozen(order=True)
class Found:
    """A msgid (and its plural, else ``""``) and where it stands."""

    msgid: str
    plural: str
    path: str
    line: int


def extract(source: str, path: str, errors: frozenset[str] = ERRORS) -> Iterator[Found]:
    """All msgids in one file's source, where ``errors`` are the names of the error classes."""
    for node in ast.walk(ast.parse(source, path)):
        if isinstance(node, ast.Call):
            yield from _of_call(node, path, errors)
        elif isinstance(node, ast.ClassDef) and errors & set(map(_name, node.bases)):
            yield from _of_error_class(node, path)


def extract_tree(roots: Iterable[Path]) -> list[Found]:
    """All msgids below ``roots``, sorted; error classes defined anywhere in them count as well."""
    files = [path for root in roots for path in sorted(root.rglob("*.py"))]
    sources = {path: path.read_text(encoding="utf-8") for path in files}
    errors = _error_classes(sources.values())
    found = [hit for path, text in sources.items() for hit in extract(text, str(path), errors)]
    return sorted(found)


def _error_classes(sources: Iterable[str]) -> frozenset[str]:
    """The known error classes and all that derive from them, by name."""
    trees = [ast.parse(source) for source in sources]
    classes = [node for tree in trees for node in ast.walk(tree) if isinstance(node, ast.ClassDef)]
    known: set[str] = set(ERRORS)
    while more := {c.name for c in classes if known & set(map(_name, c.bases))} - known:
        known |= more
    return frozenset(known)


def _of_call(call: ast.Call, path: str, errors: frozenset[str]) -> Iterator[Found]:
    name = _name(call.func)
    if name in errors:
        yield from _literal(call.args[1:2], path)
    elif name in FIRST:
        yield from _literal(call.args[:1], path)
    elif name == "translate_plural":
        yield from _literal(call.args[:2], path)


def _of_error_class(node: ast.ClassDef, path: str) -> Iterator[Found]:
    """``super().__init__("code", "text")`` inside an error class of its own."""
    for call in ast.walk(node):
        if isinstance(call, ast.Call) and ast.unparse(call.func) == "super().__init__":
            yield from _literal(call.args[1:2], path)


def _literal(args: list[ast.expr], path: str) -> Iterator[Found]:
    strings = [text for arg in args for text in _strings(arg)]
    choice = len(args) == 1
    if choice:
        yield from (Found(text, "", path, args[0].lineno) for text in strings)
    elif len(strings) == 2:
        yield Found(strings[0], strings[1], path, args[0].lineno)


def _strings(arg: ast.expr) -> list[str]:
    """The literal itself, or both sides of ``a if x else b``."""
    if isinstance(arg, ast.IfExp):
        return _strings(arg.body) + _strings(arg.orelse)
    is_text = isinstance(arg, ast.Constant) and isinstance(arg.value, str) and arg.value
    return [arg.value] if is_text else []  # type: ignore[attr-defined]  # narrowed by is_text


def _name(node: ast.expr) -> str:
    """``Invalid`` of ``Invalid`` and of ``errors.Invalid``."""
    return node.attr if isinstance(node, ast.Attribute) else getattr(node, "id", "")
