"""What coroutines of the switch wait for: things that happen once, and changes of something."""

from __future__ import annotations

from typing import Any, Generic, TypeVar

from twisted.internet.defer import Deferred
from twisted.python.failure import Failure

T = TypeVar("T")


class Once(Generic[T]):
    """A value that comes once; any number may wait for it, before or after."""

    def __init__(self) -> None:
        self._waiting: list[Deferred[T]] = []
        self._values: list[T] = []

    @property
    def come(self) -> bool:
        """True when it is there."""
        return bool(self._values)

    @property
    def value(self) -> T:
        """The value that came."""
        return self._values[0]

    def give(self, value: T) -> None:
        """It is ``value``; later ones are passed over."""
        if not self._values:
            self._values.append(value)
            waiting, self._waiting = self._waiting, []
            for deferred in waiting:
                deferred.callback(value)

    def wait(self) -> Deferred[T]:
        """Fires with the value; cancelling one waiter leaves the others."""
        deferred: Deferred[T] = Deferred(self._drop)
        if self._values:
            deferred.callback(self._values[0])
        else:
            self._waiting.append(deferred)
        return deferred

    def _drop(self, deferred: Deferred[T]) -> None:
        if deferred in self._waiting:
            self._waiting.remove(deferred)


class Change:
    """Wakes all who wait, every time it is told that something changed."""

    def __init__(self) -> None:
        self._next: Once[None] = Once()

    def tell(self) -> None:
        """Something changed."""
        current, self._next = self._next, Once()
        current.give(None)

    def wait(self) -> Deferred[None]:
        """Fires at the next change."""
        return self._next.wait()


async def first(*waits: Deferred[Any]) -> int:
    """Wait for the first of ``waits`` and cancel the others; its index."""
    winner: Deferred[int] = Deferred()

    def done(result: object, index: int) -> None:
        if winner.called:
            return
        if isinstance(result, Failure):
            winner.errback(result)
        else:
            winner.callback(index)

    for index, wait in enumerate(waits):
        wait.addBoth(done, index)
    try:
        return await winner
    finally:
        for wait in waits:
            wait.cancel()
