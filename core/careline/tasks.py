"""Coroutines that nobody awaits: started by name, their failures logged, all stopped together."""

from __future__ import annotations

from collections.abc import Coroutine
from typing import Any

from twisted.internet.defer import CancelledError, Deferred, DeferredList
from twisted.logger import Logger
from twisted.python.failure import Failure

log = Logger()


class Tasks:
    """The set of running background coroutines of one owner."""

    def __init__(self) -> None:
        self._running: set[Deferred[Any]] = set()

    def spawn(self, coro: Coroutine[Any, Any, Any], what: str) -> Deferred[None]:
        """Start ``coro``; a failure is logged with ``what``. The Deferred always fires None."""
        deferred: Deferred[Any] = Deferred.fromCoroutine(coro)
        self._running.add(deferred)

        def done(result: object) -> None:
            self._running.discard(deferred)
            if isinstance(result, Failure) and not isinstance(result.value, CancelledError):
                log.failure("task failed: {what}", failure=result, what=what)

        return deferred.addBoth(done)

    async def stop(self) -> None:
        """Cancel all that still run and wait until they have ended."""
        running = list(self._running)
        for deferred in running:
            deferred.cancel()
        await DeferredList(running)
