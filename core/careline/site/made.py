"""Values made from what was typed: every error at once, in the user's words."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, TypeVar

import attrs

from careline.errors import CarelineError, Invalid
from careline.i18n import Text

V = TypeVar("V")

CAMPUS, QUEUE, AGENT, FLOW = Text("campus"), Text("queue"), Text("agent"), Text("flow")
HINTS: Mapping[str, Text] = {
    "Agent.id": Text("2 to 8 digits"),
    "Agent.phone": Text("letters, digits, - and _, such as 1001"),
    "Agent.browser_phone": Text("letters, digits, - and _, such as 1101"),
    "User.login": Text("2 to 32 small letters, digits, dots or dashes, a letter or digit first"),
    "Role.name": Text("2 to 32 small letters, digits or dashes, a letter first"),
    "Phone.name": Text("letters, digits, - and _, such as 1001"),
    "Queue.id": Text("small letters, digits and -, a letter first"),
    "Queue.ring_s": Text("at least 5 seconds"),
    "Queue.announce_s": Text("0 (never), or 10 to 300 seconds"),
    "Queue.service_level_s": Text("at least 1 second"),
    "Queue.service_level_pct": Text("1 to 100 per cent"),
}
NOT_NEGATIVE = Text("a number that is not negative")


def made(cls: type[V], values: Mapping[str, Any], problems: Iterable[CarelineError] = ()) -> V:
    """``cls(**values)``; Invalid with all that is wrong, ``problems`` found elsewhere included."""
    refuse([*_field_problems(cls, values), *problems])
    return cls(**values)


def refuse(problems: Iterable[CarelineError]) -> None:
    """Raise Invalid when there are problems."""
    wrong = list(problems)
    if wrong:
        raise Invalid("input.invalid", "that cannot be stored:", problems=wrong)


def _field_problems(cls: type[Any], values: Mapping[str, Any]) -> Iterable[Invalid]:
    for attribute in attrs.fields(cls):
        if attribute.validator is None or attribute.name not in values:
            continue
        value = values[attribute.name]
        try:
            attribute.validator(None, attribute, value)
        except (ValueError, TypeError):
            hint = HINTS.get(f"{cls.__name__}.{attribute.name}", NOT_NEGATIVE)
            yield Invalid(
                "input.field",
                "{field}: “{value}” is not right: {hint}",
                field=attribute.name,
                value=value,
                hint=hint,
            )


def unknown(
    what: Text, wanted: Iterable[str], known: Iterable[str], field: str = ""
) -> list[CarelineError]:
    """A problem for each of ``wanted`` that is not among ``known``; empty ones mean none."""
    names = list(known)
    about: dict[str, object] = {"field": field} if field else {}
    return [
        Invalid(
            "input.unknown",
            "there is no {what} “{name}”; there are: {known}",
            problems=(),
            **{"what": what, "name": name, "known": names or "-", **about},
        )
        for name in wanted
        if name and name not in names
    ]
