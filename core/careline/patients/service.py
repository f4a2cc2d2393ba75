"""What others ask of patients."""

from __future__ import annotations

from careline.errors import Invalid
from careline.numbers import Phone
from careline.patients import store
from careline.patients.model import Patient, patient_problems
from careline.storage import Database


class Patients:
    """Patients in the database."""

    def __init__(self, db: Database) -> None:
        self._db = db

    async def add(self, patient: Patient) -> Patient:
        """Store a new record; Invalid with all that is wrong, Conflict for a taken id card."""
        _refuse_invalid(patient)
        return await self._db.run(store.add_patient, patient)

    async def change(self, patient: Patient) -> Patient:
        """Store a changed record."""
        _refuse_invalid(patient)
        return await self._db.run(store.change_patient, patient)

    async def get(self, patient_id: int) -> Patient:
        """The patient with that id, else NotFound."""
        return await self._db.run(store.get_patient, patient_id)

    async def by_phone(self, phone: Phone) -> list[Patient]:
        """Everybody with this number; withheld numbers are nobody's."""
        return await self._db.run(store.find_by_phone, phone.e164)

    async def find(self, text: str) -> list[Patient]:
        """Patients by name, pinyin, initials or tail of a number; at most 20."""
        return await self._db.run(store.find_patients, text)


def _refuse_invalid(patient: Patient) -> None:
    problems = patient_problems(patient)
    if problems:
        raise Invalid("patient.invalid", "this record cannot be stored", problems=problems)
