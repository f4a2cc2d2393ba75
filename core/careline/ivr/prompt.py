"""What a caller hears, as data: recorded prompts by name and values with a way of saying them.

A template is text with fields, ``"您的号码是{ticket:digits}"``: a variable and how to say it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from enum import Enum

from attrs import frozen


class Speech(Enum):
    """How a prompt is turned into sound."""

    NAME = "name"
    TEXT = "text"
    NUMBER = "number"
    DIGITS = "digits"
    DATE = "date"
    DAY = "day"  # a date without its year
    TIME = "time"
    MONEY = "money"


@frozen
class Prompt:
    """One thing to say: ``value`` is a prompt's name or a text, number, ISO date, HH:MM, amount.

    ``text`` is spoken for a name of which there is no prompt: a doctor whom nobody has recorded.
    """

    speech: Speech
    value: str
    language: str
    text: str = ""


FIELD = re.compile(r"\{([a-z][a-z0-9_]*)(?::([a-z]+))?\}")
BRACE = re.compile(r"[{}]")
SPOKEN = {speech.value: speech for speech in Speech if speech is not Speech.NAME}


def template_faults(template: str) -> list[str]:
    """What is wrong with a template: unknown ways of saying, stray braces."""
    faults = [
        match.group(0)
        for match in FIELD.finditer(template)
        if (match.group(2) or "text") not in SPOKEN
    ]
    rest = FIELD.sub("", template)
    return faults + ([template] if BRACE.search(rest) else [])


def is_template(item: str) -> bool:
    """True for an entry of a prompt list that is a variable and not a prompt's name."""
    return item.startswith("{")


def fill(template: str, values: Mapping[str, str]) -> str:
    """The template as plain text; an unset variable is empty."""
    return FIELD.sub(lambda match: values.get(match.group(1), ""), template)


def spoken(template: str, values: Mapping[str, str], language: str) -> list[Prompt]:
    """The template as prompts in order: fixed text between values, unset ones left out."""
    prompts: list[Prompt] = []
    end = 0
    for match in FIELD.finditer(template):
        prompts.append(Prompt(Speech.TEXT, template[end : match.start()].strip(), language))
        value = values.get(match.group(1), "")
        prompts.append(Prompt(SPOKEN[match.group(2) or "text"], value, language))
        end = match.end()
    prompts.append(Prompt(Speech.TEXT, template[end:].strip(), language))
    return [prompt for prompt in prompts if prompt.value]


def listed(items: Iterable[str], values: Mapping[str, str], language: str) -> list[Prompt]:
    """A node's prompt list: names stay names, ``{variable:kind}`` entries become values.

    ``name@en`` is played in English whatever the caller's language.
    """
    prompts: list[Prompt] = []
    for item in items:
        if is_template(item):
            prompts += spoken(item, values, language)
        else:
            name, _, fixed = item.partition("@")
            prompts.append(Prompt(Speech.NAME, name, fixed or language))
    return prompts
