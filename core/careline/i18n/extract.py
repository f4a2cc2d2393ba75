"""Finds every text in Python source and in templates that needs a translation.

Counted are calls of CarelineError's children (second argument), ``translate``,
``translate_plural``, ``Text`` and ``_``, and whatever stands behind an error's code. A text is a
literal, or a name that stands for literals in the same file; one that is passed on as a value is
marked by ``Text`` where it is written. The ``title`` of what plugins bring (a panel, a page, a
permission ...) is one too. In templates it is what ``_`` and ``ngettext`` hold.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Iterator, Mapping
from itertools import pairwise
from pathlib import Path

from attrs import frozen
from jinja2 import Environment
from jinja2.ext import extract_from_ast

ERRORS = frozenset({"CarelineError", "NotFound", "Refused", "Conflict", "Invalid", "Unavailable"})
Assigned = Mapping[str, list[str]]
CODE = re.compile(r"[a-z][a-z0-9_]*\.[a-z][a-z0-9_]*")
FIRST = frozenset({"translate", "Text", "_"})
#: Values of the hooks whose titles are shown translated.
TITLED = frozenset(
    {"Act", "Panel", "Page", "Permission", "Plugin", "Purpose", "Report", "Setting", "HealthCheck"}
)
#: Folders of installed front-end packages and of built documents: nothing there is source.
FOREIGN = frozenset({"node_modules", "built"})


@frozen(order=True)
class Found:
    """A msgid (and its plural, else ``""``) and where it stands."""

    msgid: str
    plural: str
    path: str
    line: int


def extract(source: str, path: str, errors: frozenset[str] = ERRORS) -> Iterator[Found]:
    """All msgids in one file's source, where ``errors`` are the names of the error classes.

    A name or a table stands for every literal that is assigned to it anywhere in the file.
    """
    yield from _extracted(ast.parse(source, path), path, errors)


def _extracted(tree: ast.Module, path: str, errors: frozenset[str]) -> Iterator[Found]:
    assigned = _assigned(tree)
    for node in ast.walk(tree):
        for arguments in _texts_of(node, errors):
            yield from _literal(arguments, path, assigned)


def extract_tree(roots: Iterable[Path]) -> list[Found]:
    """All msgids below ``roots``, sorted; error classes defined anywhere in them count as well."""
    roots = list(roots)
    sources = _sources(roots, "*.py")
    trees = {str(path): ast.parse(text, str(path)) for path, text in sources.items()}
    errors = _error_classes(trees.values())
    found = [hit for path, tree in trees.items() for hit in _extracted(tree, path, errors)]
    pages = _sources(roots, "*.html")
    found += [hit for path, text in pages.items() for hit in extract_template(text, str(path))]
    return sorted(found)


def _sources(roots: Iterable[Path], pattern: str) -> dict[Path, str]:
    files = [path for root in roots for path in sorted(root.rglob(pattern))]
    ours = [path for path in files if FOREIGN.isdisjoint(path.parts)]
    return {path: path.read_text(encoding="utf-8") for path in ours}


def extract_template(source: str, path: str) -> Iterator[Found]:
    """All msgids in one Jinja template."""
    parsed = Environment(autoescape=True, extensions=["jinja2.ext.do"]).parse(source)
    for line, _function, message in extract_from_ast(parsed, ("_", "ngettext")):
        texts = [text for text in (message if isinstance(message, tuple) else (message,)) if text]
        if texts:
            yield Found(texts[0], texts[1] if len(texts) > 1 else "", path, line)


def _error_classes(trees: Iterable[ast.Module]) -> frozenset[str]:
    """The known error classes and all that derive from them, by name."""
    classes = [node for tree in trees for node in ast.walk(tree) if isinstance(node, ast.ClassDef)]
    known: set[str] = set(ERRORS)
    while more := {c.name for c in classes if known & set(map(_name, c.bases))} - known:
        known |= more
    return frozenset(known)


def _texts_of(node: ast.AST, errors: frozenset[str]) -> Iterator[list[ast.expr]]:
    """The arguments that are texts: one, or a text and its plural."""
    if isinstance(node, ast.Call):
        name = _name(node.func)
        if name in errors:
            yield node.args[1:2]
        elif name in FIRST:
            yield node.args[:1]
        elif name == "translate_plural":
            yield node.args[:2]
        elif name in TITLED:
            yield from ([word.value] for word in node.keywords if word.arg == "title")
        else:
            yield from _after_code(node.args)


def _after_code(args: list[ast.expr]) -> Iterator[list[ast.expr]]:
    """A text behind an error's code, given to a function that makes the error later."""
    for code, text in pairwise(args):
        texts = _strings(text, {})
        if any(map(CODE.fullmatch, _strings(code, {}))) and any(" " in word for word in texts):
            yield [text]


def _assigned(tree: ast.Module) -> dict[str, list[str]]:
    """The texts behind each name: of ``text = "..."`` and of ``TEXTS = {key: "..."}``."""
    found: dict[str, list[str]] = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.Assign | ast.AnnAssign) and node.value is not None:
            values = node.value.values if isinstance(node.value, ast.Dict) else [node.value]
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            for target in targets:
                texts = [text for value in values for text in _strings(value, {})]
                found.setdefault(_name(target), []).extend(texts)
    return found


def _literal(args: list[ast.expr], path: str, assigned: Assigned) -> Iterator[Found]:
    strings = [text for arg in args for text in _strings(arg, assigned)]
    if len(args) == 1:
        yield from (Found(text, "", path, args[0].lineno) for text in strings)
    elif len(strings) == 2:
        yield Found(strings[0], strings[1], path, args[0].lineno)


def _strings(arg: ast.expr, assigned: Assigned) -> list[str]:
    """The literal itself, both sides of ``a if x else b``, or what a name or table stands for."""
    if isinstance(arg, ast.IfExp):
        return _strings(arg.body, assigned) + _strings(arg.orelse, assigned)
    if isinstance(arg, ast.Subscript):
        return _strings(arg.value, assigned)
    if isinstance(arg, ast.Constant):
        return [arg.value] if isinstance(arg.value, str) and arg.value else []
    return assigned.get(_name(arg), [])


def _name(node: ast.expr) -> str:
    """``Invalid`` of ``Invalid`` and of ``errors.Invalid``."""
    return node.attr if isinstance(node, ast.Attribute) else getattr(node, "id", "")
