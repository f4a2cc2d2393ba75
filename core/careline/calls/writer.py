"""Keeps calls written: in order, without making a call wait, through an absence of the database."""

from __future__ import annotations

from collections.abc import Callable

from twisted.internet.defer import Deferred
from twisted.logger import Logger

from careline.calls import facts as f
from careline.calls.model import CallRecord
from careline.calls.store import Numbered, save
from careline.clock import Clock
from careline.errors import Unavailable
from careline.storage import Database, Tx
from careline.tasks import Tasks

RETRY_S = 1.0

log = Logger()

OnEnded = Callable[[Tx, CallRecord], None]


class CallWriter:
    """Collects changed calls and writes them, several in one transaction.

    ``on_ended(tx, record)`` runs in the transaction that writes the end of a call, exactly once per
    call; ``on_closed(id)`` on the reactor thread when a call is finished and all of it is stored.
    """

    def __init__(
        self, db: Database, clock: Clock, tasks: Tasks, on_ended: OnEnded, on_closed: Callable[[str], None]
    ) -> None:
        self._db = db
        self._clock = clock
        self._tasks = tasks
        self._on_ended = on_ended
        self._on_closed = on_closed
        self._waiting: dict[str, tuple[CallRecord, list[Numbered]]] = {}
        self._seqs: dict[str, int] = {}
        self._running = False
        self._idle: list[Deferred[None]] = []

    def resume(self, call_id: str, last_seq: int) -> None:
        """Go on numbering the facts of a call that was loaded."""
        self._seqs[call_id] = last_seq

    def put(self, call: CallRecord, fact: f.Fact) -> None:
        """Have ``call`` written as it is after ``fact``."""
        seq = self._seqs[call.id] = self._seqs.get(call.id, 0) + 1
        news = self._waiting[call.id][1] if call.id in self._waiting else []
        self._waiting[call.id] = (call, [*news, Numbered(seq, fact)])
        if not self._running:
            self._running = True
            self._tasks.spawn(self._write(), "write calls")

    async def written(self) -> None:
        """Wait until nothing is left to write (as long as the database is away, it is left)."""
        if self._running:
            done: Deferred[None] = Deferred()
            self._idle.append(done)
            await done

    async def _write(self) -> None:
        try:
            while self._waiting:
                batch, self._waiting = self._waiting, {}
                await self._store(batch)
        finally:
            self._running = False
        idle, self._idle = self._idle, []
        for done in idle:
            done.callback(None)

    async def _store(self, batch: dict[str, tuple[CallRecord, list[Numbered]]]) -> None:
        while True:
            try:
                await self._db.run(self._save_all, list(batch.values()))
                break
            except Unavailable as error:
                log.warn("calls wait for the database: {error}", error=error, calls=len(batch))
                await self._clock.sleep(RETRY_S)
        for call, _ in batch.values():
            if call.ended and not call.wrapping_up and call.id not in self._waiting:
                self._seqs.pop(call.id, None)
                self._on_closed(call.id)

    def _save_all(self, tx: Tx, batch: list[tuple[CallRecord, list[Numbered]]]) -> None:
        now = self._clock.now()
        for call, news in batch:
            if save(tx, call, news, now):
                self._on_ended(tx, call)
