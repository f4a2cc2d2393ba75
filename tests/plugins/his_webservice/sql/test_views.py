"""Views of a real PostgreSQL, read and not written."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import psycopg
import pytest
from tests.plugins.his_webservice.grounds import ground, order

from careline.clinic import ClinicKind, HalfDay
from careline.clinic.his import Ability, Info
from careline.clock import Clock
from careline.errors import Refused, Unavailable
from careline.testing import Spinner
from careline.testing.postgres import Cluster
from careline_his_webservice.adapters.sql.build import build
from careline_his_webservice.adapters.sql.his import SqlHis
from careline_his_webservice.adapters.sql.settings import SqlSettings
from careline_his_webservice.calling.model import Outcome

pytestmark = pytest.mark.integration

TODAY = date(2026, 11, 23)  # there; in UTC it is still the day before
NOW = datetime(2026, 11, 22, 23, 0, tzinfo=UTC)
VIEWS = """
CREATE VIEW v_department AS SELECT * FROM (VALUES
    ('E01', '内科', '2层', '', 1, 1), ('E02', '骨科', '', '', 2, 1), ('E09', '旧', '', '', 3, 0)
) AS t (dept_code, dept_name, place, intro, sort_no, in_use);
CREATE VIEW v_doctor AS SELECT * FROM (VALUES
    ('E101', '陈静', 'E01', '主任医师', true, '高血压、冠心病'),
    ('E102', '刘洋', 'E02', '', false, '')
) AS t (doctor_code, doctor_name, dept_code, title, is_expert, specialty);
CREATE VIEW v_schedule AS SELECT * FROM (VALUES
    ('C1', 'E01', 'E101', date '2026-11-23', '上午', '专家', 30.00::numeric, '301', 0),
    ('C2', 'E02', NULL, date '2026-11-23', '下午', '特需', NULL, '', 1),
    ('C3', 'E01', 'E101', date '2026-12-02', '上午', '专家', 30.00, '301', 0)
) AS t (schedule_id, dept_code, doctor_code, work_date, half_day, clinic_type, fee, room, stopped);
CREATE VIEW v_slot AS SELECT * FROM (VALUES
    ('C1-1', 'C1', 'E01', date '2026-11-23', time '08:00', time '08:30', 4, 3)
) AS t (slot_id, schedule_id, dept_code, work_date, begin_time, end_time, capacity, left_count);
CREATE VIEW v_patient AS SELECT * FROM (VALUES
    ('P1', '王芳', '2', date '1980-05-01', '11010119800501002X', '13800138001'),
    ('P2', '王小明', '1', NULL, '', '13800138001'), ('P3', '无名', '9', NULL, '', '')
) AS t (patient_no, name, sex, birth_date, id_card, phone);
CREATE VIEW v_inpatient AS SELECT * FROM (VALUES
    ('Z1', '孙丽', '二病区', '12', date '2026-11-23', NULL::date)
) AS t (admission_no, name, ward, bed, admitted_at, left_at);
CREATE VIEW v_surgery AS SELECT date '2026-11-23' AS surgery_date, '孙丽' AS name, '阑尾'
    AS surgery, '3' AS room;
CREATE VIEW v_cost AS SELECT 'Z1' AS admission_no, '床位费' AS item, 120.50 AS amount;
CREATE VIEW v_drug AS SELECT '药' || n AS drug_name, '' AS spec, '盒' AS unit, n AS price
    FROM generate_series(1, 300) AS n;
CREATE TABLE kept (n int);
CREATE FUNCTION scribble() RETURNS boolean LANGUAGE plpgsql AS
    $$ BEGIN INSERT INTO kept VALUES (1); RETURN true; END $$;
"""


@pytest.fixture(scope="module")
def url(postgres: Cluster) -> Iterator[str]:
    made = postgres.fresh()
    with psycopg.connect(made, autocommit=True) as connection:
        connection.execute(VIEWS)
    yield made
    postgres.drop(made)


@pytest.fixture
def his(url: str, spin: Spinner) -> Iterator[SqlHis]:
    standing, _ = ground(Clock(spin.reactor, lambda: NOW), reactor=spin.reactor)
    made = build(standing, SqlSettings(url=url, mapping="careline:views"))
    yield made
    spin(made.stop())


def changed(folder: Path, url: str, spin: Spinner, *, timeout: float = 5.0, **drugs: str) -> Any:
    """The example with another [info.drugs]."""
    lines = [f'{name} = "{value}"' for name, value in drugs.items()]
    text = "\n".join(["[info.drugs]", *lines, "[info.drugs.columns]", '"药品" = "drug_name"'])
    (folder / "views.toml").write_text(text, encoding="utf-8")
    standing, written = ground(spin.clock, folder, spin.reactor, timeout)
    return build(standing, SqlSettings(url=url, mapping="views.toml")), written


def test_a_schedule_is_read_from_views(his: SqlHis, spin: Spinner) -> None:
    read = spin(his.schedule(TODAY, TODAY + timedelta(days=6), ""))
    assert [one.code for one in read.clinics] == ["C1", "C2"]
    first, second = read.clinics
    assert (first.half, first.kind, first.fee) == (
        HalfDay.MORNING,
        ClinicKind.EXPERT,
        Decimal("30.00"),
    )
    assert (second.doctor, second.kind, second.stopped) == ("", ClinicKind.SPECIAL, True)
    slot = read.slots_of("C1")[0]
    assert (slot.start, slot.end, slot.left, slot.capacity) == (time(8), time(8, 30), 3, 4)
    assert [one.code for one in spin(his.schedule(TODAY, TODAY, "E02")).clinics] == ["C2"]


def test_directory_and_people(his: SqlHis, spin: Spinner) -> None:
    directory = spin(his.directory())
    assert [one.name for one in directory.departments] == ["内科", "骨科"]
    assert directory.doctors[0].diseases == ("高血压", "冠心病")
    assert [one.number for one in spin(his.people("13800138001"))] == ["P1", "P2"]
    assert spin(his.people("11010119800501002x"))[0].phone == "+8613800138001"
    assert spin(his.people("P3"))[0].name == "无名"
    assert spin(his.people("")) == []
    assert spin(his.people("' OR 1=1 --")) == []


def test_information_says_when_there_is_more(his: SqlHis, spin: Spinner) -> None:
    drugs = spin(his.info(Info.DRUGS, {"text": "药"}))
    assert (len(drugs.rows), drugs.more) == (200, True)
    found = spin(his.info(Info.INPATIENTS, {"text": "孙"}))
    assert found.rows == (("Z1", "孙丽", "二病区", "12", TODAY.isoformat()),)
    assert spin(his.info(Info.SURGERIES, {"day": "2001-01-01"})).rows == ()
    assert len(spin(his.info(Info.SURGERIES, {})).rows) == 1
    assert spin(his.info(Info.COSTS, {"number": "Z1"})).rows == (("床位费", "120.50"),)


def test_it_cannot_be_booked(his: SqlHis, spin: Spinner) -> None:
    assert Ability.BOOK not in his.can
    with pytest.raises(Refused, match="only read"):
        spin(his.book(order(TODAY, "C1", "C1-1")))


def test_a_check_reads_everything(his: SqlHis, spin: Spinner) -> None:
    findings = spin(his.check())
    assert [one for one in findings if not one.ok] == []
    assert {"directory", "schedule", "info drugs"} <= {one.what for one in findings}


def test_what_would_write_is_refused_by_the_database(
    tmp_path: Path, url: str, spin: Spinner
) -> None:
    his, written = changed(tmp_path, url, spin, view="v_drug", where="scribble()")
    with pytest.raises(Unavailable, match="read-only transaction"):
        spin(his.info(Info.DRUGS, {}))
    spin(his.stop())
    with psycopg.connect(url) as connection:
        assert connection.execute("SELECT count(*) FROM kept").fetchone() == (0,)
    assert written.lines[0][1] is Outcome.UNREACHABLE


def test_a_slow_view_is_ended_by_the_database(tmp_path: Path, url: str, spin: Spinner) -> None:
    slow = "pg_sleep(30) IS NOT NULL"
    his, _ = changed(tmp_path, url, spin, timeout=0.5, view="v_drug", where=slow)
    with pytest.raises(Unavailable, match="statement timeout"):
        spin(his.info(Info.DRUGS, {}))
    spin(his.stop())


def test_a_view_that_is_not_there_is_named(tmp_path: Path, url: str, spin: Spinner) -> None:
    his, _ = changed(tmp_path, url, spin, view="his.v_drugs")
    with pytest.raises(Unavailable) as caught:
        spin(his.info(Info.DRUGS, {}))
    assert caught.value.code == "his.mapping"
    findings = spin(his.check())
    assert [(one.what, one.ok) for one in findings] == [("info drugs", False)]
    assert "his.v_drugs" in findings[0].detail
    spin(his.stop())


def test_a_database_that_is_away(spin: Spinner) -> None:
    standing, _ = ground(Clock(spin.reactor, lambda: NOW), reactor=spin.reactor)
    away = SqlSettings(url="postgresql://nobody@127.0.0.1:1/none", mapping="careline:views")
    his = build(standing, away)
    with pytest.raises(Unavailable) as caught:
        spin(his.directory())
    assert caught.value.code == "his.unreachable"
    spin(his.stop())
