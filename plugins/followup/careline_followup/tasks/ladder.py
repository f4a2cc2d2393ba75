"""Which numbers are called for a case, in order: the patient's own, then the family's."""

from __future__ import annotations

from collections.abc import Collection, Iterable

from careline.errors import Invalid
from careline.numbers.phone import PhoneKind, parse_phone
from careline.outbound.model import Rung
from careline.patients import store as patients
from careline.patients.model import Patient
from careline.storage import Tx
from careline_followup.cases.model import Case

OWN = "本人"
KINDS = (PhoneKind.MOBILE, PhoneKind.FIXED)


def ladder(tx: Tx, case: Case) -> tuple[Rung, ...]:
    """All numbers of a case, each once, E.164; empty when there is none that can be called."""
    return ladders(tx, (case,))[case.id]


def ladders(tx: Tx, cases: Collection[Case]) -> dict[int, tuple[Rung, ...]]:
    """The numbers of several cases by their ids; the patients are read once for all."""
    known = patients.read_patients(tx, {one.patient for one in cases if one.patient})
    by_id = {one.id: one for one in known}  # who was erased meanwhile is not among them
    return {one.id: _rungs(one, by_id.get(one.patient)) for one in cases}


def _rungs(case: Case, patient: Patient | None) -> tuple[Rung, ...]:
    found: dict[str, Rung] = {}
    for rung in _all(case, patient):
        number = called(rung.number)
        if number and number not in found:
            found[number] = Rung(number, rung.who)
    return tuple(found.values())


def mobile(tx: Tx, case: Case) -> str:
    """The patient's own number that takes messages, or empty."""
    for rung in ladder(tx, case):
        if rung.who == OWN and parse_phone(rung.number).kind is PhoneKind.MOBILE:
            return rung.number
    return ""


def _all(case: Case, patient: Patient | None) -> Iterable[Rung]:
    phones = sorted(patient.phones if patient else (), key=lambda one: not one.preferred)
    yield from (Rung(one.number, OWN) for one in phones if not one.owner)
    owned = {called(one.number) for one in phones if one.owner}
    if called(case.phone) not in owned:  # a known daughter is not asked as the patient
        yield Rung(case.phone, OWN)
    yield from (Rung(one.number, one.owner) for one in phones if one.owner)
    yield from (Rung(one.number, one.who) for one in case.relatives)


def called(text: str) -> str:
    """A number as it is called, E.164; empty for what nobody can be called at."""
    try:
        phone = parse_phone(text)
    except Invalid:
        return ""
    return phone.e164 if phone.kind in KINDS else ""
