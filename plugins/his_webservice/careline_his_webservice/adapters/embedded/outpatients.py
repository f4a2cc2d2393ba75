"""What the embedded system keeps of a patient of careline: shown when asked, erased when told."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from careline.hooks import ExportPart
from careline_his_webservice.adapters.embedded.people import forget_people, kept_of

if TYPE_CHECKING:
    from careline.plugins import Core


class Outpatients:
    """Answers the core's hooks about one patient."""

    def __init__(self, core: Core) -> None:
        self._core = core

    async def export_patient(self, patient_id: int) -> Sequence[ExportPart]:
        """The outpatient records made for this patient."""
        rows = await self._core.db.run(kept_of, patient_id)
        return [ExportPart(name="his_outpatients", rows=tuple(rows))] if rows else []

    async def erase_patient(self, patient_id: int) -> None:
        """Remove them; visits keep the bare number."""
        await self._core.db.run(forget_people, patient_id)
