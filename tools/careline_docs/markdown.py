"""Small pieces of Markdown."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A table; what stands in cells is kept as it is but for what would end the cell."""
    lines = [head, ["---"] * len(head), *rows]
    return "".join(f"| {' | '.join(map(_cell, line))} |\n" for line in lines)


def code(text: str) -> str:
    """Text as code, empty when there is none."""
    mark = "``" if "`" in text else "`"
    return f"{mark}{text}{mark}" if text else ""


def plain(text: str) -> str:
    """A docstring's reStructuredText as Markdown: ``code`` and roles lose a backquote."""
    text = re.sub(r":\w+:`~?([^`]+)`", r"`\1`", " ".join(text.split()))
    return escaped(text.replace("``", "`"))


def escaped(text: str) -> str:
    """Text without what Markdown would take for HTML."""
    return "".join(
        part if index % 2 else part.replace("<", "&lt;").replace("*", r"\*")
        for index, part in enumerate(re.split(r"(`[^`]*`)", text))
    )


def _cell(text: str) -> str:
    return " ".join(text.split()).replace("|", r"\|")
