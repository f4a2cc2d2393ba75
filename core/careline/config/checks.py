"""Validators for settings: each says what it found and what would be right.

They raise :class:`Invalid` with a ``where``; the reader replaces it by the full TOML path.
Plugins use them on their own config classes, or raise any ValueError of their own.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from careline.errors import Invalid
from careline.i18n import Text

if TYPE_CHECKING:
    from attrs import Attribute

Check = Callable[[Any, "Attribute[Any]", Any], None]


def between(low: float, high: float) -> Check:
    """Accept a number from ``low`` to ``high``, both included."""

    def check(_: object, attribute: Attribute[Any], value: float) -> None:
        if not low <= value <= high:
            raise Invalid(
                "config.range",
                "{where}: must be a number from {low} to {high}, not {value}",
                where=attribute.name,
                low=low,
                high=high,
                value=value,
            )

    return check


port = between(1, 65535)


def one_of(allowed: Iterable[str]) -> Check:
    """Accept one of the ``allowed`` words."""
    words = tuple(allowed)

    def check(_: object, attribute: Attribute[Any], value: str) -> None:
        if value not in words:
            raise Invalid(
                "config.choice",
                "{where}: must be one of {allowed}, not “{value}”",
                where=attribute.name,
                allowed=", ".join(words),
                value=value,
            )

    return check


def matches(pattern: str, right: str | Text) -> Check:
    """Accept text that matches ``pattern`` as a whole; ``right`` tells it in words."""
    compiled = re.compile(pattern)

    def check(_: object, attribute: Attribute[Any], value: str) -> None:
        if not compiled.fullmatch(value):
            raise Invalid(
                "config.pattern",
                "{where}: must be {right}, not “{value}”",
                where=attribute.name,
                right=right,
                value=value,
            )

    return check


_HERE = r"(localhost|127\.0\.0\.1|\[::1\])(:\d{1,5})?"
public_address = matches(
    rf"(https://[^\s?#]+[^\s?#/]|http://{_HERE}(/[^\s?#]*[^\s?#/])?)?",
    Text("an address with https:// and without / at its end; http:// only to this machine"),
)
"""Where telephones reach careline: what patients type there is nobody else's; or nothing."""


def directory(_: object, attribute: Attribute[Any], value: Path | None) -> None:
    """Accept a directory that exists, or nothing."""
    if value is not None and not value.is_dir():
        raise Invalid(
            "config.directory",
            "{where}: there is no directory {value}; create it or correct the path",
            where=attribute.name,
            value=value,
        )
