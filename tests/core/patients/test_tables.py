"""Tables in and out: what people hand in is read, what is wrong is told, nothing is trusted."""

from __future__ import annotations

import csv
import io
import zipfile
from collections.abc import Callable, Iterator, Sequence
from datetime import date
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from attrs import evolve
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.bench.crowd import NOW, people
from tests.support.databases import put_tables
from twisted.internet.defer import Deferred, maybeDeferred

from careline.campuses.model import Campus
from careline.campuses.store import put_campus
from careline.clock import Clock
from careline.errors import Invalid, Unavailable
from careline.patients import store, transfers
from careline.patients.columns import guessed, targets
from careline.patients.criteria import Criteria
from careline.patients.fields import CustomField, FieldKind
from careline.patients.model import OutpatientNumber, Patient, PatientPhone, Sex
from careline.patients.moving import Moving
from careline.patients.rows import Reading, read_row, to_row
from careline.patients.sheets import MOST_COLUMNS, Row, open_sheet
from careline.patients.taking import OnMatch
from careline.patients.transfers import State, Transfer
from careline.spreadsheet import quoted, table_out
from careline.storage import Database, open_database
from careline.tasks import Tasks
from careline.testing import run_async

CAMPUSES = {"main": "总院", "east": "东院"}
BLOOD = CustomField(
    name="blood", title="血型", kind=FieldKind.CHOICE, choices=("A", "B", "AB", "O"), place=1
)
FIELDS = (BLOOD, CustomField(name="since", title="首诊日期", kind=FieldKind.DATE))
TARGETS = tuple(one.name for one in targets(FIELDS, CAMPUSES))
HOW = Reading(TARGETS, FIELDS, "010", date(2026, 11, 22))
CARD = "110105194912310038"


def at_once(call: Callable[..., Any], *args: Any) -> Deferred[Any]:
    return maybeDeferred(call, *args)


class Desk:
    """Imports and exports on a database, done by hand."""

    def __init__(self, db: Database, clock: Clock, folder: Path) -> None:
        self.db, self.clock, self.folder = db, clock, folder
        self.moving = Moving(db, clock, None, at_once, folder / "kept", "hq")
        for name, title in CAMPUSES.items():
            db.run_sync(put_campus, Campus(id=name, title=title))
        for one in FIELDS:
            db.run_sync(store.put_field, one)

    def do(self, work: Any) -> Any:
        return run_async(work, self.clock)

    def upload(self, text: str | bytes, name: str = "a.csv") -> Transfer:
        path = self.folder / "uploaded"
        path.write_bytes(text.encode() if isinstance(text, str) else text)
        one: Transfer = self.do(self.moving.upload(path, name, "zhang"))[0]
        return one

    def take(
        self, text: str | bytes, on_match: OnMatch = OnMatch.FILL, *, dry: bool = False
    ) -> Transfer:
        one = self.upload(text)
        mapping = list(self.do(self.moving.preview(one.id)).mapping)
        self.do(self.moving.start(one.id, mapping, on_match, dry=dry, area_code="010"))
        self.do(self.moving.importer.run(one.id))
        done: Transfer = self.do(self.moving.get(one.id))
        return done

    def counts(self, text: str | bytes, *args: Any, **more: Any) -> tuple[int, int, int, int]:
        done = self.take(text, *args, **more)
        assert done.state is State.DONE, done.error
        return done.added, done.changed, done.left_out, done.rejected

    def reasons(self, one: Transfer) -> list[tuple[int, list[str]]]:
        rejects = self.db.run_sync(transfers.read_rejects, one.id)
        return [(reject.row, [why["code"] for why in reject.reasons]) for reject in rejects]

    def everybody(self) -> list[Patient]:
        return self.db.run_sync(lambda tx: store.read_patients(tx, store.newest_ids(tx, 1000)))


@pytest.fixture
def both(db: Database, db_clock: Clock, tmp_path: Path) -> Desk:
    """On SQLite and on PostgreSQL."""
    return Desk(db, db_clock, tmp_path)


@pytest.fixture
def desk(db_clock: Clock, tmp_path: Path) -> Iterator[Desk]:
    """On SQLite, where the database does not matter."""
    db = open_database("sqlite://", clock=db_clock, tasks=Tasks())
    put_tables(db)
    yield Desk(db, db_clock, tmp_path)
    db.engine.dispose()


TABLE = f"""姓名,性别,出生日期,身份证号,联系电话,电话2,门诊号(东院),血型,标签
张三,男,1980/1/2,,138 0000 1111,010-62223333(家),E1,A,糖尿病；高血压
李四,,,{CARD},62223334,,,,
王五,女,1990年1月2日,,,,,C,
,男,,,13800002222,,,,
"""


def test_a_table_is_taken_in_and_what_is_wrong_is_kept_with_its_reasons(both: Desk) -> None:
    done = both.take(TABLE)
    assert (done.added, done.rejected, done.state) == (2, 2, State.DONE)
    assert both.reasons(done) == [(4, ["patient.fields.blood"]), (5, ["patient.name"])]
    [li] = both.db.run_sync(lambda tx: store.read_patients(tx, [2]))
    assert (li.sex, li.birth_date) == (Sex.MALE, date(1949, 12, 31))
    [zhang] = both.db.run_sync(lambda tx: store.read_patients(tx, [1]))
    assert zhang.phones == (
        PatientPhone("+8613800001111", "", preferred=True),
        PatientPhone("+861062223333", "家"),
    )
    assert zhang.numbers == (OutpatientNumber("east", "E1"),)
    assert (zhang.tags, zhang.fields) == (("糖尿病", "高血压"), {"blood": "A"})


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "utf-16"])
@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_encodings_and_delimiters_are_seen(tmp_path: Path, encoding: str, delimiter: str) -> None:
    file = tmp_path / "x"
    file.write_bytes(f"姓名{delimiter}电话\n张三{delimiter}1\n".encode(encoding))
    sheet = open_sheet(file)
    assert (sheet.header, sheet.take(9)) == (("姓名", "电话"), [Row(2, ("张三", "1"))])
    sheet.close()


def test_a_dry_run_counts_the_same_and_stores_nothing(desk: Desk) -> None:
    twice = TABLE + "张三,,,,13800001111,,,,\n"
    assert desk.counts(twice, dry=True) == (2, 1, 0, 2)
    assert desk.everybody() == []
    assert desk.counts(twice) == (2, 0, 1, 2), "the second one adds nothing"


def test_whom_we_know_is_filled_in_written_over_or_left(both: Desk) -> None:
    both.take("姓名,电话,地址\n张三,13800001111,旧址\n")
    news = f"姓名,电话,地址,身份证\n张三,13800001111,新址,{CARD}\n"
    assert both.counts(news, OnMatch.SKIP) == (0, 0, 1, 0)
    assert both.counts(news, OnMatch.FILL) == (0, 1, 0, 0)
    [one] = both.everybody()
    assert (one.address, one.id_card) == ("旧址", CARD)
    assert both.counts(news, OnMatch.OVERWRITE) == (0, 1, 0, 0)
    assert both.everybody()[0].address == "新址"
    assert both.counts(news, OnMatch.OVERWRITE) == (0, 0, 1, 0), "the same again changes nothing"


def test_another_id_card_or_birthday_is_another_person(desk: Desk) -> None:
    desk.take("姓名,电话,出生日期\n张三,13800001111,1980-01-01\n")
    assert desk.counts("姓名,电话,出生日期\n张三,13800001111,2010-01-01\n") == (1, 0, 0, 0)


def test_a_row_that_fits_two_records_is_nobodys(both: Desk) -> None:
    both.take(f"姓名,身份证,门诊号 总院\n甲,{CARD},\n乙,,M1\n")
    done = both.take(f"姓名,身份证,门诊号 总院\n丙,{CARD},M1\n")
    assert both.reasons(done) == [(2, ["import.several"])]


def test_the_same_patient_twice_in_one_table_is_one_record(desk: Desk) -> None:
    text = f"姓名,身份证,地址\n张三,{CARD},\n张三,{CARD},某街\n"
    assert desk.counts(text) == (1, 1, 0, 0)
    assert [one.address for one in desk.everybody()] == ["某街"]


def test_an_import_goes_on_where_it_was_broken_off(both: Desk, monkeypatch: Any) -> None:
    lines = "".join(f"病人{at},{13800000000 + at}\n" for at in range(450))
    one = both.upload(f"姓名,电话\n{lines}坏,12\n")
    both.do(both.moving.start(one.id, ["name", "phones"]))
    kept, batches = transfers.change_transfer, []

    def breaks(*args: Any, **values: Any) -> None:
        batches.append(values)
        if len(batches) == 2:
            raise Unavailable("db.away", "gone")
        kept(*args, **values)

    monkeypatch.setattr(transfers, "change_transfer", breaks)
    with pytest.raises(Unavailable):
        both.do(both.moving.importer.run(one.id))
    assert both.db.run_sync(store.count_patients) == 200
    both.do(both.moving.importer.run(one.id))
    done = both.do(both.moving.get(one.id))
    assert (done.added, done.rejected, done.done, done.state) == (450, 1, 452, State.DONE)
    assert both.db.run_sync(store.count_patients) == 450


def test_a_stopped_import_keeps_what_it_has(desk: Desk) -> None:
    one = desk.upload("姓名\n甲\n")
    desk.do(desk.moving.start(one.id, ["name"]))
    desk.do(desk.moving.stop(one.id))
    desk.do(desk.moving.importer.run(one.id))
    assert desk.do(desk.moving.get(one.id)).state is State.STOPPED
    assert desk.everybody() == []


# Workbooks


def workbook(rows: Sequence[Sequence[object]]) -> bytes:
    book = openpyxl.Workbook()
    for row in rows:
        book.active.append(list(row))
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def test_a_workbook_is_read_by_its_types(desk: Desk) -> None:
    rows = [
        ("姓名", "电话", "出生日期", "身份证", "血型", None),
        ("张三", 13800001111, date(1980, 1, 2), None, "A", None),
        ("李四", 13800001112.0, "19800102", 1.10105194912e17, None, None),
        (None, None, None, None, None, None),
        (True, "13800001113", None, None, "=1+1", None),
    ]
    done = desk.take(workbook(rows))
    assert desk.reasons(done)[0] == (3, ["patient.id_card", "patient.id_card"])
    assert done.added == 2, "a formula without a value is an empty cell"
    [zhang] = [one for one in desk.everybody() if one.name == "张三"]
    assert (zhang.birth_date, zhang.phones[0].number) == (date(1980, 1, 2), "+8613800001111")


def zipped(files: dict[str, bytes]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, body in files.items():
            archive.writestr(name, body)
    return out.getvalue()


DOCTYPE = b'<?xml version="1.0"?><!DOCTYPE a [<!ENTITY b "bb">]><a>&b;</a>'


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (b"", "import.empty"),
        (b"\n\n", "import.empty"),
        (b"\xd0\xcf\x11\xe0", "import.old_excel"),
        (b"PK\x03\x04", "import.broken"),
        (b"\xff\xff\xff", "import.encoding"),
        ("姓名\0,b\n".encode(), "import.broken"),
        (b",".join([b"a"] * (MOST_COLUMNS + 1)) + b"\n", "import.columns"),
        (zipped({"a.txt": b"x"}), "import.broken"),
        (zipped({"xl/sharedStrings.xml": b"0" * (65 * 2**20)}), "import.bomb"),
        (zipped({f"{at}.xml": b"0" * (51 * 2**20) for at in range(6)}), "import.bomb"),
        (zipped({f"{at}": b"" for at in range(2001)}), "import.bomb"),
        (zipped({"[Content_Types].xml": DOCTYPE}), "import.broken"),
    ],
)
def test_hostile_files_are_refused_at_once(tmp_path: Path, body: bytes, code: str) -> None:
    file = tmp_path / "x"
    file.write_bytes(body)
    with pytest.raises(Invalid) as caught:
        open_sheet(file).close()
    assert caught.value.code == code


def test_a_workbook_whose_sheet_is_damaged_says_so(desk: Desk) -> None:
    whole = workbook([("姓名",), ("张三",)])
    with zipfile.ZipFile(io.BytesIO(whole)) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    for name in ("xl/worksheets/sheet1.xml", "xl/workbook.xml"):
        for body in (b"<a>", parts[name][: len(parts[name]) // 2]):
            with pytest.raises(Invalid) as caught:
                desk.upload(zipped({**parts, name: body}))
            assert caught.value.code in ("import.broken", "import.empty")
    assert list((desk.folder / "kept").iterdir()) == [], "nothing is kept of them"


def test_too_many_rows_and_far_too_long_cells(desk: Desk, monkeypatch: Any) -> None:
    monkeypatch.setattr("careline.patients.sheets.MOST_ROWS", 250)
    done = desk.take("姓名\n" + "甲\n" * 300)
    assert done.state is State.FAILED
    assert (done.error or {})["code"] == "import.rows"
    assert done.added == 200, "what came before is stored and counted"
    long = desk.take("姓名,备注\n乙," + "x" * 10_001 + "\n")
    assert desk.reasons(long) == [(2, ["import.cell"])]
    with pytest.raises(Invalid) as caught:
        desk.upload("姓名,备注\n乙," + "x" * 140_000 + "\n")
    assert caught.value.code == "import.broken"


CELLS = st.text(max_size=30)


@settings(max_examples=150, deadline=None)
@given(cells=st.lists(CELLS, min_size=len(TARGETS), max_size=len(TARGETS)))
def test_any_row_is_a_storable_patient_or_has_reasons(cells: list[str]) -> None:
    patient, problems = read_row(Row(2, tuple(cells)), HOW)
    if not problems:
        again, wrong = read_row(Row(2, tuple(to_row(patient, TARGETS))), HOW)
        assert not wrong
        assert evolve(again, note="", tags=()) == evolve(patient, note="", tags=())
    assert all(problem.code.count(".") for problem in problems)


def test_what_goes_out_comes_in_the_same(desk: Desk) -> None:
    some = [evolve(one, fields={}) for one in people(60)]
    desk.db.run_sync(store.add_patients, some, NOW)
    before = sorted(desk.everybody(), key=lambda one: one.id)
    for form in ("csv", "xlsx"):
        for language in ("zh", "en"):
            one = desk.do(desk.moving.export(Criteria(), form, "zhang", language))
            desk.do(desk.moving.exporter.run(one.id))
            path = desk.do(desk.moving.file(one.id))
            assert desk.counts(path.read_bytes(), OnMatch.OVERWRITE) == (0, 0, 60, 0), form
    assert sorted(desk.everybody(), key=lambda one: one.id) == before


def test_nothing_that_goes_out_is_computed(tmp_path: Path) -> None:
    evil = ["=1+1", "+cmd|' /C calc'!A0", "-2+3", "@SUM(A1)", "\t=1", "\x01\x0bx", "-5", "+8610"]
    for form in ("csv", "xlsx"):
        out = table_out((tmp_path / f"x.{form}").open("wb"), form)
        out.add([evil])
        out.close()
    text = (tmp_path / "x.csv").read_text(encoding="utf-8-sig")
    [row] = csv.reader(io.StringIO(text))
    assert row[:5] == [f"'{cell}" for cell in evil[:5]]
    assert row[6:] == ["-5", "+8610"], "mere numbers are as they are"
    book = openpyxl.load_workbook(tmp_path / "x.xlsx")
    assert [cell.data_type for cell in next(book.active.iter_rows())] == ["s"] * len(evil)
    book.close()
    assert quoted("普通") == "普通"


def test_titles_are_understood() -> None:
    header = ["*姓 名", "Sex", "手机1", "手机2", "东院门诊号", "血型", "ID_Card", "??", "姓名"]
    assert guessed(header, FIELDS, CAMPUSES) == [
        "name", "sex", "phones", "phones", "numbers.east", "fields.blood", "id_card", "", "",
    ]  # fmt: skip


def test_old_files_and_reports_go(desk: Desk, monkeypatch: Any) -> None:
    one = desk.take("姓名\n甲\n")
    [file] = (desk.folder / "kept").iterdir()
    desk.do(desk.moving.tidy_up())
    assert file.exists()
    monkeypatch.setattr("careline.patients.moving.FILES_KEPT", -transfers.KEPT)
    desk.do(desk.moving.tidy_up())
    assert not file.exists()
    assert desk.do(desk.moving.get(one.id)).added == 1
