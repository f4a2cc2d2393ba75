"""Writes a new plugin: a whole small one that works, for its author to change.

The files are in ``skeleton/``, with what differs between plugins as words between ``@``.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from importlib.metadata import PackageNotFoundError, version
from importlib.resources import files
from importlib.resources.abc import Traversable
from importlib.util import find_spec
from keyword import iskeyword, issoftkeyword
from pathlib import Path, PurePosixPath

import careline
from careline.errors import Conflict, Invalid, Refused
from careline.plugins.model import NAME

#: Names of our own template files end so, lest any tool takes them for source.
SUFFIX = ".skeleton"
#: Lines that hold a title stay short enough.
LONGEST_TITLE = 40
#: A title stands in source, TOML and a catalog alike, where these would end it.
ODD = re.compile(r"[\"'\\{}@\x00-\x1f]")


def write(
    name: str, folder: Path, *, title: str = "", title_zh: str = "", taken: Collection[str] = ()
) -> list[Path]:
    """Write the plugin ``name`` into ``folder``/``name``, which must not be there; its files.

    ``title`` is English, ``title_zh`` Chinese; ``taken`` are names that something else has.
    Raises Invalid or Refused for a name that will not do, Conflict when the place is not free.
    """
    check_name(name, taken)
    root = folder / name
    if root.exists():
        raise Conflict("plugin.exists", "{folder} is there already", folder=root)
    words = _words(name, title, title_zh)
    found = sorted(_templates(files("careline.plugins") / "skeleton"), key=lambda one: one[0])
    return [_write(root / _filled(str(where), words), text, words) for where, text in found]


def check_name(name: str, taken: Collection[str] = ()) -> None:
    """Raise Invalid or Refused unless a new plugin may be called ``name``."""
    if not re.fullmatch(NAME, name):
        raise Invalid(
            "plugin.name",
            "{name} cannot be a plugin's name: it has 1 to 32 of a-z, 0-9 and _, begins with a"
            " letter, and is not hook or core",
            name=repr(name),
        )
    if iskeyword(name) or issoftkeyword(name):
        raise Invalid("plugin.keyword", "{name} is a word of Python; choose another", name=name)
    if name.endswith("_") or "__" in name:
        raise Invalid(
            "plugin.underscores", "{name}: a single _ may stand between two words only", name=name
        )
    if name in taken or any(one.startswith(f"{name}_") for one in taken):
        raise Refused("plugin.taken", "{name} is taken; choose another", name=name)
    if _installed(name):
        raise Refused(
            "plugin.package_taken",
            "a package careline_{name} is installed already; choose another name",
            name=name,
        )


def _installed(name: str) -> bool:
    try:
        return bool(version(f"careline-{name.replace('_', '-')}"))
    except PackageNotFoundError:
        return find_spec(f"careline_{name}") is not None


def _words(name: str, title: str, title_zh: str) -> dict[str, str]:
    """What stands for the words between ``@``."""
    title = (title or name.replace("_", " ").capitalize()).strip()
    title_zh = (title_zh or "轮椅示例").strip()
    for one in (title, title_zh):
        if ODD.search(one) or not 1 <= len(one) <= LONGEST_TITLE:
            raise Invalid(
                "plugin.title",
                "{title} cannot be a title: 1 to {most} characters, no quotes, braces, @ or \\",
                title=repr(one),
                most=LONGEST_TITLE,
            )
    return {
        "name": name,
        "dash": name.replace("_", "-"),
        "title": title,
        "title_zh": title_zh,
        "core": _range(careline.__version__),
    }


def _range(core: str) -> str:
    """The versions of careline that it says to work with: from this one to the next great one."""
    major, minor, *_ = core.split(".")
    return f">={major}.{minor},<{int(major) + 1}"


def _templates(folder: Traversable, above: str = "") -> Iterator[tuple[PurePosixPath, str]]:
    """Where each file goes, and its text."""
    for one in folder.iterdir():
        if one.is_dir():
            yield from _templates(one, f"{above}{one.name}/")
        elif one.name.endswith(SUFFIX):
            where = PurePosixPath(above + one.name.removesuffix(SUFFIX))
            yield where, one.read_text(encoding="utf-8")


def _write(path: Path, text: str, words: dict[str, str]) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(_filled(text, words), encoding="utf-8")
    return path


def _filled(text: str, words: dict[str, str]) -> str:
    return re.sub(r"@(name|dash|title|title_zh|core)@", lambda match: words[match[1]], text)
