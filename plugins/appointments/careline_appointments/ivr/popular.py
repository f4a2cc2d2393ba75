"""Departments in the order in which callers hear them: the most booked of late first."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import func, select
from twisted.logger import Logger

from careline.clinic import Department
from careline.errors import Unavailable
from careline.storage import Tx
from careline_appointments.store import booking_table

SINCE = timedelta(days=30)
AGAIN_S = 3600.0

log = Logger()


class Popular:
    """Counts of bookings by department, read at the start and every hour."""

    def __init__(self, core: Any) -> None:
        self._core = core
        self._counts: Mapping[tuple[str, str], int] = {}

    def sorted(self, departments: Sequence[Department]) -> list[Department]:
        """The most booked first, then in the hospital's order."""

        def place(one: Department) -> tuple[int, int, str]:
            return -self._counts.get((one.campus, one.code), 0), one.order, one.code

        return sorted(departments, key=place)

    async def keep(self) -> None:
        """Count again and again; never ends."""
        while True:
            try:
                since = self._core.clock.now() - SINCE
                self._counts = await self._core.db.run(counts, since)
            except Unavailable as error:
                log.warn("bookings by department wait for the database: {error}", error=error)
            await self._core.clock.sleep(AGAIN_S)


def counts(tx: Tx, since: datetime) -> dict[tuple[str, str], int]:
    """Bookings made since then, by campus and department."""
    columns = booking_table.c
    place = (columns.campus, columns.department)
    query = select(*place, func.count().label("many")).where(columns.created >= since)
    return {(row.campus, row.department): row.many for row in tx.all(query.group_by(*place))}
