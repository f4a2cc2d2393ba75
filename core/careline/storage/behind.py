"""Writing behind: what must be stored, but must not make a call wait for the database."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Generic, TypeVar

from twisted.internet.defer import CancelledError, Deferred
from twisted.logger import Logger

from careline.clock import Clock
from careline.errors import Unavailable
from careline.storage.database import Database
from careline.storage.tx import Tx
from careline.tasks import Tasks

T = TypeVar("T")

BATCH = 200
RETRY_S = 1.0

log = Logger()


class WriteBehind(Generic[T]):
    """Stores items in order, up to 200 in one transaction, through an absence of the database.

    ``write(tx, items)`` must be safe to repeat; ``wrote(items)`` is told on the reactor thread.
    An item is kept in memory until it is stored.
    """

    def __init__(
        self,
        db: Database,
        clock: Clock,
        tasks: Tasks,
        write: Callable[[Tx, Sequence[T]], None],
        wrote: Callable[[Sequence[T]], None] = lambda items: None,
    ) -> None:
        self._db = db
        self._clock = clock
        self._tasks = tasks
        self._write = write
        self._wrote = wrote
        self._items: list[T] = []
        self._running = False
        self._idle: list[Deferred[None]] = []

    @property
    def waiting(self) -> int:
        """How many items are not stored yet."""
        return len(self._items)

    def put(self, item: T) -> None:
        """Have ``item`` stored soon."""
        self._items.append(item)
        if not self._running:
            self._running = True
            self._tasks.spawn(self._run(), "write behind")

    async def written(self) -> None:
        """Wait until everything is stored; as long as the database is away, this waits."""
        if self._running:
            done: Deferred[None] = Deferred()
            self._idle.append(done)
            await done

    async def _run(self) -> None:
        try:
            while self._items:
                batch = self._items[:BATCH]
                await self._store(batch)
                del self._items[: len(batch)]
                self._wrote(batch)
        finally:
            self._running = False
            idle, self._idle = self._idle, []
            for done in idle:
                done.callback(None)

    async def _store(self, batch: Sequence[T]) -> None:
        """Store the batch; if it cannot be stored as a whole, each item by itself.

        An item that cannot be stored at all is logged and left out: it must not hold up the rest.
        """
        if await self._stored(batch):
            return
        for item in batch:
            if not await self._stored([item]):
                # What it is, not what it says: that may be a patient's number.
                log.critical("{kind} could not be stored and is left out", kind=type(item).__name__)

    async def _stored(self, batch: Sequence[T]) -> bool:
        """Store the batch, waiting for a database that is away; False when it is refused."""
        while True:
            try:
                await self._db.run(self._write_all, batch)
            except CancelledError:
                raise
            except Unavailable as error:
                waiting = self.waiting
                log.warn(
                    "{waiting} items wait for the database: {error}", waiting=waiting, error=error
                )
                await self._clock.sleep(RETRY_S)
            except Exception:  # noqa: BLE001 - whatever it is, the next item must not wait for it
                log.failure("writing {count} items failed", count=len(batch))
                return False
            else:
                return True

    def _write_all(self, tx: Tx, batch: Sequence[T]) -> None:
        self._write(tx, batch)
