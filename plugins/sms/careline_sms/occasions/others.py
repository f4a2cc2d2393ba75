"""Visits of one telephone number: a reply cancels one only while it is the only one.

So a reminder that waits is worded anew when a second visit is booked, or the other one cancelled:
nobody is told to reply what would then be refused.
"""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Collection
from datetime import datetime, timedelta

from attrs import frozen

from careline.clinic import Appointment
from careline.storage import Tx
from careline_sms.model import Wanted
from careline_sms.occasions import store
from careline_sms.occasions.words import COMES, values_of
from careline_sms.services import Services

ABOUT = re.compile(r"visit:(\d{1,18}):")
"""How keys of messages about a visit begin."""
LATELY = timedelta(days=60)
"""Visits are booked no longer ahead."""


@frozen
class Known:
    """A visit with its patient's name and number, and when it begins (UTC).

    ``alone``: nothing is known of other visits with that number, so a reply can cancel it.
    """

    visit: Appointment
    name: str
    to: str
    start: datetime
    language: str
    alone: bool = True


class Others:
    """Looks for them by what the number was told; ``known`` reads a visit by its booking."""

    def __init__(self, services: Services, known: Callable[[int], Awaitable[Known | None]]) -> None:
        self._core = services.core
        self._messages = services.messages
        self._config = services.config
        self._known = known

    async def any(self, number: str, but: Collection[int]) -> bool:
        """Whether this number was told of other visits that are still to come (a family's)."""
        for one in await self._told(number) - set(but):
            if await self._comes(one) is not None:
                return True
        return False

    async def reword(self, number: str) -> None:
        """Let the reminders that wait say what a reply does now; safe to repeat."""
        found = [await self._comes(one) for one in sorted(await self._told(number))]
        coming = [one for one in found if one is not None]
        for one in coming:
            await self._core.db.run(self._reword, one, len(coming) == 1)

    def _reword(self, tx: Tx, known: Known, alone: bool) -> None:
        reminder = store.told_of(tx, known.visit.id).reminder
        if reminder:
            told = (known.visit, known.name, known.language, alone)
            self._messages.reword(tx, reminder, values_of(self._core, self._config, *told))

    async def _told(self, number: str) -> set[int]:
        """Bookings of which the number was told lately."""
        wanted = Wanted(since=self._core.clock.now() - LATELY, number=number)
        sent, _ = await self._messages.listed(wanted, 0, 100)
        return {int(found[1]) for one in sent if (found := ABOUT.match(one.key))}

    async def _comes(self, booking: int) -> Known | None:
        known = await self._known(booking)
        return known if known is not None and known.visit.state in COMES else None
