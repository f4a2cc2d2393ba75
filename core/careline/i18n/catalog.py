"""The translations themselves: one read-only catalog per language, of every package's ``.po``.

The core's catalog comes first; each installed plugin adds the msgids of its own, so that a plugin
cannot change the core's words.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import cache
from importlib.metadata import entry_points
from importlib.util import find_spec
from pathlib import Path
from types import MappingProxyType

from babel.messages.pofile import read_po

Lang = str
"""A language's tag: ``"zh"`` or ``"en"``."""

LANGUAGES: tuple[Lang, ...] = ("zh", "en")
DEFAULT: Lang = "zh"
PLUGINS = "careline.plugins"

Translations = Mapping[str, tuple[str, ...]]
"""msgid to its translation, one string per plural form (Chinese has one, English two)."""


def language(tag: str | None) -> Lang:
    """Our language for a tag like ``zh-CN``, ``en_GB.UTF-8`` or None; Chinese when unknown."""
    wanted = (tag or "").lower().replace("_", "-").split(".")[0].split("-")[0]
    return wanted if wanted in LANGUAGES else DEFAULT


def po_file(package: Path, lang: Lang) -> Path:
    """Where the package in this folder keeps its translations into ``lang``."""
    return package / "locale" / lang / "LC_MESSAGES" / f"{package.name}.po"


def packages() -> list[Path]:
    """Folders of the packages that bring translations: the core, then each installed plugin."""
    names = ["careline", *(point.module.split(".")[0] for point in entry_points(group=PLUGINS))]
    specs = [find_spec(name) for name in dict.fromkeys(names)]
    return [
        Path(place)
        for spec in specs
        if spec is not None
        for place in list(spec.submodule_search_locations or ())[:1]
    ]


def read_translations(files: Iterable[Path], lang: Lang) -> Translations:
    """The translated, not fuzzy messages of these files; the first file that has a msgid wins."""
    found: dict[str, tuple[str, ...]] = {}
    for path in files:
        if not path.is_file():
            continue
        with path.open("rb") as file:
            messages = read_po(file, locale=lang)
        for message in messages:
            forms = _forms(message.string)
            if message.id and all(forms) and not message.fuzzy:
                found.setdefault(_key(message.id), forms)
    return MappingProxyType(found)


def _key(msgid: object) -> str:
    """A plural message is found by its singular."""
    return str(msgid[0] if isinstance(msgid, tuple | list) else msgid)


def _forms(string: object) -> tuple[str, ...]:
    return tuple(string) if isinstance(string, tuple | list) else (str(string or ""),)


@cache
def catalog(lang: Lang) -> Translations:
    """All translations into ``lang``; empty for English, whose texts are the msgids."""
    return read_translations((po_file(package, lang) for package in packages()), lang)
