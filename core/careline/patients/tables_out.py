"""Tables that leave the house, as XLSX or CSV; no cell of them is ever computed."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Protocol

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

    def close(self) -> None:
        """Finish the file."""


class CsvOut:
    """UTF-8 with the mark by which spreadsheets know it."""

    def __init__(self, path: Path) -> None:
        self._file = path.open("w", encoding="utf-8-sig", newline="")
        self._writer = csv.writer(self._file)

    def add(self, rows: Sequence[Sequence[str]]) -> None:
        """Write rows."""
        self._writer.writerows([quoted(cell) for cell in row] for row in rows)

    def close(self) -> None:
        """Finish the file."""
        self._file.close()


class XlsxOut:
    """Every cell is text; only the current row is held in memory."""

    def __init__(self, path: Path) -> None:
        import xlsxwriter

        options = {
            "constant_memory": True,
            "strings_to_formulas": False,
            "strings_to_urls": False,
            "strings_to_numbers": False,
        }
        self._book: Any = xlsxwriter.Workbook(path, options)
        self._sheet = self._book.add_worksheet()
        self._row = 0

    def add(self, rows: Sequence[Sequence[str]]) -> None:
        """Write rows; what a worksheet cannot hold is left out."""
        for row in rows:
            if self._row > MOST_XLSX:
                return
            for column, cell in enumerate(row):
                if cell:
                    text = ILLEGAL.sub("", cell)[:LONGEST_CELL]
                    self._sheet.write_string(self._row, column, text)
            self._row += 1

    def close(self) -> None:
        """Finish the file."""
        self._book.close()


def table_out(path: Path, form: str) -> TableOut:
    """Begin to write a table to ``path``; ``form`` is one of FORMATS."""
    return XlsxOut(path) if form == "xlsx" else CsvOut(path)


def csv_text(rows: Sequence[Sequence[str]]) -> str:
    """A small table as text."""
    out = io.StringIO()
    csv.writer(out).writerows([quoted(cell) for cell in row] for row in rows)
    return out.getvalue()
