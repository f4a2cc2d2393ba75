"""Custom fields (自定义字段): what a hospital keeps of a patient beyond the core's record."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from decimal import Decimal, InvalidOperation
from enum import Enum
from typing import Any

from attrs import frozen

from careline.errors import CarelineError, Invalid
from careline.patients.days import read_day

LONGEST_VALUE = 200
NAME = re.compile(r"[a-z][a-z0-9_]{0,31}")


class FieldKind(Enum):
    """What a field's values are."""

    TEXT = "text"
    NUMBER = "number"
    DATE = "date"
    CHOICE = "choice"


@frozen(kw_only=True)
class CustomField:
    """One field; ``name`` is its stable short name, ``title`` what people read.

    One that is not ``active`` is shown and asked no more, its values stay.
    """

    name: str
    title: str
    kind: FieldKind = FieldKind.TEXT
    required: bool = False
    choices: tuple[str, ...] = ()
    place: int = 0
    active: bool = True


def field_problems(one: CustomField) -> list[Invalid]:
    """What is wrong with a definition."""
    problems = []
    if not NAME.fullmatch(one.name):
        text = "small letters, digits and _, a letter first, at most 32"
        problems.append(Invalid("field.name", text))
    if not one.title.strip() or len(one.title) > 64:
        problems.append(Invalid("field.title", "a field needs a title of at most 64 characters"))
    if one.kind is FieldKind.CHOICE and not one.choices:
        problems.append(Invalid("field.choices", "say what can be chosen"))
    if any(len(choice) > 64 for choice in one.choices) or len(one.choices) > 200:
        problems.append(
            Invalid("field.choices", "at most 200 choices of at most 64 characters each")
        )
    return problems


def stored_form(one: CustomField, text: str) -> str:
    """What is stored for what was typed; Invalid (``patient.fields.<name>``) when it is wrong.

    Numbers and dates have one form each, so that a search finds them however they were typed.
    """
    text = unicodedata.normalize("NFKC", text).strip()
    if not text:
        return ""
    code, title = f"patient.fields.{one.name}", one.title
    if len(text) > LONGEST_VALUE or "\0" in text:
        raise Invalid(code, "{title}: at most {most} characters", title=title, most=LONGEST_VALUE)
    match one.kind:
        case FieldKind.TEXT:
            return text
        case FieldKind.NUMBER:
            return _number(one, text)
        case FieldKind.DATE:
            return _day(one, text).isoformat()
        case FieldKind.CHOICE:
            if text in one.choices:
                return text
            choices = list(one.choices)
            raise Invalid(code, "{title}: one of {choices}", title=title, choices=choices)


def _number(one: CustomField, text: str) -> str:
    fault = Invalid(
        f"patient.fields.{one.name}", "{title}: “{text}” is no number", title=one.title, text=text
    )
    try:
        value = Decimal(text.replace(",", ""))
    except InvalidOperation:
        raise fault from None
    if not value.is_finite() or abs(value.adjusted()) > 20:
        raise fault
    plain = f"{value:f}"
    plain = plain.rstrip("0").rstrip(".") if "." in plain else plain
    return "0" if plain in ("-0", "") else plain


def _day(one: CustomField, text: str) -> date:
    try:
        return read_day(text)
    except ValueError:
        code = f"patient.fields.{one.name}"
        message = "{title}: “{text}” is no date"
        raise Invalid(code, message, title=one.title, text=text) from None


def about(code: str, error: CarelineError) -> Invalid:
    """An error told again as being about the field that ``code`` names."""
    params: Any = error.params
    return Invalid(code, error.message, **params)


def checked_values(
    fields: Sequence[CustomField], values: Mapping[str, str]
) -> tuple[dict[str, str], list[Invalid]]:
    """Values in the form in which they are stored, and what is wrong with them.

    Required fields that are empty are wrong; values of fields that nobody knows (any more) stay.
    """
    known = {one.name: one for one in fields}
    kept = {name: text for name, text in values.items() if name not in known}
    problems: list[Invalid] = []
    for one in fields:
        try:
            kept[one.name] = stored_form(one, values.get(one.name, ""))
        except Invalid as error:
            problems.append(error)
            continue
        if one.required and one.active and not kept[one.name]:
            code = f"patient.fields.{one.name}"
            problems.append(Invalid(code, "{title} is needed", title=one.title))
    return {name: text for name, text in kept.items() if text}, problems


def active(fields: Iterable[CustomField]) -> list[CustomField]:
    """Those that are asked, in their order."""
    return sorted((one for one in fields if one.active), key=lambda one: (one.place, one.name))
