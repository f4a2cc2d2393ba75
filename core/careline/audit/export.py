"""The audit log as a file: CSV or XLSX, whose cells no spreadsheet takes for formulas."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence
from datetime import tzinfo

from careline.audit.model import Entry, act_title, kind_title
from careline.i18n import Lang, Text

#: A cell that begins so would be computed by a spreadsheet that opens a CSV file.
FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n")

COLUMNS: tuple[tuple[str, Text], ...] = (
    ("at", Text("when")),
    ("actor", Text("login")),
    ("name", Text("who")),
    ("act", Text("what was done")),
    ("kind", Text("kind")),
    ("whose", Text("whose")),
    ("what", Text("details")),
    ("why", Text("why")),
    ("address", Text("address")),
)


def rows_of(entries: Iterable[Entry], zone: tzinfo, lang: Lang) -> list[list[str]]:
    """Lines as texts, under their titles."""
    titles = [title.to(lang) for _name, title in COLUMNS]
    return [titles, *(_row(one, zone, lang) for one in entries)]


def _row(one: Entry, zone: tzinfo, lang: Lang) -> list[str]:
    return [
        one.at.astimezone(zone).strftime("%Y-%m-%d %H:%M:%S"),
        one.actor,
        one.name,
        act_title(one.act).to(lang),
        kind_title(one.kind).to(lang),
        one.whose,
        one.what,
        one.why,
        one.address,
    ]


def to_csv(rows: Iterable[Sequence[str]]) -> bytes:
    """CSV in UTF-8 with the mark by which spreadsheets know it."""
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerows([safe(cell) for cell in row] for row in rows)
    return out.getvalue().encode("utf-8-sig")


def safe(cell: str) -> str:
    """A cell that is text for every spreadsheet."""
    return "'" + cell if cell.lstrip(" ").startswith(FORMULA) else cell


def to_xlsx(rows: Iterable[Sequence[str]], title: str) -> bytes:
    """An Excel file of one sheet, every cell a text; blocking, so call it in a thread."""
    from xlsxwriter import Workbook

    out = io.BytesIO()
    book = Workbook(
        out,
        {
            "in_memory": True,
            "strings_to_formulas": False,
            "strings_to_urls": False,
            "strings_to_numbers": False,
        },
    )
    sheet = book.add_worksheet(title[:31])
    bold = book.add_format({"bold": True})
    for at, row in enumerate(rows):
        for column, cell in enumerate(row):
            sheet.write_string(at, column, cell, bold if at == 0 else None)
    sheet.freeze_panes(1, 0)
    book.close()
    return out.getvalue()
