"""What is kept of patients: exported, erased, merged and told apart; lists that are handed in."""

from __future__ import annotations

import io
import json
from datetime import timedelta
from pathlib import Path

import openpyxl
import pytest
from tests.plugins.followup.site import CARD, Site
from tests.support.plugin_commands import saying

from careline.audit import store as audit
from careline.errors import Invalid, NotFound
from careline.patients import store as patients
from careline.storage import Database
from careline_followup.cases.model import ERASED, CaseKind
from careline_followup.plans.model import Way
from careline_followup.tasks.model import State, Why
from careline_followup.work import TIDY

HEAD = "住院号,姓名,门诊号,电话,家属,家属电话,科室,病区,出院诊断,手术名称,出院时间,手术日期\n"
LIST = (
    HEAD
    + "V1,张三,A1,13800000011,张女,13900000011,骨科,五病区,股骨骨折,内固定术,2026-11-22 10:30,\n"
    + "V2,李四,A2,13800000012,,,心内科,三病区,原发性高血压,,2026/11/21,\n"
    + "V3,王五,A3,,,,外科,六病区,胆囊结石,腹腔镜胆囊切除术,,2026年11月26日\n"
    + "V4,,A4,13800000014,,,外科,六病区,,,2026-11-21,\n"
    + "V5,赵六,A5,13800000015,,,外科,六病区,,,昨天,\n"
    + "V6,钱七,A6,13800000016,,,外科,六病区,,,2026-12-24,\n"
    + ",孙八,,,,,外科,六病区,,,2026-11-21,\n"
)


@pytest.fixture
def site(db: Database) -> Site:
    return Site(db)


@pytest.fixture
def asked(site: Site) -> Site:
    """A patient with a record, who gave a red answer."""
    site.patient()
    site.stay(id_card=CARD)
    site.work()
    site.reply("feeling", 3)
    site.reply("symptom", 4, by="8001", way=Way.AGENT)
    return site


def test_all_that_is_kept_of_a_patient_is_given_out(asked: Site) -> None:
    parts = {part.name: part.rows for part in asked.run(asked.plugin.export_patient(1))}
    assert {name: len(rows) for name, rows in parts.items()} == {
        "followup_cases": 1,
        "followup_tasks": 2,
        "followup_answers": 2,
        "followup_flags": 1,
    }
    assert parts["followup_cases"][0]["diagnosis"] == "肺炎"


def test_an_erased_patient_is_nobody_and_is_not_called(asked: Site) -> None:
    for _ in range(2):
        asked.run(asked.plugin.erase_patient(1))
    assert asked.run(asked.plugin.export_patient(1)) == []
    case = asked.run(asked.s.cases.get(1))
    assert (case.name, case.phone, case.id_card, case.diagnosis) == (ERASED, "", "", "")
    assert {(task.state, task.why) for task in asked.all()} == {(State.CANCELLED, Why.ERASED)}
    asked.night()  # the hospital's system still knows the stay: it is not taken in again
    assert asked.run(asked.s.cases.get(1)).name == ERASED
    assert len(asked.all()) == 2


@pytest.mark.parametrize("asks", ["erased", "given out"])
def test_a_case_that_was_there_before_the_record_is_the_patients(site: Site, asks: str) -> None:
    site.stay(id_card=CARD)
    site.work()
    site.fake.advance(600)
    patient = site.patient()
    if asks == "given out":
        assert site.run(site.plugin.export_patient(patient.id))
        return
    site.minute()
    site.db.run_sync(lambda tx: patients.delete_patients(tx, [patient.id]))
    site.run(site.plugin.erase_patient(patient.id))
    assert site.run(site.s.cases.get(1)).name == ERASED
    assert {task.why for task in site.all()} == {Why.ERASED}


def test_what_is_of_a_merged_patient_is_told_apart_again(asked: Site) -> None:
    for _ in range(2):
        asked.run(asked.plugin.patients_merged(kept=9, gone=1))
    assert {task.patient for task in asked.all()} == {9}
    assert asked.run(asked.s.flags.of_task(asked.first().id))[0].patient == 9
    asked.run(asked.plugin.patients_unmerged(kept=9, gone=1))
    assert {task.patient for task in asked.all()} == {1}


def test_the_patients_history_shows_what_was_begun(asked: Site) -> None:
    asked.run(asked.s.tasks.begin(asked.first().id, "8001"))
    [entry] = asked.run(asked.plugin.patient_timeline(1))
    assert (entry.title, entry.detail) == ("Follow-up: in progress", "出院随访（普通）")


def test_a_row_without_a_day_says_that_it_is_missing(site: Site, tmp_path: Path) -> None:
    file = tmp_path / "list.csv"
    file.write_text("姓名,电话,出院日期\n张三,13800001111,\n", encoding="utf-8")
    looked = site.run(site.s.cases.import_list(file, "main", dry=True))
    assert [one.why.code for one in looked.rejected] == ["followup.day"]


def test_a_list_is_taken_in_once(site: Site, tmp_path: Path) -> None:
    file = tmp_path / "list.csv"
    file.write_text(LIST, encoding="gb18030")
    looked = site.run(site.s.cases.import_list(file, "main", dry=True))
    assert (looked.added, len(looked.rejected), site.all()) == (3, 4, [])
    done = site.run(site.s.cases.import_list(file, "main"))
    assert (done.added, done.known) == (3, 0)
    assert [(one.line, one.why.code) for one in done.rejected] == [
        (5, "followup.name"),
        (6, "followup.when"),
        (7, "followup.future"),
        (8, "followup.who"),
    ]
    again = site.run(site.s.cases.import_list(file, "main"))
    assert (again.added, again.known) == (0, 3)
    cases = [site.run(site.s.cases.get(number)) for number in (1, 2, 3)]
    assert [one.plan for one in cases] == ["after-operation", "hypertension", "before-operation"]
    assert cases[2].kind is CaseKind.OPERATION
    [before] = site.all(case=3)
    assert before.day.isoformat() == "2026-11-25"


def test_the_family_on_a_list_is_called_after_the_patient(site: Site, tmp_path: Path) -> None:
    file = tmp_path / "list.csv"
    file.write_text(LIST, encoding="utf-8")
    site.run(site.s.cases.import_list(file, "main"))
    site.run(site.s.tasks.plan_now(site.first().id, "leader"))
    [call] = site.calls()
    assert [(one.number, one.who) for one in call.task.rungs] == [
        ("+8613800000011", "本人"),
        ("+8613900000011", "张女"),
    ]


def test_a_discharge_on_a_list_and_from_the_system_is_one(site: Site, tmp_path: Path) -> None:
    site.stay(7, number="A2", ward="", left=site.clock.now())
    site.work()
    file = tmp_path / "list.csv"
    row = "V2,患者7,A2,13800000012,,,心内科,三病区,原发性高血压,,2026-11-23 08:00,\n"
    file.write_text(HEAD + row, encoding="utf-8")
    done = site.run(site.s.cases.import_list(file, "main"))
    assert (done.added, done.known) == (0, 1)
    case = site.run(site.s.cases.get(1))
    assert (case.ward, case.diagnosis) == ("三病区", "肺炎")


def test_a_discharge_is_one_by_name_and_telephone_too(site: Site, tmp_path: Path) -> None:
    """The usual list has neither patients' numbers nor id cards."""
    site.stay(7, phone="13800000012")
    site.stay(8, phone="13800000013")
    site.work()
    file = tmp_path / "list.csv"
    rows = (
        "V2,患者7,,13800000012,,,,,,,2026-11-23 08:00,\nV3,患者7,,13800000013,,,,,,,2026-11-22,\n"
    )
    file.write_text(HEAD + rows, encoding="utf-8")
    done = site.run(site.s.cases.import_list(file, "main"))
    assert (done.added, done.known) == (1, 1)


def test_a_workbook_is_a_list_too(site: Site, tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    for row in (["Name", "Discharged", "Phone"], ["Ann", "2026-11-20", "13800000031"]):
        book.active.append(row)
    whole = io.BytesIO()
    book.save(whole)
    file = tmp_path / "list.xlsx"
    file.write_bytes(whole.getvalue())
    assert site.run(site.s.cases.import_list(file, "main")).added == 1


@pytest.mark.parametrize("text", ["", "\x00\x01", "姓名,电话\n张三,138\n", "a,b\n1,2\n"])
def test_what_is_no_list_is_refused(site: Site, tmp_path: Path, text: str) -> None:
    file = tmp_path / "list.csv"
    file.write_text(text, encoding="utf-8")
    with pytest.raises(Invalid):
        site.run(site.s.cases.import_list(file, "main"))
    with pytest.raises(NotFound):
        site.run(site.s.cases.import_list(file, "nowhere"))


def test_the_command_line_shows_and_imports(site: Site, tmp_path: Path) -> None:
    file = tmp_path / "list.csv"
    file.write_text(LIST, encoding="utf-8")
    said = saying(site.plugin.commands)
    days = ("coverage", "--from", "2026-11-01", "--to", "2026-11-30")
    assert "3 new, 0 known, 4 rejected" in said("import", str(file), "--campus", "main")
    [line] = site.db.run_sync(audit.search, audit.Search(act="followup.imported")).entries
    assert (line.whose, line.what) == ("main", "3 + 0")
    assert "general" in said("plans")
    assert "全部患者" in said("plans", lang="zh")
    listed = said("list", "--state", "planned")
    assert "planned" in listed
    assert "已计划" in said("list", lang="zh")
    assert {one["state"] for one in json.loads(said("list", "--json"))} == {"planned"}
    assert "after-operation" in listed
    assert "张三" not in listed
    assert "已纳入随访" in said(*days, lang="zh")
    [line_of_all] = json.loads(said(*days, "--json"))
    assert (line_of_all["cases"], line_of_all["covered"]) == (3, 3)
    assert "核对" in said("reconcile", lang="zh")


def test_what_is_old_is_of_nobody_whether_or_not_there_is_a_record(site: Site) -> None:
    site.stay(1, left=site.clock.now() - timedelta(days=395), came=None)
    site.stay(2)
    site.work()
    site.job(TIDY)
    assert site.run(site.s.cases.get(1)).name == "患者1"
    site.fake.advance(timedelta(days=1826 - 394).total_seconds())
    site.job(TIDY)
    names = [site.run(site.s.cases.get(number)).name for number in (1, 2)]
    assert names == [ERASED, "患者2"]
    assert all(task.state is State.CANCELLED for task in site.all(case=1))
