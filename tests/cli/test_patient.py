"""Patients on the command line: found masked, changed, merged, taken in and given out."""

from __future__ import annotations

import csv
import io
import json
import stat
from pathlib import Path

from tests.cli.conftest import Terminal

CARD = "110105194912310038"


def add(careline: Terminal, name: str = "王小明", *more: str) -> None:
    careline.says("patient", "add", name, "--phone", "13811112222", "--tag", "糖尿病", *more)


def test_a_patient_is_added_found_shown_and_changed(careline: Terminal) -> None:
    add(careline, "王小明", "--id-card", CARD, "--number", "main:A1", "--phone", "010-62223333:家")
    for typed in ("wxm", "2222", "#糖尿病", "wang 1949"):
        [row] = careline.json("patient", "find", typed)
        assert (row["name"], row["phones"]) == ("王小明", ["138****2222", "010****3333"])
        assert row["id_card"] == "110105********0038"
    whole = careline.json("patient", "show", "1", "--reveal", "核对")
    assert (whole["id_card"], whole["birth_date"], whole["sex"]) == (CARD, "1949-12-31", "male")
    assert CARD not in careline.says("patient", "show", "1")
    careline.says("patient", "edit", "1", "--note", "轮椅", "--category", "vip")
    after = careline.json("patient", "show", "1")
    assert (after["note"], after["category"], after["numbers"]) == ("轮椅", "vip", ["main:A1"])
    looks = careline.json("audit", "search", "--kind", "patient")
    assert {one["act"] for one in looks} >= {"patient.added", "patient.reveal", "patient.view"}
    assert "核对" in {one["why"] for one in looks}


def test_what_is_wrong_is_told_at_once(careline: Terminal) -> None:
    said = careline.refuses("patient", "add", " ", "--id-card", "123", "--phone", "13811112222")
    for part in ("needs a name", "not a right id card"):
        assert part in said
    assert "is not a telephone" in careline.refuses("patient", "add", "x", "--phone", "12x")
    assert "“moon”" in careline.refuses("patient", "add", "x", "--number", "moon:1")
    assert "no such patient" in careline.refuses("patient", "show", "99")
    assert "1980-1985" in careline.refuses("patient", "find", "--born", "spring")


def test_duplicates_are_found_merged_and_apart_again(careline: Terminal) -> None:
    add(careline)
    careline.says("patient", "add", "王小明", "--phone", "13811112222:本人", "--note", "b")
    [pair] = careline.json("patient", "duplicates")
    assert (pair["kept"], pair["gone"], pair["why"]) == (1, 2, "phone")
    careline.says("patient", "merge", "1", "2")
    assert [one["id"] for one in careline.json("patient", "find", "王小明")] == [1]
    careline.says("patient", "unmerge", "1")
    assert [one["id"] for one in careline.json("patient", "find", "王小明")] == [1, 2]
    careline.says("patient", "erase", "2", "--yes", "--reason", "本人要求")
    assert [one["id"] for one in careline.json("patient", "find", "王小明")] == [1]


def test_tables_come_in_and_go_out(careline: Terminal, tmp_path: Path) -> None:
    careline.says("patient", "fields", "put", "blood", "--title", "血型", "--kind", "choice",
                  "--choice", "A", "--choice", "B")  # fmt: skip
    table = tmp_path / "in.csv"
    text = "姓名,电话,血型,科\n张三,13800001111,A,心内\n李四,1,C,\n"
    table.write_text(text, encoding="gb18030")
    report = tmp_path / "report.csv"
    command = ("patient", "import", str(table), "--column", "科=tags", "--report", str(report))
    assert careline.json(*command, "--dry-run") == {
        "added": 1, "changed": 0, "left_out": 0, "rejected": 1, "dry": True,
    }  # fmt: skip
    assert careline.json("patient", "find", "张三") == []
    assert "1 new" in careline.says(*command)
    assert careline.json("patient", "find", "--field", "blood=A")[0]["tags"] == ["心内"]
    rows = list(csv.reader(io.StringIO(report.read_text(encoding="utf-8-sig"))))
    assert rows[1][:4] == ["李四", "1", "C", ""]
    out = tmp_path / "out.csv"
    careline.says("patient", "export", str(out), "--name", "zs", "--reason", "检查")
    assert stat.S_IMODE(out.stat().st_mode) == 0o600
    [row] = csv.DictReader(io.StringIO(out.read_text(encoding="utf-8-sig")))
    assert row["血型"] == "A"
    assert list((careline.home.transfers).glob("*")) == []
    whole = json.loads(careline.says("patient", "data", "1", "--reason", "本人要求"))
    assert whole["complete"] is True
    assert "no column" in careline.refuses(*command, "--column", "x=name")
    assert "numbers.east" in careline.refuses(*command, "--column", "科=number")
    assert "values of this field" in careline.refuses("patient", "fields", "remove", "blood")
    (tmp_path / "x.xlsx").write_bytes(b"PK no")
    assert "damaged" in careline.refuses("patient", "import", str(tmp_path / "x.xlsx"))
