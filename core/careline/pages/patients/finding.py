"""Patients in the palette (Ctrl+K)."""

from __future__ import annotations

from collections.abc import Sequence

from attrs import frozen

from careline.numbers.phone import masked
from careline.pages.find.finding import Found
from careline.pages.patients.shown import shown
from careline.patients.criteria import Criteria
from careline.patients.service import Patients
from careline.web import Visit

MOST = 8


@frozen
class PatientFinder:
    """Finds what the one box of the search page finds."""

    patients: Patients

    async def find(self, visit: Visit, text: str) -> Sequence[Found]:
        """The best few; nothing for those who may not see patients."""
        if not text.strip() or not visit.may("patients.view"):
            return []
        found = await self.patients.search(Criteria(text=text[:100]), MOST)
        return [
            Found(
                title=one.name,
                path=f"/patients/{one.id}",
                sub=" · ".join(
                    part for part in (shown(one, visit).about, masked(one.preferred_phone)) if part
                ),
                icon="contact",
            )
            for one in found.patients
        ]
