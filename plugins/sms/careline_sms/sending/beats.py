"""Which senders live. Counted in beats that others watch, so that no wall clock decides of it.

A step of the clock by an hour would make every lease with a time on it look over, while its
message is on its way; a counter that stands still does not lie.
"""

from __future__ import annotations

from collections.abc import Collection

from attrs import define, field
from sqlalchemy import delete, insert, select, update

from careline.storage import Tx, read_committed
from careline_sms.model import State
from careline_sms.store import m
from careline_sms.tables import message_table, sender_table

b = sender_table.c


@read_committed
def begin(tx: Tx, owner: str) -> None:
    """A sender begins to live."""
    tx.execute(insert(sender_table).values(owner=owner, beat=0))


@read_committed
def beat(tx: Tx, owner: str) -> dict[str, int] | None:
    """One's own beat; gives the beats of all, or None when others took this one for dead."""
    mine = update(sender_table).where(b.owner == owner).values(beat=b.beat + 1)
    if tx.execute(mine).rowcount == 0:
        return None
    return {row.owner: row.beat for row in tx.all(select(sender_table))}


@read_committed
def end(tx: Tx, owner: str, at_beat: int | None = None) -> bool:
    """A sender lives no more; with ``at_beat`` only if it has not moved since."""
    where = [b.owner == owner]
    if at_beat is not None:
        where.append(b.beat == at_beat)
    return tx.execute(delete(sender_table).where(*where)).rowcount > 0


def held_by_nobody(tx: Tx) -> list[str]:
    """Owners of leased messages that are no senders any more."""
    held = select(m.owner).where(m.state == State.LEASED).distinct()
    return tx.scalars(held.where(m.owner.not_in(select(b.owner))))


def alive(tx: Tx, owner: str) -> bool:
    """True while nobody took this sender for dead."""
    return tx.scalar(select(b.owner).where(b.owner == owner)) is not None


def any_leased(tx: Tx, owners: Collection[str]) -> bool:
    """True when one of them still has a message in hand."""
    query = select(message_table.c.id).where(m.state == State.LEASED, m.owner.in_(owners))
    return tx.scalar(query.limit(1)) is not None


@define(eq=False)
class Watch:
    """Who has not moved for ``grace`` seconds of one's own monotonic clock.

    Of a time in which one did not look oneself (the database was away for all, the machine slept)
    only a third of ``grace`` counts: the others could not move either.
    """

    grace: float
    _seen: dict[str, tuple[int, float]] = field(factory=dict)
    _looked: float | None = None

    def still(self, beats: dict[str, int], now: float) -> list[tuple[str, int]]:
        """Those that stood still for too long, with the beat at which they stand."""
        passed = 0.0 if self._looked is None else min(now - self._looked, self.grace / 3)
        self._looked = now
        seen = {}
        for owner, count in beats.items():
            before, stood = self._seen.get(owner, (-1, 0.0))
            seen[owner] = (count, stood + passed if before == count else 0.0)
        self._seen = seen
        return [(owner, count) for owner, (count, stood) in seen.items() if stood >= self.grace]
