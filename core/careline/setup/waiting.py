"""Coroutines run to their end in the calling thread, for programs that have no reactor to run.

Database and threads are inline there, so the only thing ever waited for is time.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Coroutine
from typing import Any, TypeVar

from twisted.internet.defer import Deferred, maybeDeferred
from twisted.internet.task import Clock as Timers
from twisted.python.failure import Failure

from careline.clock import Clock

T = TypeVar("T")


class Blocking(Timers):
    """Timers that fire while :func:`wait_for` waits."""

    def next_due(self) -> float | None:
        """Seconds until the first timer, None without one."""
        calls = self.getDelayedCalls()
        return min(call.getTime() for call in calls) - self.seconds() if calls else None


def wait_for(clock: Clock, work: Coroutine[Any, Any, T]) -> T:
    """The result of ``work``, whose timers are those of ``clock`` (on a :class:`Blocking`)."""
    timers = clock.reactor
    if not isinstance(timers, Blocking):
        raise TypeError("wait_for serves the timers of a Blocking only")
    results: list[Any] = []
    Deferred.fromCoroutine(work).addBoth(results.append)
    while not results:
        pause = timers.next_due()
        if pause is None:
            raise RuntimeError("the work waits for something that cannot come")
        time.sleep(max(0.0, pause))
        timers.advance(max(0.0, pause))
    if isinstance(results[0], Failure):
        results[0].raiseException()
    result: T = results[0]
    return result


def at_once(call: Callable[..., T], *args: Any) -> Deferred[T]:
    """Call something slow here and now, where others would use a thread."""
    return maybeDeferred(call, *args)
