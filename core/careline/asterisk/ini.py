"""Asterisk's configuration syntax, so written that no value can add a line or a section."""

from __future__ import annotations

from collections.abc import Iterable

from careline.errors import Invalid

Option = tuple[str, object]


def text(value: object) -> str:
    """One value as Asterisk reads it: yes/no for bool, ``;`` escaped; control characters refused.

    Raises Invalid("asterisk.control_character").
    """
    if isinstance(value, bool):
        return "yes" if value else "no"
    result = str(value)
    if any(ord(char) < 32 or ord(char) == 127 for char in result):
        raise Invalid(
            "asterisk.control_character",
            "{value!r} has a control character, which a configuration file cannot hold",
            value=result,
        )
    return result.replace(";", "\\;")


def section(name: str, options: Iterable[Option] = (), *, arrow: bool = False) -> str:
    """A section with its options; those that are None or an empty string are left out."""
    sign = " => " if arrow else " = "
    lines = [f"{key}{sign}{text(value)}" for key, value in options if value not in (None, "")]
    return "\n".join([f"[{text(name)}]", *lines]) + "\n"


def document(*sections: str) -> str:
    """A whole file: a line that says who wrote it, then the sections."""
    head = "; Written by careline; changes made here are lost.\n"
    return "\n".join([head, *sections])
