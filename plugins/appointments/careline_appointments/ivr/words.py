"""The sentences callers hear: fixed parts as prompts that can be recorded, values between them."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from importlib.resources import files

from attrs import frozen

from careline.hooks import SpokenText
from careline.ivr.model import Prompt, Speech

DATA = files("careline_appointments") / "data"
FIELD = re.compile(r"\{([a-z]+)\}")
WORD = re.compile(r"\w")
LANGUAGES = ("zh", "en")

Said = Mapping[str, Sequence[Prompt]]


@frozen
class Part:
    """A piece of a sentence: a value's field, or the fixed text of prompt ``name``."""

    field: str = ""
    name: str = ""
    text: str = ""


def say(name: str, language: str, values: Said | None = None) -> list[Prompt]:
    """The sentence ``name`` with its values, as prompts in order."""
    language = language if language in LANGUAGES else LANGUAGES[0]
    prompts: list[Prompt] = []
    for part in parts(name, language):
        if part.field:
            prompts += (values or {})[part.field]
        else:
            prompts.append(Prompt(Speech.NAME, part.name, language, part.text))
    return prompts


def spoken_texts() -> list[SpokenText]:
    """All fixed parts, for hook ``prompts``."""
    found: dict[str, dict[str, str]] = {}
    for name in sentences():
        for language in LANGUAGES:
            for part in parts(name, language):
                if part.name:
                    found.setdefault(part.name, {})[language] = part.text
    return [SpokenText(name=name, **texts) for name, texts in found.items()]


@cache
def sentences() -> Mapping[str, Mapping[str, str]]:
    """Name -> language -> text, as written."""
    return tomllib.loads((DATA / "spoken.toml").read_text(encoding="utf-8"))


@cache
def parts(name: str, language: str) -> tuple[Part, ...]:
    """A sentence cut into values and fixed texts; lone punctuation is left out."""
    return tuple(_parts(name, sentences()[name][language]))


def _parts(name: str, text: str) -> Iterator[Part]:
    pieces = FIELD.split(text)  # text, field, text, field ... text
    fixed = [piece for piece in pieces[::2] if WORD.search(piece)]
    number = 0
    for place, piece in enumerate(pieces):
        if place % 2:
            yield Part(field=piece)
        elif piece in fixed:
            number += 1
            only = len(pieces) == 1
            yield Part(
                name=f"appointments-{name}{'' if only else f'-{number}'}", text=piece.strip()
            )
