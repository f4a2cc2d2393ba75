"""Forms: what was typed becomes a checked value, or stays in its fields with an error beside each.

A form is an attrs class::

    @frozen
    class NameForm:
        name: str
        born: date | None = None

    value, form = read(visit, NameForm)
    if value is None:
        return Page("patients/edit.html", {"form": form}, status=422)

Errors that a service raises later are put into the same form by :meth:`FormState.with_error`.
"""

from __future__ import annotations

import re
import types
from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime, time
from decimal import Decimal, InvalidOperation
from enum import Enum
from typing import Any, TypeVar, Union, cast, get_args, get_origin

import attrs
from attrs import evolve, field, frozen

from careline.errors import CarelineError, Invalid
from careline.i18n import error_text, translate
from careline.web.visit import Visit

C = TypeVar("C")

TOO_LONG = 20_000
"""Characters of one field; more is no typing."""
WHOLE = re.compile(r"-?[0-9]{1,18}")
TICKED = frozenset({"1", "on", "true", "yes"})


@frozen
class FormState:
    """What stands in a form's fields, and what is wrong with them, in the reader's language.

    ``typed`` has each field's texts; ``errors`` one text for a field; ``general`` those that belong
    to none.
    """

    typed: Mapping[str, Sequence[str]] = field(factory=dict)
    errors: Mapping[str, str] = field(factory=dict)
    general: tuple[str, ...] = ()
    language: str = "zh"

    @classmethod
    def of(cls, value: Any = None, language: str = "zh", /, **more: object) -> FormState:
        """The form of a value as it is stored, to be edited; ``more`` are further fields."""
        fields = attrs.asdict(value, recurse=False) if value is not None else {}
        typed = {name: _texts(one) for name, one in {**fields, **more}.items()}
        return cls(typed, language=language)

    def value(self, name: str) -> str:
        """The text in a field."""
        return next(iter(self.typed.get(name, ())), "")

    def values(self, name: str) -> Sequence[str]:
        """The texts of a field that may be given several times."""
        return self.typed.get(name, ())

    def ticked(self, name: str, value: str = "") -> bool:
        """True for a checked box; with ``value``: that one of several."""
        given = self.typed.get(name, ())
        return value in given if value else any(one in TICKED for one in given)

    def error(self, name: str) -> str:
        """What is wrong with a field, or empty."""
        return self.errors.get(name, "")

    @property
    def ok(self) -> bool:
        """True when nothing is wrong."""
        return not self.errors and not self.general

    def with_error(self, error: CarelineError) -> FormState:
        """The same with what a service says; the last part of a code names the field.

        ``Invalid("patient.name", ...)`` is shown beside ``name``; what fits no field above all.
        """
        errors, general = dict(self.errors), list(self.general)
        for one in error.problems or (error,):
            name = field_of(one)
            if name in self.typed:
                errors.setdefault(name, error_text(one, self.language))
            else:
                general.append(error_text(one, self.language))
        return evolve(self, errors=errors, general=tuple(general))


def field_of(error: CarelineError) -> str:
    """The field an error is about: its parameter ``field``, else the last part of its code."""
    return str(error.params.get("field") or error.code.rpartition(".")[2])


def read(visit: Visit, cls: type[C]) -> tuple[C | None, FormState]:
    """Build ``cls`` from the form; None and the form with its errors when that cannot be.

    Each field is converted by its type (str, int, bool, date, time, Decimal, an Enum, ``X | None``,
    ``tuple[X, ...]``) and checked by its validator; an empty text is the field's default.
    """
    attrs.resolve_types(cast("Any", cls))
    typed: dict[str, Sequence[str]] = {}
    values: dict[str, Any] = {}
    problems: list[CarelineError] = []
    for one in attrs.fields(cast("Any", cls)):
        if not one.init:
            continue
        given = [text.strip() for text in visit.form_list(one.name)]
        typed[one.name] = given
        try:
            value = _field(one, given)
        except CarelineError as error:
            problems.append(error)
        else:
            if value is not attrs.NOTHING:
                values[one.alias] = value
    state = FormState(typed, language=visit.language)
    if problems:
        return None, state.with_error(_together(problems))
    try:
        return cls(**values), state
    except CarelineError as error:
        return None, state.with_error(error)
    except (ValueError, TypeError) as error:
        return None, evolve(state, general=(translate("{what}", visit.language, what=error),))


def _together(problems: Sequence[CarelineError]) -> Invalid:
    return Invalid("form.invalid", "The form is not right yet.", problems=problems)


def _field(one: attrs.Attribute[Any], given: Sequence[str]) -> Any:
    """The field's value, or NOTHING for its default; raises Invalid that names the field."""
    inner, optional = _without_none(one.type)
    if any(len(text) > TOO_LONG for text in given):
        raise _wrong(one, "is too long")
    if get_origin(inner) is tuple:
        item = get_args(inner)[0]
        return _checked(one, tuple(_convert(one, item, text) for text in given if text))
    if inner is bool:
        return _checked(one, any(text in TICKED for text in given))
    text = given[0] if given else ""
    if not text:
        if one.default is not attrs.NOTHING:
            return attrs.NOTHING
        if optional:
            return None
        raise Invalid("form.missing", "Please fill this in.", problems=(), field=one.name)
    return _checked(one, _convert(one, inner, text))


def _checked(one: attrs.Attribute[Any], value: Any) -> Any:
    """Run the field's own validator now, so that one wrong field does not hide the next."""
    if one.validator is None:
        return value
    try:
        one.validator(cast("Any", None), one, value)
    except CarelineError as error:
        params = {**error.params, "where": ""}
        params["field"] = one.name
        raise type(error)(error.code, _bare(error.message), problems=(), **params) from None
    except (ValueError, TypeError):
        raise _wrong(one, "is not right") from None
    return value


def _bare(message: str) -> str:
    """Beside its field a message need not say where."""
    return message.removeprefix("{where}: ")


def _convert(one: attrs.Attribute[Any], type_: Any, text: str) -> Any:
    converter = CONVERTERS.get(type_)
    try:
        if converter is not None:
            return converter(text)
        if isinstance(type_, type) and issubclass(type_, Enum):
            return type_(text)
    except (ValueError, InvalidOperation, OverflowError):
        raise _wrong(one, WORDS.get(type_, "is not one of the choices")) from None
    return text


def _wrong(one: attrs.Attribute[Any], what: str) -> Invalid:
    return Invalid("form.wrong", SENTENCES[what], problems=(), field=one.name)


def _without_none(type_: Any) -> tuple[Any, bool]:
    """``X`` of ``X | None``, and whether None may be."""
    if get_origin(type_) in (Union, types.UnionType):
        rest = [arg for arg in get_args(type_) if arg is not type(None)]
        return (rest[0] if len(rest) == 1 else type_), True
    return type_, False


def _date(text: str) -> date:
    return date.fromisoformat(text.replace("/", "-"))


def _plain_int(text: str) -> int:
    if not WHOLE.fullmatch(text):
        raise ValueError(text)
    return int(text)


def _plain_decimal(text: str) -> Decimal:
    value = Decimal(text)
    if not value.is_finite():
        raise ValueError(text)
    return value


CONVERTERS: Mapping[Any, Callable[[str], Any]] = {
    str: str,
    int: _plain_int,
    float: lambda text: float(_plain_decimal(text)),
    Decimal: _plain_decimal,
    date: _date,
    time: time.fromisoformat,
    datetime: datetime.fromisoformat,
}
WORDS = {
    int: "is no whole number",
    float: "is no number",
    Decimal: "is no number",
    date: "is no date",
    time: "is no time",
    datetime: "is no date and time",
}
SENTENCES = {
    "is no whole number": "Please give a whole number.",
    "is no number": "Please give a number.",
    "is no date": "Please give a date such as 2026-12-03.",
    "is no time": "Please give a time such as 08:30.",
    "is no date and time": "Please give a date and time such as 2026-12-03T08:30.",
    "is not one of the choices": "Please choose one of those offered.",
    "is not right": "This is not right.",
    "is too long": "This is too long.",
}


def _texts(value: Any) -> Sequence[str]:
    """A stored value as it stands in a field."""
    if value is None:
        return ()
    if isinstance(value, tuple | list | frozenset | set):
        return [text for one in value for text in _texts(one)]
    if isinstance(value, bool):
        return ["1"] if value else []
    if isinstance(value, Enum):
        return [str(value.value)]
    if isinstance(value, time):
        return [f"{value:%H:%M}"]
    return [str(value)]
