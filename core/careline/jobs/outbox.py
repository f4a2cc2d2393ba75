"""The outbox: where services put jobs, inside their own transaction."""

from __future__ import annotations

from collections.abc import Callable

from careline.clock import Clock
from careline.jobs import store
from careline.jobs.model import Job
from careline.storage import Tx


class Outbox:
    """Writes jobs and tells the listening workers once they are committed."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._listeners: list[Callable[[], object]] = []

    def listen(self, call: Callable[[], object]) -> None:
        """Call on the reactor thread after each commit that brought jobs."""
        self._listeners.append(call)

    def put(self, tx: Tx, job: Job) -> int:
        """Store ``job`` with the caller's transaction and give its id; see ``store.put``."""
        job_id = store.put(tx, job, self._clock.now())
        tx.after_commit(self._tell)
        return job_id

    def _tell(self) -> None:
        for call in self._listeners:
            call()
