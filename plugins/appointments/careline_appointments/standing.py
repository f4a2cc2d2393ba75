"""The blacklist (爽约黑名单): who missed too many visits, until when, and lifting it."""

from __future__ import annotations

from datetime import date
from typing import Any

from careline.errors import Invalid
from careline_appointments import standing_store as store
from careline_appointments.config import AppointmentsConfig
from careline_appointments.model import Standing


class Standings:
    """Who may book; ``core`` is a ``careline.plugins.Core``."""

    def __init__(self, core: Any, config: AppointmentsConfig) -> None:
        self._core = core
        self._config = config

    async def get(self, patient: int) -> Standing:
        """A patient's missed visits that count, and the block if there is one."""
        found: Standing = await self._core.db.run(
            store.get_standing, patient, self._today(), self._config
        )
        return found

    async def listed(self) -> list[Standing]:
        """All who cannot book now."""
        found: list[Standing] = await self._core.db.run(store.barred, self._today(), self._config)
        return found

    async def lift(self, patient: int, by: str) -> Standing:
        """Let a patient book again; visits missed until now count no more."""
        found: Standing = await self._core.db.run(store.lift, patient, by, self._core.clock.now())
        self._tell(patient)
        return found

    async def bar(self, patient: int, until: date, reason: str, by: str) -> Standing:
        """Let a patient book no more up to a day; Invalid for one that is past."""
        if until < self._today():
            raise Invalid("appointments.until", "This day is past.")
        found: Standing = await self._core.db.run(store.bar, patient, until, reason, by)
        self._tell(patient)
        return found

    def _today(self) -> date:
        today: date = self._core.campuses.today()
        return today

    def _tell(self, patient: int) -> None:
        self._core.events.tell("standing_changed", str(patient), permission="appointments.view")
