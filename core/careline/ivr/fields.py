"""Reads one field of a node by its type: right types in, frozen values out, all faults named."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from careline.ivr.model import FACTS, VARIABLE, Field, FieldType, FlowFault, Place, Problems
from careline.ivr.prompt import is_template, template_faults

LANGUAGE = "zh"


class Unfit(Exception):
    """A value that does not fit its field, for all the reasons in ``problems``."""

    def __init__(self, *problems: FlowFault) -> None:
        super().__init__(problems)
        self.problems: Problems = list(problems)


def _require(fits: bool, fault: FlowFault) -> None:
    if not fits:
        raise Unfit(fault)


def _text(field: Field, value: Any, place: Place) -> str:
    fits = isinstance(value, str) and bool(value.strip())
    _require(fits, FlowFault("value", "{where}: must be a text", place))
    choices = list(field.one_of)
    fault = FlowFault("value", "{where}: must be one of {choices}", place, choices=choices)
    _require(not choices or value in choices, fault)
    return str(value)


def _number(field: Field, value: Any, place: Place) -> int:
    message = FlowFault(
        "value",
        "{where}: must be a number from {low} to {high}",
        place,
        low=field.low,
        high=field.high,
    )
    _require(isinstance(value, int) and not isinstance(value, bool), message)
    _require(field.low <= value <= field.high, message)
    return int(value)


def _flag(_field: Field, value: Any, place: Place) -> bool:
    fault = FlowFault("value", "{where}: must be true or false", place)
    _require(isinstance(value, bool), fault)
    return bool(value)


def _variable(_field: Field, value: Any, place: Place) -> str:
    fits = isinstance(value, str) and bool(VARIABLE.fullmatch(value)) and value not in FACTS
    fault = FlowFault("variable", "{where}: {name} is not a free variable name", place, name=value)
    _require(fits, fault)
    return str(value)


def _template(_field: Field, value: Any, place: Place) -> str:
    _require(isinstance(value, str), FlowFault("value", "{where}: must be a text", place))
    faults = template_faults(value)
    example = "{name:digits}"
    _require(
        not faults,
        FlowFault(
            "template",
            "{where}: {found} is not a field such as {example}",
            place,
            found=", ".join(faults),
            example=example,
        ),
    )
    return str(value)


def _prompts(field: Field, value: Any, place: Place) -> tuple[str, ...]:
    items = [value] if isinstance(value, str) else value
    fits = isinstance(items, list) and all(isinstance(one, str) and one for one in items)
    fault = FlowFault("value", "{where}: must be a list of prompt names", place)
    _require(fits and bool(items), fault)
    for item in items:
        if is_template(item):
            _template(field, item, place)
    return tuple(items)


def _table(
    field: Field, value: Any, place: Place, read: Callable[[Field, Any, Place], str]
) -> Mapping[str, str]:
    """A table whose entries are each read by ``read``; the faults of all entries together."""
    fits = isinstance(value, Mapping) and bool(value)
    _require(fits, FlowFault("value", "{where}: must be a table", place))
    entries: dict[str, str] = {}
    problems: Problems = []
    for key, entry in value.items():
        try:
            entries[str(key)] = read(field, entry, place.at(field=f"{place.field}.{key}"))
        except Unfit as unfit:
            problems += unfit.problems
    if problems:
        raise Unfit(*problems)
    return entries


def _targets(field: Field, value: Any, place: Place) -> Mapping[str, str]:
    return _table(field, value, place, _text)


def _templates(field: Field, value: Any, place: Place) -> Mapping[str, str]:
    return _table(field, value, place, _template)


def _speech(field: Field, value: Any, place: Place) -> Mapping[str, str]:
    return _templates(field, {LANGUAGE: value} if isinstance(value, str) else value, place)


READERS: Mapping[FieldType, Callable[[Field, Any, Place], Any]] = {
    FieldType.TARGET: _text,
    FieldType.TARGETS: _targets,
    FieldType.PROMPTS: _prompts,
    FieldType.SPEECH: _speech,
    FieldType.TEMPLATE: _template,
    FieldType.TEMPLATES: _templates,
    FieldType.VARIABLE: _variable,
    FieldType.TEXT: _text,
    FieldType.NUMBER: _number,
    FieldType.FLAG: _flag,
    FieldType.QUEUE: _text,
    FieldType.FLOW: _text,
    FieldType.LOOK_UP: _text,
}
