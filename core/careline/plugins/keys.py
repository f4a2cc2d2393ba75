"""The settings of a plugin as people write them in careline.toml, read from its attrs class."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import time
from pathlib import Path
from typing import Any, get_args, get_origin

import attrs
from attrs import frozen

from careline.config import Secret
from careline.i18n import Text

TABLE = Text("table of its own").msgid
FILE = Text("file name").msgid
LIST = Text("list of values").msgid
#: What values are called; the first that fits counts, since true is a whole number too.
KINDS: Mapping[type, str] = {
    bool: Text("true or false").msgid,
    int: Text("whole number").msgid,
    float: Text("decimal number").msgid,
    str: Text("text").msgid,
    Path: FILE,
    time: Text("time of day").msgid,
}


@frozen
class ConfigKey:
    """One key; ``type`` is a msgid, ``default`` as in TOML, None when it must be given."""

    name: str
    type: str
    default: str | None


def keys_of(config: type[Any]) -> tuple[ConfigKey, ...]:
    """The keys of the table that the class reads."""
    attrs.resolve_types(config)
    return tuple(_key(one) for one in attrs.fields(config) if one.init)


def is_secret(kind: Any) -> bool:
    """True for what stands in a file of its own."""
    return Secret in (kind, *get_args(kind))


def default_of(value: Any) -> str | None:
    """A default as it is written; empty for what may be left out, None for what may not."""
    if value is attrs.NOTHING:
        return None
    if type(value) is attrs.Factory:
        value = None if value.takes_self else value.factory()
    return "" if value is None or attrs.has(type(value)) else toml(value)


def toml(value: Any) -> str:
    """A value as careline.toml has it."""
    if isinstance(value, bool):
        return str(value).lower()
    if attrs.has(type(value)):
        return toml(attrs.asdict(value, recurse=False))
    if isinstance(value, tuple | list):
        return f"[{', '.join(map(toml, value))}]"
    if isinstance(value, Mapping):
        return f"{{{', '.join(f'{name} = {toml(one)}' for name, one in value.items())}}}"
    if isinstance(value, time):
        return value.isoformat()
    return str(value) if isinstance(value, int | float) else f'"{value}"'


def _key(one: attrs.Attribute[Any]) -> ConfigKey:
    if is_secret(one.type):
        return ConfigKey(f"{one.name}_file", FILE, default_of(one.default))
    return ConfigKey(one.name, _kind(one.type), default_of(one.default))


def _kind(kind: Any) -> str:
    origin = get_origin(kind)
    if origin is tuple:
        return LIST
    for one in (kind, *get_args(kind)):
        if origin is not None and isinstance(origin, type) and issubclass(origin, Mapping):
            return TABLE
        if isinstance(one, type) and attrs.has(one):
            return TABLE
        if one in KINDS:
            return KINDS[one]
    return str(kind)
