"""Tables that leave the house, as XLSX or CSV; no cell of them is ever computed."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Sequence
from typing import Any, BinaryIO, Protocol

FORMATS = ("xlsx", "csv")
MIME = {
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "csv": "text/csv; charset=utf-8",
}
MOST_XLSX = 1_000_000
LONGEST_CELL = 32_000
COMPUTED = re.compile(r"\s*[=+\-@]|[\t\r]")
ILLEGAL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")


def quoted(cell: str) -> str:
    """With ``'`` before what a spreadsheet would take for a formula.

    A minus or plus before a mere number is no formula.
    """
    if COMPUTED.match(cell) and not re.fullmatch(r"[+-]?\d+(\.\d+)?", cell):
        return f"'{cell}"
    return cell


class TableOut(Protocol):
    """A table being written; all of it blocks, so use it in a thread."""

    def add(self, rows: Sequence[Sequence[str]]) -> None:
        """Write rows."""

    def finish(self) -> None:
        """Write what is left; the file stays open."""

    def close(self) -> None:
        """Finish, and close the file."""


class CsvOut:
    """UTF-8 with the mark by which spreadsheets know it."""

    def __init__(self, out: BinaryIO) -> None:
        self._out = out
        self._text = io.TextIOWrapper(out, encoding="utf-8-sig", newline="")
        self._writer = csv.writer(self._text)

    def add(self, rows: Sequence[Sequence[str]]) -> None:
        """Write rows."""
        self._writer.writerows([quoted(cell) for cell in row] for row in rows)

    def finish(self) -> None:
        """Write what is left; the file stays open."""
        self._text.detach()

    def close(self) -> None:
        """Finish, and close the file."""
        self.finish()
        self._out.close()


class XlsxOut:
    """Every cell is text, the first row titles; only the current row is held in memory."""

    def __init__(self, out: BinaryIO) -> None:
        import xlsxwriter

        options = {
            "constant_memory": True,
            "strings_to_formulas": False,
            "strings_to_urls": False,
            "strings_to_numbers": False,
        }
        self._out = out
        self._book: Any = xlsxwriter.Workbook(out, options)
        self._sheet = self._book.add_worksheet()
        self._sheet.freeze_panes(1, 0)
        self._title = self._book.add_format({"bold": True})
        self._row = 0

    def add(self, rows: Sequence[Sequence[str]]) -> None:
        """Write rows; what a worksheet cannot hold is left out."""
        for row in rows:
            if self._row > MOST_XLSX:
                return
            for column, cell in enumerate(row):
                if cell:
                    text = ILLEGAL.sub("", cell)[:LONGEST_CELL]
                    style = None if self._row else self._title
                    self._sheet.write_string(self._row, column, text, style)
            self._row += 1

    def finish(self) -> None:
        """Write what is left; the file stays open."""
        self._book.close()

    def close(self) -> None:
        """Finish, and close the file."""
        self.finish()
        self._out.close()


def table_out(out: BinaryIO, form: str) -> TableOut:
    """Begin to write a table; ``form`` is one of FORMATS."""
    return XlsxOut(out) if form == "xlsx" else CsvOut(out)


def table_bytes(rows: Sequence[Sequence[str]], form: str) -> bytes:
    """A whole table that fits into memory."""
    out = io.BytesIO()
    table = table_out(out, form)
    table.add(rows)
    table.finish()
    return out.getvalue()
