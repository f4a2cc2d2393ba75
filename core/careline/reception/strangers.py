"""Callers whom the core does not know: the hospital's systems are asked, beside the call."""

from __future__ import annotations

from attrs import evolve, frozen
from twisted.logger import Logger

from careline.calls import facts as f
from careline.calls.model import CallRecord
from careline.calls.service import Calls
from careline.clock import Clock
from careline.errors import CarelineError
from careline.hooks.hub import Hub
from careline.patients import store
from careline.patients.model import Patient, PatientPhone, patient_problems, tidy
from careline.storage import Database, Tx
from careline.tasks import Tasks

log = Logger()


@frozen
class Strangers:
    """Asks plugins who it is (``load_patient``), keeps the answer, and links it to the call."""

    clock: Clock
    calls: Calls
    hub: Hub
    db: Database
    tasks: Tasks

    def ask(self, call: CallRecord) -> None:
        """Begin to ask; the call goes on meanwhile."""
        if call.number and not call.patients:
            self.tasks.spawn(self._ask(call), "who calls")

    async def _ask(self, call: CallRecord) -> None:
        found: Patient | None = await self.hub.load_patient(campus=call.campus, number=call.number)
        if found is None:
            return
        found = tidy(found)
        problems = patient_problems(found)
        if problems:
            log.error("a patient from outside is left out: {problem}", problem=problems[0])
            return
        try:
            patient = await self.db.run(keep, found, call.number)
        except CarelineError as error:
            log.warn("a patient from outside is not kept: {error}", error=error)
            return
        linked = f.Linked(at=self.clock.now(), channel=call.id, patient=patient.id, vip=patient.vip)
        self.calls.note(call.id, linked)


def keep(tx: Tx, found: Patient, number: str) -> Patient:
    """The record of a patient from outside: the core's own if it has one, else a new one.

    The number is put down, so that it is known the next time.
    """
    known = _known(tx, found, number)
    patient = known or evolve(found, id=0)
    if number not in {phone.number for phone in patient.phones}:
        patient = evolve(patient, phones=(*patient.phones, PatientPhone(number)))
    if patient == known:
        return patient
    return store.change_patient(tx, patient) if known else store.add_patient(tx, patient)


def _known(tx: Tx, found: Patient, number: str) -> Patient | None:
    """The core's record of the same person: by id card, else by number and name."""
    if found.id_card:
        return store.find_by_id_card(tx, found.id_card)
    same = [one for one in store.find_by_phone(tx, number) if one.name == found.name]
    return same[0] if same else None
