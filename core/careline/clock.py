"""Time as an argument: monotonic seconds for waiting, aware UTC for records.

Twisted's reactor timers follow ``reactor.seconds``; the composition root points it at
``time.monotonic`` so that a step of the wall clock freezes no time-out. Dates come from ``wall``.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Coroutine
from datetime import UTC, datetime
from typing import Any, TypeVar

from attrs import frozen
from twisted.internet.defer import Deferred, TimeoutError, ensureDeferred
from twisted.internet.interfaces import IDelayedCall, IReactorTime

T = TypeVar("T")


def utc_now() -> datetime:
    """The wall clock as an aware UTC datetime."""
    return datetime.now(UTC)


@frozen
class Clock:
    """Timers of ``reactor`` (any IReactorTime, e.g. ``task.Clock`` in tests) and a wall clock."""

    reactor: IReactorTime
    wall: Callable[[], datetime] = utc_now

    def now(self) -> datetime:
        """Date and time, aware, UTC."""
        return self.wall()

    def seconds(self) -> float:
        """Monotonic seconds; only differences mean something."""
        return float(self.reactor.seconds())

    def call_later(self, delay: float, call: Callable[[], object]) -> IDelayedCall:
        """Call after ``delay`` seconds."""
        return self.reactor.callLater(delay, call)

    async def sleep(self, delay: float) -> None:
        """Wait ``delay`` seconds; cancelling the coroutine cancels the timer."""
        fired: Deferred[None] = Deferred(lambda _: timer.cancel() if timer.active() else None)
        timer = self.reactor.callLater(delay, fired.callback, None)
        await fired

    async def within(self, delay: float, awaited: Awaitable[T] | Coroutine[Any, Any, T]) -> T:
        """Await at most ``delay`` seconds, then cancel it and raise ``defer.TimeoutError``."""
        deferred: Deferred[T] = (
            awaited if isinstance(awaited, Deferred) else ensureDeferred(awaited)  # type: ignore[arg-type]
        )
        deferred.addTimeout(delay, self.reactor)
        return await deferred


__all__ = ["Clock", "TimeoutError", "utc_now"]
