"""Every setting of a class that reads a table of careline.toml: what it means, and what it is now.

For people: the reference of the configuration, and a plugin's page. Secrets are told of, not told.
"""

from __future__ import annotations

import ast
import inspect
import re
import textwrap
from collections.abc import Collection, Iterator, Mapping, Sequence
from itertools import pairwise
from typing import Any, get_args, get_origin

import attrs
from attrs import frozen

from careline.config import Secret
from careline.plugins.keys import default_of, is_secret, toml

MASKED = "••••"
#: Names of plain settings that hold what nobody else should read.
SECRETIVE = re.compile(r"password|secret|token|(^|_)key$")
#: User and password before a host, and what a link carries.
IN_URL = re.compile(
    r"(?<=://)[^/@\s\"]+(?=@)|(?<=[?&])((?:\w*)(?:key|token|secret|password)=)[^&\s\"]+"
)


@frozen
class Option:
    """One setting: ``key`` in ``table`` (``[plugin.sms]``), and the class that reads it.

    ``values`` are what it is now, one for each such table that is written, as in TOML.
    """

    table: str
    key: str
    of: type[Any]
    name: str
    default: str | None
    values: tuple[str, ...] = ()


def options_of(
    cls: type[Any],
    path: str,
    now: Sequence[object] = (),
    left_out: Mapping[str, Collection[str]] | None = None,
) -> Iterator[Option]:
    """The settings of a class and, after them, those of the tables within it.

    ``now`` are the instances that were read, ``left_out`` names fields by class that are no
    settings.
    """
    attrs.resolve_types(cls)
    inner: list[tuple[type[Any], str, list[object]]] = []
    for one in attrs.fields(cls):
        if not one.init or one.name in (left_out or {}).get(cls.__name__, ()):
            continue
        below, there = _class_in(one.type), [getattr(each, one.name) for each in now]
        if below is None:
            values = tuple(_shown(one, value) for value in there)
            yield Option(path, _key(one), cls, one.name, default_of(one.default), values)
        else:
            tables = [table for each in there for table in _in(each)]
            inner.append((below, _path(path, one), tables))
    for below, place, tables in inner:
        yield from options_of(below, place, tables, left_out)


def in_code(cls: type[Any]) -> dict[str, str]:
    """What the code says of a class's fields: below each, or in a sentence of the docstring."""
    try:
        body = ast.parse(textwrap.dedent(inspect.getsource(cls))).body[0]
    except (OSError, TypeError, SyntaxError):  # no source here
        return {}
    found = dict(_in_prose(inspect.getdoc(cls) or ""))
    fields = body.body if isinstance(body, ast.ClassDef) else []
    for field, after in pairwise(fields):
        said = after.value if isinstance(after, ast.Expr) else None
        if isinstance(field, ast.AnnAssign) and isinstance(said, ast.Constant):
            found[ast.unparse(field.target)] = str(said.value)
    return found


def _in_prose(text: str) -> Iterator[tuple[str, str]]:
    for sentence in re.split(r"(?<=[.;])\s+", " ".join(text.split())):
        for name in re.findall(r"``(\w+)``", sentence):
            yield name, sentence


def _shown(one: attrs.Attribute[Any], value: object) -> str:
    if value is None:
        return ""
    if is_secret(one.type) or (value and SECRETIVE.search(one.name)):
        return MASKED
    return IN_URL.sub(lambda found: f"{found[1] or ''}{MASKED}", toml(value))


def _in(value: object) -> list[object]:
    """The tables in a field that holds one, several, or some by name."""
    if value is None:
        return []
    if isinstance(value, Mapping):
        return list(value.values())
    return list(value) if isinstance(value, tuple | list) else [value]


def _class_in(kind: Any) -> type[Any] | None:
    """The class of a table within a table: plain, optional, in a list or by name."""
    for one in (kind, *get_args(kind)):
        if isinstance(one, type) and attrs.has(one) and one is not Secret:
            return one
    return None


def _path(path: str, one: attrs.Attribute[Any]) -> str:
    place = f"{path}.{one.name}" if path else one.name
    kind = get_origin(one.type)
    if kind is tuple:
        return f"[{place}]"
    named = isinstance(kind, type) and issubclass(kind, Mapping)
    return f"{place}.NAME" if named else place


def _key(one: attrs.Attribute[Any]) -> str:
    return f"{one.name}_file" if is_secret(one.type) else one.name
