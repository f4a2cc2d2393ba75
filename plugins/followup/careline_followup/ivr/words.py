"""What is said in automatic calls: sentences that the hospital can record in its own voice."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from functools import cache

from careline.hooks import SpokenText
from careline.ivr.prompt import Prompt, Speech
from careline_followup.starter import DATA

LANGUAGES = ("zh", "en")


def say(name: str, language: str) -> Prompt:
    """The sentence ``name`` for a listener of ``language``."""
    language = language if language in LANGUAGES else LANGUAGES[0]
    return Prompt(Speech.NAME, f"followup-{name}", language, sentences()[name][language])


def spoken_texts() -> list[SpokenText]:
    """All sentences, for hook ``prompts``."""
    return [SpokenText(name=f"followup-{name}", **one) for name, one in sentences().items()]


@cache
def sentences() -> Mapping[str, Mapping[str, str]]:
    """Name -> language -> text, as written."""
    return tomllib.loads((DATA / "spoken.toml").read_text(encoding="utf-8"))
