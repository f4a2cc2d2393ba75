"""Texts with variables put into words. Not str.format: a value or a text must never run anything.

Only ``{name}`` is a variable; all is replaced in one pass, so that a value with braces stays what
it is.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from careline.errors import CarelineError, Invalid, NotFound
from careline.i18n import Text
from careline_sms.model import LONGEST_TEXT
from careline_sms.templating.model import Template
from careline_sms.text import CLOSE, OPEN, clean, clean_value

VARIABLE = re.compile(r"\{([a-z][a-z0-9_]{0,31})\}")
BRACES = re.compile(r"[{}]")
MOST_VARIABLES = 20
NAME = re.compile(r"[a-z][a-z0-9-]{0,63}")


def variables(text: str) -> tuple[str, ...]:
    """Names of the variables in a text, in their order, each once."""
    return tuple(dict.fromkeys(VARIABLE.findall(text)))


def fill(text: str, values: Mapping[str, str]) -> str:
    """The text with its values; a variable without one stays as it is written."""
    return VARIABLE.sub(lambda found: _value(values, found), text)


def _value(values: Mapping[str, str], found: re.Match[str]) -> str:
    value = values.get(found.group(1))
    return found.group() if value is None else clean_value(str(value))


def missing(text: str, values: Mapping[str, str]) -> tuple[str, ...]:
    """Variables of a text without a value."""
    return tuple(name for name in variables(text) if name not in values)


def problems(template: Template) -> Sequence[CarelineError]:
    """What is wrong with a template, all at once."""
    found: list[CarelineError] = []
    if not NAME.fullmatch(template.name):
        found.append(
            Invalid("sms.template_name", "a name has small letters, digits and hyphens only")
        )
    if not template.title.strip():
        found.append(Invalid("sms.template_title", "a template needs a title"))
    if not template.zh.strip() and not template.en.strip():
        found.append(Invalid("sms.template_empty", "a template needs a text"))
    for language, text in (("zh", template.zh), ("en", template.en)):
        found += _problems_of(language, text)
    both = template.zh and template.en
    if both and set(variables(template.zh)) != set(variables(template.en)):
        fault = "both languages must have the same variables"
        found.append(Invalid("sms.template_variables", fault))
    return found


LANGUAGE = {"zh": Text("Chinese"), "en": Text("English")}


def _problems_of(language: str, text: str) -> list[CarelineError]:
    found: list[CarelineError] = []
    named = LANGUAGE[language]
    if BRACES.search(VARIABLE.sub("", text)):
        fault = "{language}: a brace that belongs to no variable; variables look like {example}"
        found.append(Invalid("sms.template_braces", fault, language=named, example="{name}"))
    if len(text) > LONGEST_TEXT:
        fault = "{language}: at most {most} characters"
        found.append(Invalid("sms.template_long", fault, language=named, most=LONGEST_TEXT))
    if len(variables(text)) > MOST_VARIABLES:
        fault = "{language}: at most {most} variables"
        found.append(Invalid("sms.template_many", fault, language=named, most=MOST_VARIABLES))
    if OPEN in text or CLOSE in text:
        fault = "{language}: the signature 【…】 is put in front by itself"
        found.append(Invalid("sms.template_signature", fault, language=named))
    if clean(text) != text.replace("\r\n", "\n").strip():
        fault = "{language}: there are invisible signs in the text"
        found.append(Invalid("sms.template_signs", fault, language=named))
    return found


def words(template: Template, values: Mapping[str, str], language: str) -> str:
    """The text of a template with its values; Invalid when one is missing."""
    text = template.text(language)
    if gaps := missing(text, values):
        raise Invalid("sms.values", "no value for {names}", names=list(gaps))
    return fill(text, values)


def unknown(name: str) -> NotFound:
    """There is no such template."""
    return NotFound("sms.template", "there is no template {name}", name=name)
