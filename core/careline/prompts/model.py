"""A prompt and its versions; which sounds a set-up has to make."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from datetime import datetime
from enum import Enum

from attrs import frozen

from careline.errors import Invalid
from careline.i18n import LANGUAGES, Lang
from careline.prompts.catalogue import Wanted

NAME = re.compile(r"[a-z0-9][a-z0-9-]*(/[a-z0-9][a-z0-9-]*){0,3}")


class Source(Enum):
    """Where a sound comes from."""

    SYNTHESISED = "synthesised"
    UPLOADED = "uploaded"
    PHONE = "phone"


@frozen
class Draft:
    """A version that has no number yet.

    ``sound`` is the digest of its file, ``shipped`` says that the text is careline's own and
    follows its updates.
    """

    language: Lang
    name: str
    text: str
    source: Source
    sound: str
    seconds: float
    shipped: bool = False


@frozen
class Prompt:
    """What is heard under a name in a language: one version of it."""

    language: Lang
    name: str
    version: int
    text: str
    source: Source
    sound: str
    seconds: float
    shipped: bool
    made_at: datetime
    current: bool = True


def check_name(name: str) -> str:
    """The name, if it is one: small letters, figures and dashes, folders by ``/``."""
    if not NAME.fullmatch(name) or len(name) > 80:
        message = "{name!r} is no name for a prompt: use a-z, 0-9 and -, like all-agents-busy"
        raise Invalid("prompt.name", message, name=name)
    return name


def check_language(lang: str) -> Lang:
    """The language, if we have it."""
    if lang not in LANGUAGES:
        message = "there is no language {language!r}; there are: {languages}"
        raise Invalid("prompt.language", message, language=lang, languages=LANGUAGES)
    return lang


def to_speak(wanted: Iterable[Wanted], have: Mapping[tuple[Lang, str], Prompt]) -> list[Wanted]:
    """What shall be synthesised: the shipped texts, except where a hospital has put its own.

    A hospital's own text stays synthesised with the engine of today; its recordings are left alone.
    """
    shipped = [
        text
        for text in wanted
        if (row := have.get((text.language, text.name))) is None or row.shipped
    ]
    own = [
        Wanted(row.language, row.name, row.text)
        for row in have.values()
        if row.source is Source.SYNTHESISED and not row.shipped
    ]
    return shipped + own
