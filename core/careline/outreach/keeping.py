"""How long decisions are kept, and what patients are told of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from datetime import timedelta
from typing import Any

from attrs import frozen
from twisted.logger import Logger

from careline.clock import Clock
from careline.errors import Unavailable
from careline.outreach import store
from careline.outreach.model import Booked
from careline.storage import Database, Tx
from careline.tasks import Tasks

SWEEP_EACH_S = 6 * 3600.0

log = Logger()


@frozen
class OutreachKeeping:
    """Removes decisions that are older than ``keep_days``, at the start and every six hours."""

    clock: Clock
    tasks: Tasks
    db: Database
    keep_days: int

    def start(self) -> None:
        """From now on."""
        self.tasks.spawn(self._sweep(), "outreach: removing what is too old")

    async def _sweep(self) -> None:
        while True:
            with suppress(Unavailable):  # the database is away; the next round does it
                await self.tidy()
            await self.clock.sleep(SWEEP_EACH_S)

    async def tidy(self) -> int:
        """One round, in steps that hold up nobody; gives how many went."""
        before, count = self.clock.now() - timedelta(days=self.keep_days), 0
        while gone := await self.db.run(store.remove_before, before):
            count += gone
        if count:
            log.info("{count} decisions about contacts were kept long enough", count=count)
        return count


def rows_of(tx: Tx, ids: Sequence[int]) -> Sequence[Mapping[str, Any]]:
    """A patient's contacts as JSON, for the patient's own request."""
    return [_row(one) for one in store.all_contacts(tx, ids)]


def _row(booked: Booked) -> Mapping[str, Any]:
    contact, decision = booked.contact, booked.decision
    return {
        "asked": booked.asked.isoformat(),
        "number": contact.number,
        "means": contact.means.value,
        "purpose": contact.purpose,
        "title": contact.title,
        "urgency": contact.urgency.value,
        "verdict": decision.verdict.value,
        "why": str(decision.text),
        "result": booked.result.value if booked.result else "",
    }
