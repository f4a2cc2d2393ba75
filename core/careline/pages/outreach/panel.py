"""On the page of a patient: how the hospital turned to it in a month, and why it did not."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from careline.errors import NotFound
from careline.outreach.listing import Refusals
from careline.outreach.names import Names
from careline.pages.outreach.shown import Line
from careline.patients.service import Patients
from careline.web import Visit

DAYS = 30
MOST = 30


class PatientContacts:
    """The view of the panel."""

    def __init__(self, refusals: Refusals, patients: Patients, names: Names) -> None:
        self._refusals = refusals
        self._names = names
        self._patients = patients

    async def view(self, visit: Visit) -> Mapping[str, Any]:
        """Contacts of the last 30 days, and what stands against each of the patient's numbers."""
        typed = visit.args.get("patient", "")
        if not (typed.isdecimal() and typed.isascii() and len(typed) < 18):
            raise NotFound("patient.unknown", "there is no such patient")
        patient = await self._patients.get(int(typed))
        since = visit.now - timedelta(days=DAYS)
        found = await self._refusals.of_patient(patient.id, since, MOST)
        numbers = [phone.number for phone in patient.phones]
        return {
            "days": DAYS,
            "lines": [Line(one, self._names) for one in found],
            "against": await self._refusals.of_numbers(numbers, patient.id),
        }
