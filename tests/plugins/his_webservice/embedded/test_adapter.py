"""The embedded system as his_webservice asks it, and its tables as a clinic brings them."""

from __future__ import annotations

import json
from datetime import date, time
from decimal import Decimal
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from click.testing import CliRunner
from tests.plugins.his_webservice.embedded.small import CLINIC, MONDAY, NOW, order, put_small

from careline.campuses.model import Campus
from careline.campuses.store import put_campus
from careline.clinic import ClinicKind, HalfDay, Verdict
from careline.clinic.his import Ability, Info
from careline.errors import Invalid, NotFound, Unavailable
from careline.storage import Database
from careline.testing import run_async
from careline_his_webservice.adapters.embedded.build import build
from careline_his_webservice.adapters.embedded.cli import embedded
from careline_his_webservice.adapters.embedded.plan import Planned, read_plan
from careline_his_webservice.adapters.embedded.rolling import Rolling
from careline_his_webservice.adapters.embedded.settings import EmbeddedSettings
from careline_his_webservice.adapters.embedded.store import read_directory, read_schedule
from careline_his_webservice.adapters.embedded.tables_in import read_departments, read_planned

MAIN = Campus(id="main", title="总院")


def core_of(db: Database) -> Any:
    """As much of a core as is used."""
    clock = SimpleNamespace(now=lambda: NOW)
    campuses = SimpleNamespace(campus=lambda name: MAIN)
    return SimpleNamespace(
        db=db, clock=clock, campuses=campuses, settings=SimpleNamespace(language="en")
    )


def his_of(core: Any) -> Any:
    return build(SimpleNamespace(campus="main", core=core), EmbeddedSettings())  # type: ignore[arg-type]  # as much as is used


def test_it_is_asked_everything(db: Database) -> None:
    db.run_sync(put_small)
    his = his_of(core_of(db))
    assert his.can == frozenset(Ability)
    assert his.info_kinds == frozenset(Info)
    assert run_async(his.directory()).doctors[0].name == "王建国"
    assert run_async(his.schedule(MONDAY, MONDAY, "")).clinics[0].code == CLINIC
    booked = run_async(his.book(order(1)))
    assert booked.verdict is Verdict.BOOKED
    assert run_async(his.state(order(1), "")).reference == booked.reference
    assert run_async(his.people("13800000001"))[0].number == booked.outpatient_number
    assert run_async(his.cancel(order(1), "", "")).verdict is Verdict.CANCELLED
    assert run_async(his.stop_clinic(CLINIC, "")).verdict is Verdict.CANCELLED
    assert run_async(his.info(Info.DRUGS, {})).rows == ()
    with pytest.raises(Invalid):
        run_async(his.info(Info.DRUGS, {"day": "昨天"}))


@pytest.mark.parametrize("verb", ["book", "cancel", "stop_clinic"])
def test_only_a_commit_that_was_cut_off_leaves_an_answer_unknown(verb: str) -> None:
    async def run(*_: Any) -> Any:
        raise Unavailable(code, "gone")

    his = his_of(core_of(SimpleNamespace(run=run)))  # type: ignore[arg-type]  # as much as is used
    asked = {"book": (order(1),), "cancel": (order(1), "", ""), "stop_clinic": (CLINIC, "")}
    code = "db.unsure"
    assert run_async(getattr(his, verb)(*asked[verb])).verdict is Verdict.UNKNOWN
    code = "db.away"
    with pytest.raises(Unavailable):
        run_async(getattr(his, verb)(*asked[verb]))


def test_check_says_what_is_missing(db: Database) -> None:
    his = his_of(core_of(db))
    found = {one.what: one.ok for one in run_async(his.check())}
    assert not found["departments"]
    assert not found["weekly plan"]
    db.run_sync(put_small, department="99")
    lost = [one.detail for one in run_async(his.check()) if not one.ok]
    assert lost == ["99"]


def test_the_nightly_job_makes_the_day_that_is_missing(db: Database) -> None:
    db.run_sync(put_small, days=1)
    rolling = Rolling(core_of(db), {"main": EmbeddedSettings(days=8)})
    (handler,), (schedule,) = rolling.job_handlers(), rolling.schedules()
    assert handler.kind == schedule.kind
    run_async(handler.do({}, None))  # type: ignore[arg-type]  # a coroutine
    last = date(2026, 11, 30)
    clinics = db.run_sync(read_schedule, "main", MONDAY, last, "", NOW).clinics
    assert [one.day for one in clinics] == [MONDAY, last]
    assert Rolling(core_of(db), {}).schedules() == []


PLAN = """department,doctor,weekday,half,start,slots,capacity,fee,kind
11,1001,1,上午,8:00,4,2,30.50,专家
11,,2,afternoon,14:00,,,,
"""


def test_a_clinic_brings_its_tables(db: Database, tmp_path: Path) -> None:
    files = {
        "departments": "code,name,diseases\n11,内科,发热；咳嗽\n",
        "doctors": "code,name,department,expert\n1001,王建国,11,是\n",
        "plan": PLAN,
    }
    options: list[str] = []
    for name, text in files.items():
        path = tmp_path / f"{name}.csv"
        path.write_text(f"\ufeff{text}", encoding="utf-8")
        options += [f"--{name}", str(path)]
    group = embedded(core_of(db), {"main": EmbeddedSettings(days=7)})
    command = ["import", "main", *options]
    with pytest.raises(NotFound, match="there is no campus main"):
        CliRunner().invoke(group, command, catch_exceptions=False, standalone_mode=False)
    db.run_sync(put_campus, MAIN)
    for _ in range(2):  # a table takes the place of the one before
        done = CliRunner().invoke(group, command, catch_exceptions=False)
        assert done.exit_code == 0
    directory = db.run_sync(read_directory, "main")
    assert directory.departments[0].diseases == ("发热", "咳嗽")
    assert directory.doctors[0].expert
    assert db.run_sync(read_plan, "main") == [
        Planned(department="11", weekday=2, half=HalfDay.AFTERNOON, start=time(14)),
        Planned(
            department="11",
            doctor="1001",
            weekday=1,
            half=HalfDay.MORNING,
            kind=ClinicKind.EXPERT,
            fee=Decimal("30.50"),
            start=time(8),
            slots=4,
            capacity=2,
        ),
    ]
    last = date(2026, 11, 29)
    assert len(db.run_sync(read_schedule, "main", MONDAY, last, "", NOW).clinics) == 2
    shown = CliRunner().invoke(group, ["show", "main", "--json"], catch_exceptions=False).output
    assert (1, "morning") in [(one["weekday"], one["half"]) for one in json.loads(shown)]
    shown = CliRunner().invoke(group, ["show", "main"], env={"CARELINE_LANG": "zh"}).output
    assert ["周一", "上午", "08:00", "8", "内科", "王建国"] in [
        line.split() for line in shown.splitlines()
    ]
    with pytest.raises(NotFound):
        CliRunner().invoke(group, ["show", "east"], catch_exceptions=False, standalone_mode=False)


def test_everything_wrong_in_a_file_is_told_by_line(tmp_path: Path) -> None:
    path = tmp_path / "plan.csv"
    wrong = "11,,8,上午,8:00,,,,\n,,1,上午,8:00,,,,\n11,,1,子夜,8:00,,,,\n11,,1,上午,8点,,,,\n"
    path.write_text(PLAN + wrong + "11,,1,上午,8:00,x,,a,\n", encoding="utf-8")
    with pytest.raises(Invalid) as caught:
        read_planned(path)
    assert [one.params["line"] for one in caught.value.problems] == [4, 5, 6, 7, 8]
    path.write_text("department,weekday\n", encoding="utf-8")
    with pytest.raises(Invalid, match="half, start"):
        read_planned(path)
    path.write_text("code,name\n1,a\n1,b\n", encoding="utf-8")
    with pytest.raises(Invalid, match="given twice: 1"):
        read_departments(path, "main")
    path.write_bytes("code,name\n1,内科".encode("gb18030"))
    assert read_departments(path, "main")[0].name == "内科"
    path.write_bytes(b"code,name\n1,\xff\xff")
    with pytest.raises(Invalid):
        read_departments(path, "main")
