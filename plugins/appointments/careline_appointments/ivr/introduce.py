"""Node ``appointments_introduce``: a doctor by number, and on to booking."""

from __future__ import annotations

from careline.clinic import Doctor
from careline.ivr.model import Answer, Prompt
from careline.ivr.step import Step
from careline_appointments.ivr import telling
from careline_appointments.ivr.ground import Ground
from careline_appointments.ivr.talk import HASH, STAR, Talk, lead

LONGEST = 8


async def run_introduce(step: Step, ground: Ground) -> Answer:
    """Ask for numbers and say who it is; 1 goes on to book."""
    return await lead(_introduce(Talk(step, ground)))


async def _introduce(talk: Talk) -> str:
    directory = talk.ground.services.directory
    while True:
        typed = await talk.digits(talk.words("enter-doctor"), LONGEST)
        if typed in (STAR, HASH):
            return "back"
        doctor = directory.by_number(typed)
        if doctor is None:
            await talk.wrong("no-doctor")
            continue
        await talk.kept()
        talk.came(stage="doctor", doctor=doctor.name)
        key = await talk.choose(_about(talk, doctor), {"1", "2", STAR})
        if key == STAR:
            return "back"
        if key == "1":
            name = directory.department_name(doctor.campus, doctor.department)
            talk.note(stage="times", name=name, campus=doctor.campus, doctor=doctor.code, page=0)
            talk.came(department=name)
            return "book"


def _about(talk: Talk, doctor: Doctor) -> list[Prompt]:
    place = telling.department(talk, doctor.campus, doctor.department)
    prompts = talk.words("doctor", department=place, doctor=talk.doctor(doctor))
    intro = doctor.intro_en or doctor.intro if talk.language == "en" else doctor.intro
    for text in (doctor.title, doctor.specialty, intro):
        prompts += talk.text(text)
    return prompts + talk.words("doctor-keys")


__all__ = ["run_introduce"]
