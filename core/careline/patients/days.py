"""Dates as people write them in tables and forms."""

from __future__ import annotations

import re
from datetime import date

DAY = re.compile(
    r"(\d{4})\s*[-/.年]\s*(\d{1,2})\s*[-/.月]\s*(\d{1,2})\s*日?(?:[ T]0{1,2}:00(?::00(?:\.0+)?)?)?"
)
COMPACT = re.compile(r"(\d{4})(\d{2})(\d{2})")


def read_day(text: str) -> date:
    """``1980-01-02``, ``1980/1/2``, ``1980.1.2``, ``1980年1月2日``, ``19800102``; else ValueError.

    The time 00:00 that spreadsheets append is left out.
    """
    text = text.strip()
    found = DAY.fullmatch(text) or COMPACT.fullmatch(text)
    if found is None:
        raise ValueError(f"{text!r:.40} is not a date")
    year, month, day = map(int, found.groups())
    return date(year, month, day)
