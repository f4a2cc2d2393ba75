"""Who is on the phone: by telephone, then by an id card's last digits or an outpatient number."""

from __future__ import annotations

from collections.abc import Sequence

from careline.ivr.model import OPERATOR, Answer, Speech
from careline.ivr.step import Step
from careline.patients import store as patients_store
from careline.patients.criteria import Criteria
from careline.patients.model import Patient, PatientPhone
from careline_appointments.ivr.ground import Ground
from careline_appointments.ivr.talk import HASH, STAR, Leave, Talk, lead

LENGTHS = (3, 4)
CARD_END = 4
LONGEST = 32
#: What a record is called that a caller made, until somebody asks for the name.
PROVISIONAL = "来电患者"
TAG = "待完善"


def length_of_digits(patients: Sequence[Patient]) -> int:
    """How many last characters of the id card tell these patients apart; 0 when none do."""
    cards = [one.id_card for one in patients if one.id_card]
    for length in LENGTHS:
        if len({card[-length:] for card in cards}) == len(cards) >= 1:
            return length
    return 0


async def run_identify(step: Step, ground: Ground) -> Answer:
    """Node ``appointments_identify``."""
    return await lead(_identify(Talk(step, ground)))


async def _identify(talk: Talk) -> str:
    if talk.patient:
        return "found"
    patients = await _of_this_phone(talk)
    if len(patients) > 1:
        talk.came(stage="which")
        patients = [await _one_of(talk, patients)]
    if not patients:
        return "unknown"
    talk.note(patient=patients[0].id)
    await talk.kept()
    return "found"


async def _of_this_phone(talk: Talk) -> list[Patient]:
    ids = list(talk.step.caller.patients)
    if not ids:
        return []
    return await talk.read(talk.ground.services.core.patients.several(ids), [])


async def _one_of(talk: Talk, patients: Sequence[Patient]) -> Patient:
    """The one of a family that the caller means."""
    length = length_of_digits(patients)
    while length:
        count = talk.value(Speech.NUMBER, length)
        typed = await talk.digits(talk.words("which-patient", count=count), length)
        if typed == STAR:
            raise Leave("back")
        if typed == HASH:
            break
        found = _with_end(patients, typed)
        if found:
            if len(typed) == CARD_END:
                talk.note(proved=found.id)
            return await known(talk, found)
        await talk.wrong("not-found")
    return await by_number(talk, patients)


def _with_end(patients: Sequence[Patient], typed: str) -> Patient | None:
    end = typed.replace(STAR, "X")
    if len(end) not in LENGTHS:
        return None
    return next((one for one in patients if one.id_card.endswith(end)), None)


async def by_number(talk: Talk, family: Sequence[Patient] = ()) -> Patient:
    """The patient of an outpatient number; of another telephone, with the end of the id card.

    Without that a stranger could hear of other people's visits by guessing numbers.
    """
    while True:
        typed = await talk.digits(talk.words("enter-number"), LONGEST)
        if typed == STAR:
            raise Leave("back")
        found = await _with_number(talk, typed, family)
        if found is not None and (found in family or await _proves(talk, found)):
            return await known(talk, found)
        await talk.wrong("not-found")


async def _with_number(talk: Talk, typed: str, family: Sequence[Patient]) -> Patient | None:
    for one in family:
        if any(number.number == typed for number in one.numbers):
            return one
    if family or not typed.isdecimal():
        return None
    criteria = Criteria(number=typed)
    found = await talk.read(talk.ground.services.core.patients.search(criteria), None)
    patients = found.patients if found else ()
    exact = [one for one in patients if any(held.number == typed for held in one.numbers)]
    here = [one for one in exact if _is_of(one, talk.step.caller.campus, typed)]
    return next(iter([*here, *exact]), None)


def _is_of(patient: Patient, campus: str, number: str) -> bool:
    return any((one.campus, one.number) == (campus, number) for one in patient.numbers)


async def _proves(talk: Talk, patient: Patient) -> bool:
    """Whether the caller knows the end of the patient's id card; asked for in any case."""
    typed = await talk.digits(talk.words("enter-card-end"), CARD_END)
    if typed == STAR:
        raise Leave("back")
    end = typed.replace(STAR, "X")
    if len(end) != CARD_END or not patient.id_card.endswith(end):
        return False
    talk.note(proved=patient.id)
    return True


async def prove(talk: Talk) -> None:
    """Go on only with a caller who has shown in this call who it is: a caller id can be forged.

    A record without an id card leaves it to an agent, and so does one that cannot be read.
    """
    if talk.get("proved") == str(talk.patient):
        return
    found = await talk.read(talk.ground.services.core.patients.several([talk.patient]), [])
    if not found or len(found[0].id_card) < CARD_END:
        await talk.tell(talk.words("transfer"))
        raise Leave(OPERATOR)
    while not await _proves(talk, found[0]):
        await talk.wrong("not-found")
    await known(talk, found[0])


async def known(talk: Talk, patient: Patient) -> Patient:
    """The caller has shown who it is: note it for later steps and for the agent's screen."""
    talk.note(patient=patient.id)
    await talk.kept()
    talk.came(proved=True)
    await link(talk, patient.id)
    return patient


async def link(talk: Talk, patient: int) -> None:
    """Say in the call's record who is on the phone."""
    call = talk.step.caller.call
    if call:
        await talk.read(talk.ground.services.core.linking.link(call, patient), None)


async def registered(talk: Talk) -> int:
    """The record of a caller whom nobody knew: one by that telephone, made once.

    The call may have been taken up by another core since the last look, so it looks again.
    """
    core, number = talk.ground.services.core, talk.step.caller.number
    there = [int(one) for one, _ in await core.db.run(patients_store.find_callers, number)]
    if len(there) > 1:  # the first look had failed
        return (await _one_of(talk, await core.patients.several(there))).id
    if there:
        patient = there[0]
    else:
        phone = PatientPhone(number=number, preferred=True)
        name = f"{PROVISIONAL}{number[-4:]}"
        made = await core.patients.add(Patient(name=name, phones=(phone,), tags=(TAG,)))
        patient = made.id
        talk.note(new=1)
    talk.note(patient=patient)
    await talk.kept()
    await link(talk, patient)
    return patient


__all__ = ["by_number", "known", "prove", "registered", "run_identify"]
