"""Reads one field of a node by its type: right types in, frozen values out, all faults named."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from careline.ivr.model import FACTS, VARIABLE, Field, FieldType
from careline.ivr.prompt import is_template, template_faults

Fault = tuple[str, str, dict[str, object]]


class Unfit(Exception):
    """A value that does not fit; ``faults`` are (part of the field, msgid, params)."""

    def __init__(self, *faults: Fault) -> None:
        super().__init__(faults)
        self.faults = faults


def _require(fits: bool, message: str, part: str = "", **params: object) -> None:
    if not fits:
        raise Unfit((part, message, params))


def _text(field: Field, value: Any) -> str:
    _require(isinstance(value, str) and bool(value.strip()), "must be a text")
    choices = ", ".join(field.one_of)
    _require(not field.one_of or value in field.one_of, "must be one of {choices}", choices=choices)
    return str(value)


def _number(field: Field, value: Any) -> int:
    fits = (
        isinstance(value, int) and not isinstance(value, bool) and field.low <= value <= field.high
    )
    _require(fits, "must be a number from {low} to {high}", low=field.low, high=field.high)
    return int(value)


def _flag(_field: Field, value: Any) -> bool:
    _require(isinstance(value, bool), "must be true or false")
    return bool(value)


def _variable(_field: Field, value: Any) -> str:
    fits = isinstance(value, str) and bool(VARIABLE.fullmatch(value)) and value not in FACTS
    _require(fits, "{name} is not a free variable name", name=value)
    return str(value)


def _template(_field: Field, value: Any) -> str:
    _require(isinstance(value, str), "must be a text")
    faults = template_faults(value)
    _require(
        not faults,
        "{found} is not a field such as {example}",
        found=", ".join(faults),
        example="{name:digits}",
    )
    return str(value)


def _prompts(field: Field, value: Any) -> tuple[str, ...]:
    items = [value] if isinstance(value, str) else value
    fits = isinstance(items, list) and all(isinstance(one, str) and one for one in items)
    _require(fits and bool(items), "must be a list of prompt names")
    for item in items:
        if is_template(item):
            _template(field, item)
    return tuple(items)


def _table(field: Field, value: Any, read: Callable[[Field, Any], str]) -> Mapping[str, str]:
    """A table whose entries are each read by ``read``; the faults of all entries together."""
    _require(isinstance(value, Mapping) and bool(value), "must be a table")
    entries: dict[str, str] = {}
    faults: list[Fault] = []
    for key, entry in value.items():
        try:
            entries[str(key)] = read(field, entry)
        except Unfit as fault:
            faults += [(f".{key}{part}", text, params) for part, text, params in fault.faults]
    if faults:
        raise Unfit(*faults)
    return entries


READERS: Mapping[FieldType, Callable[[Field, Any], Any]] = {
    FieldType.TARGET: _text,
    FieldType.TARGETS: lambda field, value: _table(field, value, _text),
    FieldType.PROMPTS: _prompts,
    FieldType.SPEECH: lambda field, value: _table(
        field, {"zh": value} if isinstance(value, str) else value, _template
    ),
    FieldType.TEMPLATE: _template,
    FieldType.TEMPLATES: lambda field, value: _table(field, value, _template),
    FieldType.VARIABLE: _variable,
    FieldType.TEXT: _text,
    FieldType.NUMBER: _number,
    FieldType.FLAG: _flag,
    FieldType.QUEUE: _text,
    FieldType.FLOW: _text,
    FieldType.LOOK_UP: _text,
}
