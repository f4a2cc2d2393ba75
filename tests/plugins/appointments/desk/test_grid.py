"""The week as a grid: rows, cells, where the cursor begins."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal

from attrs import evolve

from careline.clinic import ClinicKind, Doctor, HalfDay
from careline.testing.his import DAY, DOCTORS, clinic, slot
from careline_appointments.desk.asked import Asked, asked_of, day_of
from careline_appointments.desk.grid import Week, week_of
from careline_appointments.schedules import NOT_NOW, CampusWeek

FIRST = date(2026, 11, 23)
AS_OF = datetime(2026, 11, 23, tzinfo=UTC)
GENERAL = clinic("g1", doctor="", kind=ClinicKind.GENERAL, fee=Decimal(10))


def doctor_of(campus: str, code: str) -> Doctor | None:
    return next((one for one in DOCTORS if (one.campus, one.code) == (campus, code)), None)


def week(*clinics: object, slots: object = (), campus: str = "main") -> Week:
    answer = CampusWeek(
        campus=campus,
        available=True,
        as_of=AS_OF,
        clinics=tuple(clinics),  # type: ignore[arg-type]
        slots=tuple(slots),  # type: ignore[arg-type]
    )
    return week_of(FIRST, [answer], doctor_of)


def test_the_general_clinic_stands_above_the_doctors() -> None:
    rows = week(clinic(), GENERAL).campuses[0].rows
    assert [row.doctor.name if row.doctor else row.kind for row in rows] == [
        ClinicKind.GENERAL,
        "单小明",
    ]
    assert rows[0].fees == (Decimal(10),)


def test_a_cell_counts_what_is_free_of_all_slots() -> None:
    taken = evolve(slot("s3", hour=11, capacity=4), left=0)
    found = week(clinic(), slots=(slot(), slot("s2", hour=10, capacity=2), taken))
    (cell,) = found.campuses[0].rows[0].at(DAY)
    assert (cell.left, cell.total, cell.free, cell.half) == (3, 7, True, HalfDay.MORNING)
    assert found.campuses[0].rows[0].at(FIRST) == []


def test_a_stopped_clinic_is_never_free() -> None:
    (cell,) = week(clinic(stopped=True), slots=(slot(),)).campuses[0].rows[0].at(DAY)
    assert cell.stopped
    assert not cell.free


def test_two_clinics_of_a_doctor_in_one_half_day_add_up_and_the_freer_opens() -> None:
    slots = (evolve(slot(), left=0), slot("x1", of="c2", capacity=5))
    (cell,) = week(clinic(), clinic("c2"), slots=slots).campuses[0].rows[0].at(DAY)
    assert (cell.code, cell.left, cell.total) == ("c2", 5, 6)


def test_the_cursor_begins_at_the_earliest_that_is_free() -> None:
    later = clinic("c2", doctor="d2", day=date(2026, 11, 25))
    noon = clinic("c3", doctor="d3", half=HalfDay.AFTERNOON)
    slots = (evolve(slot(), left=0), slot("b", of="c2"), slot("c", of="c3"))
    first = week(clinic(), later, noon, slots=slots).first_free()
    assert first is not None
    assert first.code == "c3"
    assert week(clinic(), slots=(evolve(slot(), left=0),)).first_free() is None


def test_a_doctor_whom_the_directory_does_not_know_yet_has_a_row() -> None:
    assert week(clinic(doctor="new")).campuses[0].rows[0].doctor == Doctor(
        campus="main", code="new", name="new", department="cardio"
    )


def test_a_campus_without_an_answer_stands_in_the_week() -> None:
    away = CampusWeek(campus="east", available=False, reason=NOT_NOW)
    assert not week_of(FIRST, [away], doctor_of).campuses[0].available


def test_nonsense_in_an_address_counts_as_nothing() -> None:
    assert asked_of({"patient": "-1", "moving": "１", "call": "x" * 99}) == Asked(call="x" * 64)
    assert asked_of({"patient": "9" * 30}).patient == 0
    assert day_of("yesterday") is None
