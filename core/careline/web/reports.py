"""What a report is asked, and what it answers; pages/reports shows and exports it."""

from __future__ import annotations

from datetime import date
from enum import Enum

from attrs import frozen

from careline.web.plots import Plot


class Cell(Enum):
    """How the values of a column are shown: shares as percent, seconds as a duration."""

    TEXT = "text"
    NUMBER = "number"
    SHARE = "share"
    SECONDS = "seconds"
    DAY = "day"


@frozen
class Column:
    """One column; ``title`` is in the reader's language."""

    title: str
    cell: Cell = Cell.NUMBER


@frozen
class Asked:
    """The days wanted, both included and local; ``by`` is one of the report's, else empty."""

    first: date
    last: date
    by: str = ""


Value = str | int | float | date | None


@frozen(kw_only=True)
class ReportTable:
    """Rows with as many values as columns; ``total`` is a last row, or empty."""

    columns: tuple[Column, ...]
    rows: tuple[tuple[Value, ...], ...]
    total: tuple[Value, ...] = ()
    plots: tuple[Plot, ...] = ()
    note: str = ""
