"""Keeps calls written: in order, without making a call wait, through an absence of the database."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from attrs import frozen

from careline.calls import facts as f
from careline.calls.model import CallRecord
from careline.calls.store import Numbered, save
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

    async def written(self) -> None:
        """Wait until nothing is left to write."""
        await self._behind.written()

    def _write(self, tx: Tx, batch: Sequence[_News]) -> None:
        now = self._clock.now()
        newest = {news.call.id: news.call for news in batch}
        for call_id, call in newest.items():
            facts = [news.item for news in batch if news.call.id == call_id]
            if save(tx, call, facts, now):
                self._on_ended(tx, call)

    def _wrote(self, batch: Sequence[_News]) -> None:
        for news in batch:
            finished = news.call.ended and not news.call.wrapping_up
            if finished and news.item.seq == self._seqs.get(news.call.id):
                del self._seqs[news.call.id]
                self._on_closed(news.call.id)
