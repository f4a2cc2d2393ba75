"""Requests as templates: ``"{person.phone}"``, ``"{day:%Y%m%d}"``, ``"01"``.

A field in braces is filled from what is asked. Behind a colon stands a format of days and times,
or, for telephone numbers, ``e164``; without it days, times and words are written as ``[formats]``
and ``[values]`` say, and numbers of China as dialled there (13811112222).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from datetime import date, time

from careline.clinic import Order, Person
from careline_his_webservice.adapters.mapping.formats import Values
from careline_his_webservice.adapters.phones import national

_FIELD = re.compile(r"\{([a-z_.]+)(?::([^{}]*))?\}")
#: What XML 1.0 cannot carry; a name pasted with a control character must not stop a booking.
_UNSPEAKABLE = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")

Given = Mapping[str, object]

PERSON = ("name", "sex", "birth_date", "id_card", "phone", "number")
OF_ORDER = (
    *("key", "department", "doctor", "clinic", "slot", "day", "start"),
    *(f"person.{name}" for name in PERSON),
)
#: What each question may name in its request; ``campus``, ``now`` and ``today`` all of them.
ALWAYS = ("campus", "now", "today")
FIELDS: Mapping[str, tuple[str, ...]] = {
    "departments": (),
    "doctors": (),
    "clinics": ("first", "last", "department"),
    "slots": ("first", "last", "department", "clinic"),
    "book": OF_ORDER,
    "cancel": (*OF_ORDER, "reference", "reason"),
    "state": (*OF_ORDER, "reference"),
    "stop": ("clinic", "reason"),
    "person": ("text", "number", "id_card", "phone"),
    "info": ("text", "day", "number"),
}


def of_person(person: Person) -> dict[str, object]:
    """What a template may say of a person."""
    return {f"person.{name}": getattr(person, name) for name in PERSON}


def of_order(order: Order) -> dict[str, object]:
    """What a template may say of an order."""
    own = {
        name: getattr(order, name)
        for name in ("key", "department", "doctor", "clinic", "slot", "day", "start")
    }
    return {**own, **of_person(order.person)}


def names_in(template: str) -> Iterator[tuple[str, str]]:
    """Its fields with their formats."""
    for found in _FIELD.finditer(template):
        yield found.group(1), found.group(2) or ""


def problem_of(template: str, allowed: Iterable[str]) -> str:
    """The field that is not allowed, or the brace that opens none; empty when all is right."""
    for name, _ in names_in(template):
        if name not in allowed:
            return f"{{{name}}}"
    rest = _FIELD.sub("", template)
    return rest if "{" in rest or "}" in rest else ""


def fill(template: str, given: Given, values: Values) -> str:
    """The text to send; fields that are not known now are empty."""

    def one(found: re.Match[str]) -> str:
        return _written(found.group(1), found.group(2) or "", given.get(found.group(1)), values)

    return _UNSPEAKABLE.sub("", _FIELD.sub(one, template))


def _written(name: str, how: str, value: object, values: Values) -> str:
    if value is None or value == "":
        return ""
    if isinstance(value, date):
        return value.strftime(how or values.formats.day[0])
    if isinstance(value, time):
        return value.strftime(how or values.formats.time[0])
    text = str(value)
    if name in ("person.phone", "phone"):
        return text if how == "e164" else national(text)
    if name == "person.sex":
        return values.theirs("sex", text)
    return text


def day_of(text: str) -> date | None:
    """The day that somebody typed (2026-11-22); None of anything else."""
    try:
        return date.fromisoformat(text.strip())
    except ValueError:
        return None
