"""Keeps calls written: in order, without making a call wait, through an absence of the database."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime

from attrs import frozen

from careline.calls import facts as f
from careline.calls.fold import apply
from careline.calls.model import CallRecord
from careline.calls.store import Numbered, load, save
from careline.clock import Clock
from careline.storage import Database, Tx
from careline.storage.behind import WriteBehind
from careline.tasks import Tasks

OnEnded = Callable[[Tx, CallRecord], None]


@frozen
class _News:
    """A call as it is after one more fact."""

    call: CallRecord
    item: Numbered


@frozen
class _Late:
    """A fact about a call that is finished and stored."""

    call_id: str
    fact: f.Fact


class CallWriter:
    """Writes calls behind.

    ``on_ended(tx, record)`` runs in the transaction that writes the end of a call, exactly once per
    call; ``on_closed(id)`` on the reactor thread when a call is finished and all of it is stored.
    """

    def __init__(
        self,
        db: Database,
        clock: Clock,
        tasks: Tasks,
        on_ended: OnEnded,
        on_closed: Callable[[str], None],
    ) -> None:
        self._clock = clock
        self._on_ended = on_ended
        self._on_closed = on_closed
        self._seqs: dict[str, int] = {}
        self._behind = WriteBehind(db, clock, tasks, self._write, self._wrote)

    def resume(self, call_id: str, last_seq: int) -> None:
        """Go on numbering the facts of a call that was loaded."""
        self._seqs[call_id] = last_seq

    def put(self, call: CallRecord, fact: f.Fact) -> None:
        """Have ``call`` written as it is after ``fact``."""
        seq = self._seqs[call.id] = self._seqs.get(call.id, 0) + 1
        self._behind.put(_News(call, Numbered(seq, fact)))

    def put_late(self, call_id: str, fact: f.Fact) -> None:
        """Have ``fact`` added to a stored call, if there is one of that id and it says anything."""
        self._behind.put(_Late(call_id, fact))

    @property
    def waiting(self) -> int:
        """How many facts are not stored yet."""
        return self._behind.waiting

    async def written(self) -> None:
        """Wait until nothing is left to write."""
        await self._behind.written()

    def _write(self, tx: Tx, batch: Sequence[_News | _Late]) -> None:
        now = self._clock.now()
        fresh = [item for item in batch if isinstance(item, _News)]
        newest = {news.call.id: news.call for news in fresh}
        for call_id, call in newest.items():
            facts = [news.item for news in fresh if news.call.id == call_id]
            if save(tx, call, facts, now):
                self._on_ended(tx, call)
        for item in batch:
            if isinstance(item, _Late):
                _add(tx, item, now)

    def _wrote(self, batch: Sequence[_News | _Late]) -> None:
        for news in batch:
            if isinstance(news, _Late):
                continue
            finished = news.call.ended and not news.call.wrapping_up
            if finished and news.item.seq == self._seqs.get(news.call.id):
                del self._seqs[news.call.id]
                self._on_closed(news.call.id)


def _add(tx: Tx, late: _Late, now: datetime) -> None:
    stored = load(tx, late.call_id)
    if stored is None:
        return
    call = apply(stored.record, late.fact)
    if call is not stored.record:
        save(tx, call, [Numbered(stored.last_seq + 1, late.fact)], now)
