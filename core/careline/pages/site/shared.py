"""What the pages of the set-up have in common."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import attrs

from careline.errors import Invalid
from careline.web import Visit

EDIT = "site.edit"


def longest(length: int) -> Callable[[Any, attrs.Attribute[Any], str], None]:
    """A validator: the text has at most so many characters."""

    def check(_: Any, attribute: attrs.Attribute[Any], value: str) -> None:
        if len(value) > length:
            raise Invalid("input.long", "at most {count} characters", count=length)

    return check


def named(items: Iterable[Any], none: str = "") -> list[tuple[str, str]]:
    """Choices of a field: things with an id and a title; ``none`` stands for no choice."""
    choices = [(one.id, f"{one.title} ({one.id})") for one in items]
    return [("", none), *choices] if none else choices


def tabs(visit: Visit, current: str) -> list[dict[str, object]]:
    """The pages of the set-up, for ``ui.tabs``."""
    pages = (
        ("campuses", visit._("Campuses"), "building-2"),
        ("calendar", visit._("Calendar"), "calendar-days"),
        ("numbers", visit._("Called numbers"), "phone-incoming"),
        ("trunks", visit._("Trunks"), "network"),
        ("queues", visit._("Queues"), "list-ordered"),
    )
    return [
        {
            "label": label,
            "href": f"/site/{name}",
            "current": name == current,
            "icon": icon,
            "count": 0,
        }
        for name, label, icon in pages
    ]
