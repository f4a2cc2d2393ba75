"""What the command line prints: sentences, tables and JSON."""

from __future__ import annotations

import json
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from enum import Enum
from typing import Any

import click

from careline.i18n import Text, translate
from careline.terminal.language import language
from careline.terminal.times import local

Row = Mapping[str, Any]


def _(msgid: str) -> str:
    """Mark a text for translation, which happens where it is shown."""
    return msgid


YES, NO = Text("yes"), Text("no")


def say(msgid: str, /, **params: object) -> None:
    """Print a sentence in the user's language."""
    click.echo(translate(msgid, language(), **params))


def complain(msgid: str, /, **params: object) -> None:
    """Do the same on standard error."""
    click.echo(translate(msgid, language(), **params), err=True)


def print_json(value: Any) -> None:
    """Print a value for a program to read."""
    click.echo(json.dumps(value, ensure_ascii=False, indent=2, default=plain))


def plain(value: Any) -> Any:
    """A value as JSON has it."""
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, datetime | date):
        return value.isoformat()
    if isinstance(value, Text):
        return value.to("en")
    return str(value)


def listing(
    rows: Sequence[Row], columns: Mapping[str, str], *, as_json: bool, none: str = ""
) -> None:
    """Print rows as a table with ``columns`` (key -> title), or whole as JSON.

    ``none`` is said instead of an empty table.
    """
    if as_json:
        print_json(rows)
    elif rows or not none:
        click.echo(table(rows, columns))
    else:
        say(none)


def table(rows: Iterable[Row], columns: Mapping[str, str]) -> str:
    """Rows below their titles, in columns that fit Chinese characters too."""
    titles = [translate(title, language()) for title in columns.values()]
    lines = [titles, *([cell(row.get(key)) for key in columns] for row in rows)]
    widths = [max(width(line[at]) for line in lines) for at in range(len(titles))]
    padded = (
        "  ".join(
            text + " " * (wide - width(text)) for text, wide in zip(line, widths, strict=True)
        )
        for line in lines
    )
    return "\n".join(line.rstrip() for line in padded)


def cell(value: Any) -> str:
    """One value as people read it."""
    if value is None or value == "" or value == [] or value == ():
        return "-"
    if isinstance(value, bool):
        return (YES if value else NO).to(language())
    if isinstance(value, Text):
        return value.to(language())
    if isinstance(value, datetime):
        return f"{local(value):%Y-%m-%d %H:%M:%S}"
    if isinstance(value, list | tuple):
        return " ".join(cell(item) for item in value)
    return str(plain(value)) if not isinstance(value, str) else value


def width(text: str) -> int:
    """Columns that a text takes in a terminal: a Chinese character takes two."""
    return sum(2 if unicodedata.east_asian_width(char) in "WF" else 1 for char in text)
