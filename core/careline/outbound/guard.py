"""What stands against an agent's own dialling beside the number: the hour, and how many already."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, time, tzinfo

from attrs import frozen
from sqlalchemy import func, select
from twisted.logger import Logger

from careline.calls.model import Direction, LegKind
from careline.calls.store import call_table, leg_table
from careline.clock import Clock, TimeoutError
from careline.errors import Unavailable
from careline.hooks import Refusal
from careline.numbers.phone import clean
from careline.outbound.allow import EMERGENCY, AllowList
from careline.storage import Database, Tx

COUNT_S = 1.0

log = Logger()


@frozen
class Guard:
    """Asked by ``may_dial`` before an agent calls, transfers or consults outside."""

    db: Database
    clock: Clock
    allow: AllowList
    zone: Callable[[], tzinfo]

    async def may_dial(self, agent: str, number: str) -> Refusal | None:
        """Why this agent may not dial now. While the database is away, nothing is counted."""
        own = self.allow.settings
        if not agent or clean(number) in EMERGENCY:
            return None
        if not self.allow.in_hours(self.clock.now(), self.zone()):
            hours = {"begin": f"{own.hours_from:%H:%M}", "end": f"{own.hours_to:%H:%M}"}
            return Refusal(
                "outbound.hours", "outside numbers are dialled from {begin} to {end} only", hours
            )
        if own.most_a_day and await self._dialled(agent) >= own.most_a_day:
            most = {"most": own.most_a_day}
            return Refusal(
                "outbound.cap", "this agent has made the {most} outside calls of a day", most
            )
        return None

    async def _dialled(self, agent: str) -> int:
        here = self.clock.now().astimezone(self.zone())
        midnight = datetime.combine(here.date(), time(0), here.tzinfo)
        try:
            return await self.clock.within(COUNT_S, self.db.run(dialled_since, agent, midnight))
        except (Unavailable, TimeoutError) as error:
            log.warn("outside calls of {agent} are not counted: {error}", agent=agent, error=error)
            return 0


def dialled_since(tx: Tx, agent: str, since: datetime) -> int:
    """How many outbound calls an agent has taken part in."""
    found = tx.scalar(
        select(func.count(func.distinct(call_table.c.id)))
        .join(leg_table, leg_table.c.call_id == call_table.c.id)
        .where(
            leg_table.c.agent == agent,
            leg_table.c.kind == LegKind.AGENT,
            call_table.c.direction == Direction.OUTBOUND,
            call_table.c.started >= since,
        )
    )
    return int(found or 0)
