"""Resources as servers send them: what is read, what is refused and how that is said."""

from __future__ import annotations

import datetime as dt
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.plugins.his_webservice.fhir.hospital import DAY, resources, slot

from careline.clinic import Directory, HalfDay, Schedule
from careline.errors import Unavailable
from careline_his_webservice.adapters.fhir.directory import directory_of
from careline_his_webservice.adapters.fhir.encounters import Encounters
from careline_his_webservice.adapters.fhir.reading import human_name, moment, referred, text
from careline_his_webservice.adapters.fhir.schedules import Reader, actors_of
from careline_his_webservice.adapters.fhir.server import _matches, _offset, _parsed
from careline_his_webservice.adapters.fhir.settings import FhirSettings

NOW = dt.datetime(2026, 11, 22, 8, tzinfo=dt.UTC)
SETTINGS = FhirSettings("http://127.0.0.1/fhir")
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(
        ["reference", "text", "coding", "display", "id", "status", "value", "system", "family"]
    ), inner, max_size=3),
    max_leaves=6,
)  # fmt: skip


def schedule_of(*slots: dict[str, Any]) -> Schedule:
    unused: Any = None
    reader = Reader(unused, SETTINGS, "east", ZoneInfo("Asia/Shanghai"), unused, unused)
    found = resources()
    actors = actors_of([found[3]], [found[2]], {"xn"})
    return reader.schedule_of(actors, slots, NOW)


def directory(changes: dict[str, Any] | None = None, at: int = 0) -> Directory:
    found = resources()
    found[at] |= changes or {}
    return directory_of(SETTINGS, "east", [found[0]], [found[2]], [found[1]])


def test_a_directory_is_read() -> None:
    found = directory()
    assert [(one.code, one.name, one.place) for one in found.departments] == [
        ("xn", "心血管内科", "门诊楼 3 层")
    ]
    doctor = found.doctors[0]
    assert (doctor.name, doctor.department, doctor.title) == ("李珅", "xn", "主任医师")
    assert doctor.expert
    assert doctor.specialty == "冠心病"


def test_doctors_without_a_department_of_ours_are_left_out() -> None:
    assert (
        directory({"healthcareService": [{"reference": "HealthcareService/other"}]}, 2).doctors
        == ()
    )
    assert directory({"active": False}, 1).doctors == ()


def test_a_half_day_is_a_clinic_and_its_slots_are_numbers() -> None:
    found = schedule_of(
        slot("a", "08:00"), slot("b", "08:15", "busy"), slot("c", "14:00", "busy-unavailable"),
        slot("x", "09:00", "entered-in-error"),
    )  # fmt: skip
    assert [(one.code, one.half, one.stopped, one.doctor) for one in found.clinics] == [
        ("s1~20261124m", HalfDay.MORNING, False, "d1"),
        ("s1~20261124a", HalfDay.AFTERNOON, True, "d1"),
    ]
    assert [(one.code, one.start, one.left) for one in found.slots_of("s1~20261124m")] == [
        ("a", dt.time(8), 1),
        ("b", dt.time(8, 15), 0),
    ]
    assert found.clinics[0].day == DAY
    assert found.clinics[0].place == "3 诊室"


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        ({"status": "vacant"}, "Slot/a: unknown status 'vacant'"),
        ({"status": ["free"]}, "Slot/a: status must be text, not list"),
        ({"start": "tomorrow"}, "Slot/a: start must be a time"),
        ({"start": "2026-11-24T08:00:00"}, "with its zone"),
        ({"start": None}, "Slot/a: start is missing"),
        ({"end": "2026-11-23T08:00:00Z"}, "ends before it begins"),
        ({"schedule": "Schedule/s1"}, "Slot/a: schedule.reference must be an object"),
    ],
)
def test_wrong_types_and_unknown_codes_are_said(wrong: dict[str, Any], says: str) -> None:
    with pytest.raises(Unavailable) as caught:
        schedule_of(slot("a", "08:00") | wrong)
    assert caught.value.code == "his.bad_answer"
    assert says in str(caught.value)


@given(JSON, st.sampled_from(["name", "comment", "location", "active", "actor", "practitioner"]))
def test_no_answer_breaks_more_than_itself(value: Any, key: str) -> None:
    for at in range(4):
        found = resources()
        found[at][key] = value
        try:
            directory_of(SETTINGS, "east", [found[0]], [found[2]], [found[1]])
            actors_of([found[3]], [found[2]], {"xn"})
        except Unavailable as error:
            assert error.code == "his.bad_answer"  # noqa: PT017  any other error fails


@given(st.recursive(JSON, lambda inner: st.dictionaries(st.sampled_from(
    ["entry", "resource", "resourceType", "id", "link", "total"]), inner, max_size=4)))  # fmt: skip
def test_no_bundle_breaks_more_than_itself(value: Any) -> None:
    bundle = {"resourceType": "Bundle", "entry": value, "link": value, "total": value}
    try:
        _matches(bundle, "Slot")
        _offset(bundle, "Slot", [], 0, 0)
    except Unavailable as error:
        assert error.code == "his.bad_answer"  # noqa: PT017  any other error fails


@pytest.mark.parametrize("body", [b"<html>", b"[1]", b'{"a":' * 100_000, b"\xff\xfe{}", b"1e400"])
def test_what_is_no_resource_is_refused(body: bytes) -> None:
    with pytest.raises(Unavailable):
        _parsed(body, 200)
    assert _parsed(b"<html>", 502) == {}


def test_a_server_that_counts_more_than_it_gives_is_asked_on_and_then_refused() -> None:
    bundle = {"resourceType": "Bundle", "total": 3}
    assert "_offset=2" in _offset(bundle, "Slot", [("_count", "2")], 0, 2)
    with pytest.raises(Unavailable, match="2 of 3"):
        _offset(bundle, "Slot", [], 2, 2)
    assert _offset(bundle, "Slot", [], 2, 3) == ""


@pytest.mark.parametrize(
    ("value", "like"),
    [("李雷 13811112222", "str xx 99999999999"), ({"text": "李雷"}, "dict"), (["李雷"], "list")],
    ids=["text", "object", "list"],
)
def test_what_is_of_a_wrong_kind_is_told_without_saying_it(value: object, like: str) -> None:
    with pytest.raises(Unavailable) as caught:
        moment({"resourceType": "Patient", "id": "p", "birthDate": value}, "birthDate")
    assert str(caught.value).endswith(f"not {like}")


def test_values() -> None:
    assert referred({"a": {"reference": "http://x/fhir/Slot/7"}}, "a") == ("Slot", "7")
    assert referred({"a": {"reference": "#in"}}, "a") == ("", "")
    assert human_name({"n": {"family": "Doe", "given": ["Jo", "B"]}}, "n") == "Jo B Doe"
    assert human_name({"n": {"family": "李", "given": ["雷"]}}, "n") == "李雷"
    assert text({"a": [{"b": 7}]}, "a", 0, "b") == "7"
    assert text({"a": "李\x00\ud800雷\n"}, "a") == "李 雷"
    assert human_name({"n": {"family": "李", "given": ["雷\x00", "\udfff"]}}, "n") == "李雷"
    assert moment({"t": "2026-11-24T08:00:00+08:00"}, "t") == dt.datetime(
        2026, 11, 24, tzinfo=dt.UTC
    )


def test_an_encounter_is_a_stay() -> None:
    unused: Any = None
    encounters = Encounters(unused, unused, "east")
    one = {
        "resourceType": "Encounter", "id": "e1", "status": "finished",
        "identifier": [{"value": "ZY9"}], "meta": {"lastUpdated": "2026-11-24T02:00:00Z"},
        "period": {"start": "2026-11-20T08:00:00+08:00", "end": "2026-11-24T09:00:00+08:00"},
        "location": [
            {"location": {"display": "三病区"}},
            {"location": {"display": "12 床"}, "physicalType": {"coding": [{"code": "bd"}]}},
        ],
        "reasonCode": [{"text": "心绞痛"}],
    }  # fmt: skip
    news = encounters.news_of(one)
    assert news is not None
    assert (news.visit, news.stay.ward, news.stay.bed) == ("ZY9", "三病区", "12 床")
    assert news.stay.left == dt.datetime(2026, 11, 24, 1, tzinfo=dt.UTC)
    assert encounters.news_of(one | {"status": "planned"}) is None
    with pytest.raises(Unavailable, match="unknown status"):
        encounters.news_of(one | {"status": "gone"})
