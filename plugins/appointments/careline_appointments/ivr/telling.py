"""A visit as callers hear it: where, with whom, when."""

from __future__ import annotations

from datetime import date, time, timedelta

from careline.clinic import Department, Doctor
from careline.errors import NotFound
from careline.ivr.model import Prompt, Speech
from careline_appointments.ivr.choices import Option
from careline_appointments.ivr.talk import Talk
from careline_appointments.model import Booking


def of_option(talk: Talk, option: Option) -> dict[str, list[Prompt]]:
    """The values of a sentence about a slot."""
    clinic = option.clinic
    return _values(
        talk,
        department(talk, clinic.campus, clinic.department),
        doctor(talk, clinic.campus, clinic.doctor),
        option.when,
        clinic.campus,
    )


def of_booking(talk: Talk, booking: Booking) -> dict[str, list[Prompt]]:
    """The same about a booking; names that have left the directory are those of then."""
    campus = booking.campus
    place = department(talk, campus, booking.department, booking.department_name)
    who = doctor(talk, campus, booking.doctor, booking.doctor_name)
    return _values(talk, place, who, (booking.day, booking.start), campus)


def department(talk: Talk, campus: str, code: str, then: str = "") -> list[Prompt]:
    """A department by its code."""
    try:
        known = talk.ground.services.directory.department(campus, code)
    except NotFound:
        known = Department(campus=campus, code=code, name=then or code)
    return [talk.department(known)]


def doctor(talk: Talk, campus: str, code: str, then: str = "") -> list[Prompt]:
    """A doctor by code, or the general clinic for an empty one."""
    if not code:
        return talk.doctor(None)
    try:
        known = talk.ground.services.directory.doctor(campus, code)
    except NotFound:
        known = Doctor(campus=campus, code=code, name=then or code, department="")
    return talk.doctor(known)


def day(talk: Talk, campus: str, wanted: date) -> list[Prompt]:
    """Today, tomorrow, or a date with its weekday."""
    core = talk.ground.services.core
    today = core.campuses.campus(campus).local(core.clock.now()).date()
    if wanted == today:
        return talk.words("today")
    if wanted == today + timedelta(1):
        return talk.words("tomorrow")
    return [talk.value(Speech.DAY, wanted.isoformat())]


def _values(
    talk: Talk,
    place: list[Prompt],
    who: list[Prompt],
    when: tuple[date, time],
    campus: str,
) -> dict[str, list[Prompt]]:
    return {
        "campus": [talk.campus(campus)],
        "department": place,
        "doctor": who,
        "day": day(talk, campus, when[0]),
        "time": [talk.value(Speech.TIME, f"{when[1]:%H:%M}")],
    }


def last(talk: Talk, booking: Booking) -> dict[str, list[Prompt]]:
    """Department and doctor of an earlier booking."""
    values = of_booking(talk, booking)
    return {name: values[name] for name in ("department", "doctor")}
