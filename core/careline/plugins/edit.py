"""Change ``plugins = [...]`` in careline.toml and leave everything else, comments too, as it is."""

from __future__ import annotations

import tomllib
from collections.abc import Sequence
from pathlib import Path

import tomlkit
from tomlkit.items import Array

from careline.config.atomic import write_atomic
from careline.config.toml import read_tables
from careline.errors import Conflict


def set_plugins(path: Path, names: Sequence[str]) -> bool:
    """Make ``names`` the enabled plugins of the file, in one step; False when they are already."""
    read_tables(path)  # one clear error for a file that is not TOML
    text = path.read_bytes().decode("utf-8-sig")
    new = edited(text, names)
    if new == text:
        return False
    write_atomic(path, new, mode=path.stat().st_mode & 0o777)
    return True


def edited(text: str, names: Sequence[str]) -> str:
    """The text of a careline.toml with other plugins."""
    document = tomlkit.parse(text)
    listed = document.get("plugins")
    if isinstance(listed, Array):
        _change(listed, names)
    else:
        fresh = tomlkit.array()
        fresh.extend(names)
        document["plugins"] = fresh
    new = tomlkit.dumps(document)
    before, after = tomllib.loads(text), tomllib.loads(new)
    if after != {**before, "plugins": list(names)}:  # better no change than a wrong one
        raise Conflict(
            "plugin.edit",
            "careline.toml could not be changed without harm; write plugins = {names} yourself",
            names=list(names),
        )
    return new


def _change(listed: Array, names: Sequence[str]) -> None:
    """Take out and append where that is enough, since it keeps comments inside the list."""
    for index in reversed(range(len(listed))):
        if listed[index] not in names:
            del listed[index]
    kept = [str(name) for name in listed]
    if kept == list(names[: len(kept)]):
        for name in names[len(kept) :]:
            _append(listed, name)
        return
    listed.clear()
    listed.extend(names)


def _append(listed: Array, name: str) -> None:
    if "\n" in listed.as_string() and len(listed):
        listed.add_line(name)
    else:
        listed.append(name)
