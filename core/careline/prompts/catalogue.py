"""The shipped texts of all prompts: ``data/<lang>.toml``, and Asterisk's own sounds in Mandarin.

Names are the same in every language. ``welcome`` is played as ``careline/welcome``; a name below
``asterisk/`` replaces one of Asterisk's own files (``asterisk/digits/1`` is its ``digits/1``).
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from types import MappingProxyType

from attrs import frozen

from careline.i18n import LANGUAGES, Lang

ASTERISK = "asterisk/"
PLAYED = "careline/"


@frozen(order=True)
class Wanted:
    """One text that shall be heard under this name in this language."""

    language: Lang
    name: str
    text: str


def sound_file(name: str) -> str:
    """What Asterisk is told to play for the prompt of this name, without extension."""
    return name.removeprefix(ASTERISK) if name.startswith(ASTERISK) else PLAYED + name


@cache
def texts(lang: Lang) -> Mapping[str, str]:
    """Whole prompts by name."""
    return MappingProxyType(_data(lang)["prompts"])


@cache
def fragments(lang: Lang) -> Mapping[str, str]:
    """Pieces that :mod:`careline.prompts.spoken` puts together, by name."""
    return MappingProxyType(_data(lang)["fragments"])


@cache
def asterisk_sounds(lang: Lang) -> Mapping[str, str]:
    """Texts of the files Asterisk plays by itself; English ones come with Asterisk."""
    sounds = _data(lang).get("asterisk", {})
    return MappingProxyType({ASTERISK + name: text for name, text in sounds.items()})


def shipped() -> list[Wanted]:
    """Every text that set-up turns into sound."""
    return [
        Wanted(lang, name, text)
        for lang in LANGUAGES
        for part in (texts, fragments, asterisk_sounds)
        for name, text in part(lang).items()
    ]


def listed(tables: Mapping[str, Mapping[str, str]]) -> list[Wanted]:
    """Texts of somebody else, a plugin or the demonstration: ``{language: {name: text}}``."""
    return [
        Wanted(lang, name, text) for lang, table in tables.items() for name, text in table.items()
    ]


def translated(name: str, texts: Mapping[Lang, str]) -> list[Wanted]:
    """One sentence in the languages that have words for it."""
    return [Wanted(lang, name, text) for lang, text in texts.items() if text]


def of_agent(number: str) -> list[Wanted]:
    """``agent-<number>``: the agent's number and that the call is recorded, before the talk."""
    return [
        Wanted(
            lang,
            f"agent-{number.lower()}",
            f"{fragments(lang)['agent-before']} {number} {fragments(lang)['agent-after']}"
            f" {texts(lang)['recorded']}",
        )
        for lang in LANGUAGES
    ]


def _data(lang: Lang) -> dict[str, dict[str, str]]:
    source = files("careline.prompts") / "data" / f"{lang}.toml"
    data: dict[str, dict[str, str]] = tomllib.loads(source.read_text(encoding="utf-8"))
    return data
