"""How fast a gateway may be used by all processes together: one account in the database.

Each process draws what it is about to send, and forgets what it has not used after a second: by
then the account has it again.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta

from attrs import define, evolve, frozen
from sqlalchemy import select, update
from sqlalchemy.dialects import postgresql, sqlite

from careline.plugins import Core
from careline.storage import Tx, read_committed
from careline_sms.sending.lines import Offer
from careline_sms.tables import pace_table

GOOD_FOR = 1.0
"""Seconds for which what was drawn may be used."""
STEPPED = timedelta(seconds=5)
"""An account that is so far ahead of now was written before the clock was set back."""

a = pace_table.c


@frozen
class Wish:
    """So many messages for a gateway that takes ``per_second``."""

    many: int
    per_second: float


@define
class _Drawn:
    """So many may still be sent until then, by the monotonic clock."""

    left: int
    until: float


class Allowance:
    """What this process has drawn; ``pace`` gives the messages a second of a gateway."""

    def __init__(self, core: Core, pace: Callable[[str], float]) -> None:
        self._core = core
        self._pace = pace
        self._drawn: dict[str, _Drawn] = {}
        self.pause = 0.0
        """Seconds until it is worth drawing again, where nothing was to be had."""

    async def cut(self, offers: Sequence[Offer]) -> list[Offer]:
        """The offers with no more room than may be used now."""
        pace = {one.name: self._pace(one.name) for one in offers if one.room}
        wishes = {
            one.name: Wish(one.room, pace[one.name])
            for one in offers
            if one.room and not self._left(one.name)
        }
        if wishes:
            found = await self._core.db.run(draw, wishes, self._core.clock.now())
            until = self._core.clock.seconds() + GOOD_FOR
            self._drawn |= {name: _Drawn(many, until) for name, many in found.items()}
            self.pause = 1.0 / max(pace.values())
        return [evolve(one, room=min(one.room, self._left(one.name))) for one in offers]

    def _left(self, name: str) -> int:
        drawn = self._drawn.get(name)
        fresh = drawn is not None and self._core.clock.seconds() < drawn.until
        return drawn.left if drawn is not None and fresh else 0

    def take(self, name: str) -> None:
        """One is sent."""
        if name in self._drawn:
            self._drawn[name].left -= 1


@read_committed
def draw(tx: Tx, wishes: Mapping[str, Wish], now: datetime) -> dict[str, int]:
    """Take from the accounts of gateways what there is of what is wished; gives how many."""
    return {name: _drawn(tx, name, wishes[name], now) for name in sorted(wishes)}


def _drawn(tx: Tx, name: str, wish: Wish, now: datetime) -> int:
    most = max(1.0, wish.per_second)
    insert = sqlite.insert if tx.dialect == "sqlite" else postgresql.insert
    tx.execute(
        insert(pace_table)
        .values(gateway=name, left=most, at=now)
        .on_conflict_do_nothing(index_elements=[a.gateway])
    )
    row = tx.all(select(a.left, a.at).where(a.gateway == name).with_for_update())[0]
    since = row.at if row.at <= now + STEPPED else now
    passed = max(0.0, (now - since).total_seconds())
    left = min(most, row.left + passed * wish.per_second)
    taken = min(wish.many, int(left))
    kept = {"left": left - taken, "at": max(since, now)}
    tx.execute(update(pace_table).where(a.gateway == name).values(kept))
    return taken
