"""Tables that leave the house hold texts only, whatever somebody typed into a name."""

from __future__ import annotations

import io

import openpyxl
import pytest

from careline.spreadsheet import quoted, table_bytes


@pytest.mark.parametrize(
    ("cell", "harmless"),
    [
        ("=1+1", "'=1+1"),
        ("+86 138", "'+86 138"),
        ("-1", "-1"),
        ("@SUM(A1)", "'@SUM(A1)"),
        ("  =1", "'  =1"),
        ("\t=1", "'\t=1"),
        ("张三", "张三"),
        ("a=1", "a=1"),
        ("", ""),
    ],
)
def test_no_cell_is_a_formula(cell: str, harmless: str) -> None:
    assert quoted(cell) == harmless


@pytest.mark.parametrize("form", ["csv", "xlsx"])
def test_what_no_file_can_hold_spoils_none(form: str) -> None:
    rows = [["name", "note"], ["张三", "a\x01\x0bb"], ["=1+1", ""]]
    made = table_bytes(rows, form)
    if form == "csv":
        assert made.startswith(b"\xef\xbb\xbfname,note")
        assert "'=1+1" in made.decode("utf-8-sig")
        return
    sheet = openpyxl.load_workbook(io.BytesIO(made)).active
    found = [[cell.value for cell in row] for row in sheet.iter_rows()]
    assert found == [["name", "note"], ["张三", "ab"], ["=1+1", None]]
    assert sheet["A3"].data_type == "s"
    assert sheet["A1"].font.bold
