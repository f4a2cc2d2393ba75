"""Saying who is on the phone, and that it was somebody else."""

from __future__ import annotations

from attrs import frozen

from careline.calls import facts as f
from careline.calls.service import Calls
from careline.clock import Clock
from careline.patients.service import Patients


@frozen
class Linking:
    """Links calls to patients, those that are over too."""

    clock: Clock
    calls: Calls
    patients: Patients

    async def link(self, call_id: str, patient_id: int) -> None:
        """Say that this patient is on the phone there; NotFound when there is no such record."""
        for patient in await self.patients.several([patient_id]):
            fact = f.Linked(
                at=self.clock.now(), channel=call_id, patient=patient.id, vip=patient.vip
            )
            self.calls.note(call_id, fact)
            return
        await self.patients.get(patient_id)

    async def unlink(self, call_id: str, patient_id: int) -> None:
        """It was not this patient."""
        fact = f.Unlinked(at=self.clock.now(), channel=call_id, patient=patient_id)
        self.calls.note(call_id, fact)
