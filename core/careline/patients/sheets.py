"""Tables that people hand in, CSV or XLSX, read row by row and trusted in nothing."""

from __future__ import annotations

import csv
import io
import re
import zipfile
from collections.abc import Iterator
from datetime import date, datetime
from importlib import import_module
from pathlib import Path
from typing import Any

from attrs import define, frozen

from careline.errors import Invalid

MOST_ROWS = 1_000_000
MOST_COLUMNS = 100
MOST_CELL = 10_000
MOST_PARTS = 2_000
MOST_UNPACKED = 300 * 2**20
MOST_STRINGS = 64 * 2**20
"""Bytes of a workbook's table of texts, which is read whole."""
OLD_EXCEL = b"\xd0\xcf\x11\xe0"
HEAD = 65_536
DELIMITERS = ",;\t"


@frozen
class Row:
    """One row of a table; ``number`` is what the spreadsheet shows beside it."""

    number: int
    cells: tuple[str, ...]


@define
class Sheet:
    """An open table: its head, and the rows below it from :meth:`take`; ``close`` it."""

    header: tuple[str, ...]
    total: int | None
    _rows: Iterator[Row]
    _file: Any

    def take(self, count: int) -> list[Row]:
        """The next ``count`` rows that are not empty, fewer at the end.

        Blocks on the file: call it in a thread. Raises Invalid when the file is broken there.
        """
        found: list[Row] = []
        try:
            for row in self._rows:
                if any(row.cells):
                    found.append(row)
                if len(found) == count:
                    break
        except Invalid:
            raise
        except (csv.Error, UnicodeError) as error:
            raise _broken() from error
        except BROKEN as error:
            raise _broken() from error
        return found

    def skip_to(self, number: int) -> None:
        """Leave out rows up to this number: they were read before."""
        self._rows = (row for row in self._rows if row.number > number)

    def close(self) -> None:
        """Let the file go."""
        self._file.close()


#: What openpyxl and zipfile raise for files that are none; KeyError for a part that is missing.
BROKEN = (
    zipfile.BadZipFile,
    KeyError,
    ValueError,
    TypeError,
    AttributeError,
    IndexError,
    OverflowError,
    SyntaxError,
    EOFError,
    OSError,
    NotImplementedError,
    RuntimeError,
    MemoryError,
)


def _broken() -> Invalid:
    return Invalid("import.broken", "this file is damaged, or not what its name says")


def open_sheet(path: Path) -> Sheet:
    """Open a table by what it holds, whatever it is called; Invalid when that is impossible."""
    with path.open("rb") as file:
        begin = file.read(4)
    if begin == OLD_EXCEL:
        message = "this is an old Excel file or has a password: save it as XLSX or CSV, without one"
        raise Invalid("import.old_excel", message)
    sheet = _workbook(path) if begin[:2] == b"PK" else _text(path)
    if not any(sheet.header):
        sheet.close()
        raise Invalid("import.empty", "this file has no row of column titles")
    if len(sheet.header) > MOST_COLUMNS:
        sheet.close()
        raise Invalid("import.columns", "at most {most} columns", most=MOST_COLUMNS)
    return sheet


# CSV


def _text(path: Path) -> Sheet:
    encoding = _encoding(path)
    file = path.open(encoding=encoding, newline="", errors="strict")
    try:
        first = file.readline(HEAD)
        delimiter = max(DELIMITERS, key=first.count)
        file.seek(0)
        reader = csv.reader(_without_nul(file), delimiter=delimiter)
        header = tuple(cell.strip() for cell in next(reader, []))
    except (csv.Error, UnicodeError, Invalid) as error:
        file.close()
        raise _broken() from error
    with path.open("rb") as raw:
        lines = sum(part.count(b"\n") for part in iter(lambda: raw.read(1 << 20), b""))
    return Sheet(header, lines, _csv_rows(reader, len(header)), file)


def _without_nul(file: io.TextIOBase) -> Iterator[str]:
    for line in file:
        if "\0" in line:
            raise _broken()
        yield line


def _csv_rows(reader: Any, width: int) -> Iterator[Row]:
    for number, cells in enumerate(reader, 2):
        yield _row(number, cells, width)


def _encoding(path: Path) -> str:
    """UTF-8, UTF-16 with its mark, or GB18030, whichever the whole file is."""
    with path.open("rb") as file:
        begin = file.read(4)
    if begin[:2] in (b"\xff\xfe", b"\xfe\xff"):
        return "utf-16"
    for encoding in ("utf-8-sig", "gb18030"):
        if _is_in(path, encoding):
            return encoding
    raise Invalid("import.encoding", "this text is neither in UTF-8 nor in GB18030")


def _is_in(path: Path, encoding: str) -> bool:
    try:
        with path.open(encoding=encoding, newline="") as file:
            while file.read(1 << 20):
                pass
    except UnicodeError:
        return False
    return True


# XLSX


def _workbook(path: Path) -> Sheet:
    _refuse_bomb(path)
    file = path.open("rb")
    try:
        book = import_module("openpyxl").load_workbook(
            file, read_only=True, data_only=True, keep_links=False
        )
        sheet = book.worksheets[0]
        total = sheet.max_row
        sheet.reset_dimensions()  # what a file says of its size may be a lie
        rows = sheet.iter_rows(values_only=True, max_col=MOST_COLUMNS + 1)
        header = tuple(_cell(value).strip() for value in next(rows, ()))
    except BROKEN as error:
        file.close()
        raise _broken() from error
    while header and not header[-1]:
        header = header[:-1]
    return Sheet(header, total and max(0, total - 1), _xlsx_rows(rows, len(header)), file)


def _xlsx_rows(rows: Iterator[Any], width: int) -> Iterator[Row]:
    for number, values in enumerate(rows, 2):
        yield _row(number, [_cell(value) for value in values], width)


def _refuse_bomb(path: Path) -> None:
    """Look at what would be unpacked before anything is."""
    too_big = Invalid("import.bomb", "unpacked, this file would be far too big")
    try:
        with zipfile.ZipFile(path) as archive:
            parts = archive.infolist()
            if len(parts) > MOST_PARTS or sum(part.file_size for part in parts) > MOST_UNPACKED:
                raise too_big
            for part in parts:
                if part.filename.endswith("sharedStrings.xml") and part.file_size > MOST_STRINGS:
                    raise too_big
                if part.filename.endswith((".xml", ".rels")):
                    with archive.open(part) as inside:
                        _refuse_doctype(inside.read(4096))
    except zipfile.BadZipFile as error:
        raise _broken() from error
    except (NotImplementedError, RuntimeError, OSError, EOFError, ValueError) as error:
        raise _broken() from error


def _refuse_doctype(begin: bytes) -> None:
    """Workbooks have none; entities that unfold into gigabytes are declared there."""
    if b"<!DOCTYPE" in begin.replace(b"\0", b"").upper():
        raise _broken()


def _cell(value: object) -> str:
    """What stands in a cell, as people would type it."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "1" if value else "0"
    if isinstance(value, float):
        return str(int(value)) if value.is_integer() and abs(value) < 1e15 else repr(value)
    if isinstance(value, datetime) and not (value.hour or value.minute or value.second):
        return value.date().isoformat()
    return value.isoformat() if isinstance(value, date | datetime) else str(value)


# Both


def _row(number: int, cells: list[str], width: int) -> Row:
    if number > MOST_ROWS + 1:
        raise Invalid("import.rows", "at most {most} rows: divide this file", most=MOST_ROWS)
    known = [unquoted(cell.strip()) for cell in cells[:width]]
    return Row(number, tuple(known + [""] * (width - len(known))))


FORMULA = re.compile(r"^'(?=[=+\-@\t\r])")


def unquoted(cell: str) -> str:
    """Without the ``'`` that exports put before what a spreadsheet would compute."""
    return FORMULA.sub("", cell)
