"""Many numbers pasted at once, one in a line: what is right is taken, the rest is told by line."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TypeVar

from attrs import frozen

from careline.errors import CarelineError, Invalid

T = TypeVar("T")

REASON_LENGTH = 200
MOST = 5000
#: A number, then a reason behind a comma, a tab or a semicolon.
LINE = re.compile(r"\s*([^,，;；\t]+)[,，;；\t]?\s*(.*?)\s*")


@frozen(kw_only=True)
class Rejected:
    """A pasted line that was not taken; ``line`` counts from 1."""

    line: int
    text: str
    why: CarelineError


def read_pasted(text: str, take: Callable[[str, str], T]) -> tuple[list[T], list[Rejected]]:
    """What ``take`` makes of each line's number and reason; lines that are wrong are rejected.

    A line's own reason may be empty. Invalid when there are too many lines.
    """
    lines = [(at, line) for at, line in enumerate(text.splitlines(), 1) if line.strip()]
    if len(lines) > MOST:
        raise Invalid("listed.paste", "{count} lines are too many at once: {most} at most",
                      count=len(lines), most=MOST)  # fmt: skip
    good: list[T] = []
    rejected: list[Rejected] = []
    for at, line in lines:
        match = LINE.fullmatch(line)
        number, reason = match.groups() if match else (line, "")
        try:
            good.append(take(number, reason))
        except CarelineError as error:
            rejected.append(Rejected(line=at, text=line.strip()[:80], why=error))
    return good, rejected


def check_reason(reason: str) -> None:
    """Invalid when a reason is too long."""
    if len(reason) > REASON_LENGTH:
        raise Invalid("listed.reason", "At most {most} characters.", most=REASON_LENGTH)
