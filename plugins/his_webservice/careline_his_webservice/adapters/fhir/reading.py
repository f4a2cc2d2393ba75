"""Values out of FHIR resources: what is missing is empty, what is of another type is said."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime
from typing import Any

from careline.errors import Unavailable

Resource = Mapping[str, Any]

DIGIT, LETTER = re.compile(r"\d"), re.compile(r"[^\W\d]")
#: JSON can carry them, databases refuse them: control characters, and halves of characters.
UNKEPT = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff]+")


def bad(what: str) -> Unavailable:
    """The error for an answer that is none; ``what`` says where and what is wrong with it."""
    return Unavailable(
        "his.bad_answer", "the hospital's system has answered wrongly: {what}", what=what
    )


def name_of(resource: Resource) -> str:
    """``Slot/12`` for messages."""
    return f"{resource.get('resourceType', '?')}/{resource.get('id', '?')}"[:80]


def text(resource: Resource, *path: str | int) -> str:
    """The text at ``path``, empty when there is none; a number counts as its text.

    What databases refuse becomes a blank.
    """
    value = at(resource, *path)
    if value is None:
        return ""
    if isinstance(value, str):
        return UNKEPT.sub(" ", value).strip()
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    raise _wrong(resource, path, value, "text")


def flag(resource: Resource, key: str, default: bool) -> bool:
    """A boolean."""
    value = at(resource, key)
    if value is None:
        return default
    if isinstance(value, bool):
        return value
    raise _wrong(resource, (key,), value, "true or false")


def parts(resource: Resource, *path: str | int) -> list[Resource]:
    """The objects of the list at ``path``."""
    value = at(resource, *path)
    if value is None:
        return []
    if not isinstance(value, list) or not all(isinstance(one, dict) for one in value):
        raise _wrong(resource, path, value, "a list of objects")
    return value


def at(resource: Resource, *path: str | int) -> Any:
    """Whatever is at ``path``, or None."""
    value: Any = resource
    for place, step in enumerate(path):
        if value is None:
            return None
        if isinstance(step, int):
            if not isinstance(value, list):
                raise _wrong(resource, path[: place + 1], value, "a list")
            value = value[step] if step < len(value) else None
        elif isinstance(value, dict):
            value = value.get(step)
        else:
            raise _wrong(resource, path[: place + 1], value, "an object")
    return value


def moment(resource: Resource, *path: str | int) -> datetime | None:
    """A moment in UTC; a dateTime without a zone is none, for nobody knows when that is."""
    value = text(resource, *path)
    if not value:
        return None
    try:
        found = datetime.fromisoformat(value)
    except ValueError:
        raise _wrong(resource, path, value, "a time") from None
    if found.tzinfo is None:
        raise _wrong(resource, path, value, "a time with its zone")
    try:
        return found.astimezone(UTC)
    except OverflowError:
        raise _wrong(resource, path, value, "a time") from None


def day(resource: Resource, *path: str | int) -> date | None:
    """A date; a year or month alone is none."""
    value = text(resource, *path)
    if len(value) < 10:
        return None
    try:
        return date.fromisoformat(value)
    except ValueError:
        raise _wrong(resource, path, value, "a date") from None


def referred(resource: Resource, *path: str | int) -> tuple[str, str]:
    """Type and id of a reference, relative or absolute; empty when there is none."""
    value = text(resource, *path, "reference")
    kind, _, ident = value.rstrip("/").rpartition("/")
    return (kind.rpartition("/")[2], ident) if kind else ("", "")


def concept(resource: Resource, *path: str | int) -> str:
    """A CodeableConcept in words."""
    return (
        text(resource, *path, "text")
        or text(resource, *path, "coding", 0, "display")
        or text(resource, *path, "coding", 0, "code")
    )


def identifier(resource: Resource, system: str) -> str:
    """The first identifier of a system."""
    for one in parts(resource, "identifier"):
        if text(one, "system") == system:
            return text(one, "value")
    return ""


def human_name(resource: Resource, *path: str | int) -> str:
    """A HumanName: as it is written, else joined as Chinese names are."""
    written = text(resource, *path, "text")
    if written:
        return written
    family = text(resource, *path, "family")
    given = at(resource, *path, "given")
    given = given if isinstance(given, list) else []
    names = [UNKEPT.sub(" ", one).strip() for one in given if isinstance(one, str)]
    if not (family + "".join(names)).isascii():
        return family + "".join(names)
    return " ".join([*names, family]).strip()


def of_type(found: Iterator[Resource] | list[Resource], kind: str) -> list[Resource]:
    """Those of a type; others (OperationOutcome, included ones) are passed over."""
    return [one for one in found if one.get("resourceType") == kind]


def _wrong(resource: Resource, path: tuple[str | int, ...], value: object, right: str) -> Exception:
    """Says what it is like and not what it is: this stands in the log, and may be a patient's."""
    where = ".".join(map(str, path))
    like = LETTER.sub("x", DIGIT.sub("9", value))[:30] if isinstance(value, str) else ""
    kind = type(value).__name__
    return bad(f"{name_of(resource)}: {where} must be {right}, not {kind} {like}".rstrip())
