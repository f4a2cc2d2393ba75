"""Finding departments and doctors; schedules side by side; a hospital that does not answer."""

from __future__ import annotations

from datetime import timedelta

import pytest
from tests.plugins.appointments.site import Site

from careline.campuses import store as campuses_store
from careline.clinic import Department, Directory, Doctor
from careline.errors import NotFound
from careline.storage import Database
from careline.testing.his import DAY, clinic, slot
from careline_appointments.directory import store


@pytest.fixture
def site(db: Database) -> Site:
    made = Site(db)
    made.run(made.services.directory.sync())
    return made


FOUND = [
    ("心血管", "", ["心血管内科", "心血管内科"]),
    ("xxgnk", "main", ["心血管内科"]),
    ("xinxue", "main", ["心血管内科"]),
    ("xin xue guan", "east", ["心血管内科"]),
    ("sxm", "", ["单小明"]),  # 单 as a surname is shan
    ("shanxiaoming", "", ["单小明"]),
    ("小明", "", ["单小明"]),
    ("冠心病", "", ["单小明"]),
    ("湿疹", "", ["皮肤科"]),
    ("LF", "", ["李芳"]),
    ("wq", "main", []),
    ("火箭", "", []),
]


def test_found_by_name_pinyin_initials_specialty_and_disease(site: Site) -> None:
    find = site.services.directory.find
    found = [(text, campus, [hit.name for hit in find(text, campus)]) for text, campus, _ in FOUND]
    assert found == FOUND


def test_a_hit_says_what_an_agent_must_know(site: Site) -> None:
    (hit,) = site.services.directory.find("sxm")
    assert (hit.kind, hit.campus, hit.code) == ("doctor", "main", "d1")
    assert (hit.title, hit.department, hit.department_name) == ("主任医师", "cardio", "心血管内科")
    assert hit.detail == "冠心病介入治疗"


def test_what_is_too_long_to_be_kept_is_left_out_and_the_rest_is_kept(site: Site) -> None:
    told = Directory(
        departments=(
            Department(campus="main", code="cardio", name="心" * 200),
            Department(campus="main", code="x", name="心" * 201),
        ),
        doctors=(
            Doctor(campus="main", code="d" * 65, name="单小明", department="cardio"),
            Doctor(campus="main", code="d7", name="李芳", department="cardio"),
        ),
    )
    site.db.run_sync(store.put_directory, "main", told, site.now())
    site.run(site.services.directory.load())
    directory = site.services.directory
    assert [one.code for one in directory.departments("main")] == ["cardio"]
    assert [one.code for one in directory.doctors("main")] == ["d7"]


def test_codes_are_a_campus_s_own(site: Site) -> None:
    directory = site.services.directory
    assert directory.doctor("main", "d1").name == "单小明"
    assert directory.doctor("east", "d1").name == "王强"
    assert directory.department_codes("心血管内科") == {"main": "cardio", "east": "17"}
    assert [one.code for one in directory.departments("main")] == ["cardio", "derma"]
    with pytest.raises(NotFound):
        directory.doctor("main", "d9")


def test_every_doctor_has_a_number_that_stays(site: Site) -> None:
    directory = site.services.directory
    numbers = {one.number for campus in ("main", "east") for one in directory.doctors(campus)}
    assert numbers == {"101", "102", "800"}
    shan = directory.doctor("main", "d1")
    assert directory.by_number(shan.number) == shan
    gone = Directory(departments=(Department(campus="main", code="cardio", name="心血管内科"),))
    site.db.run_sync(store.put_directory, "main", gone, site.now())
    site.run(directory.sync())
    assert directory.doctor("main", "d1").number == shan.number


def test_what_was_told_survives_an_outage_and_a_restart(site: Site) -> None:
    site.his.serves = ()
    site.later(days=1)
    site.run(site.services.directory.sync())
    fresh = type(site.services.directory)(site.core)
    site.run(fresh.load())
    for directory in (site.services.directory, fresh):
        assert directory.campuses() == ["east", "main"]
        assert directory.find("sxm")
    age = fresh.as_of("main")
    assert age is not None
    assert site.now() - age == timedelta(days=1)


def test_a_campus_that_is_taken_away_is_asked_for_nothing(site: Site) -> None:
    site.db.run_sync(campuses_store.remove_campus, "east")
    site.run(site.campuses.load())
    site.run(site.services.directory.load())
    assert site.services.directory.campuses() == ["main"]
    [week] = site.run(site.services.schedules.days(DAY, 1, "", "心血管内科"))
    assert week.available


class TestSchedules:
    def test_all_campuses_side_by_side_and_a_hanging_one_harms_no_other(self, site: Site) -> None:
        site.his.hangs = ("east",)
        began = site.fake.seconds()
        east, main = site.run(site.services.schedules.days(DAY, 7, "", "心血管内科"))
        assert site.fake.seconds() - began < 3, "whoever asks for three seconds hears of main"
        assert (east.campus, east.available, str(east.reason)) == (
            "east",
            False,
            "not available now",
        )
        assert (main.available, main.free("c1")) == (True, 3)
        assert [one.code for one in main.slots_of("c1")] == ["s1", "s2"]

    def test_a_campus_without_a_his_says_so(self, site: Site) -> None:
        site.his.serves = ("main",)
        weeks = site.run(site.services.schedules.days(DAY))
        assert {week.campus: week.available for week in weeks} == {"main": True, "east": False}

    def test_stopped_and_past_slots_are_not_offered(self, site: Site) -> None:
        today = DAY - timedelta(1)
        site.his.clinics = [clinic("c0", day=today), clinic(), clinic("c2", stopped=True)]
        site.his.slots = [
            slot("a", "c0", hour=7),
            slot("b", "c0", hour=16),
            slot("c", "c1"),
            slot("d", "c2"),
        ]
        (week,) = site.run(site.services.schedules.days(today, 7, "main"))
        assert [one.code for one in week.slots] == ["b", "c"]
        assert {one.code for one in week.clinics} == {"c0", "c1", "c2"}

    def test_only_the_wanted_department_and_doctor(self, site: Site) -> None:
        site.his.clinics = [clinic(), clinic("c2", department="derma", doctor="d2")]
        (week,) = site.run(site.services.schedules.days(DAY, 1, "main", "derma"))
        assert [one.code for one in week.clinics] == ["c2"]
        (week,) = site.run(site.services.schedules.days(DAY, 1, "main", "", "d1"))
        assert [one.code for one in week.clinics] == ["c1"]
