"""A plugin's mailbox: its events in order, one at a time, bounded, out of the caller's way."""

from __future__ import annotations

from collections import deque
from collections.abc import Awaitable, Callable
from typing import Generic, TypeVar

from careline.clock import Clock
from careline.tasks import Tasks

T = TypeVar("T")
LIMIT = 1000


class Mailbox(Generic[T]):
    """Delivers letters by ``deliver``, which must not raise; ``name`` is for the log."""

    def __init__(
        self,
        name: str,
        clock: Clock,
        tasks: Tasks,
        deliver: Callable[[T], Awaitable[None]],
        limit: int = LIMIT,
    ) -> None:
        self._name = name
        self._clock = clock
        self._tasks = tasks
        self._deliver = deliver
        self._limit = limit
        self._letters: deque[T] = deque()
        self._busy = False
        self._closed = False

    def __len__(self) -> int:
        return len(self._letters)

    def put(self, letter: T) -> T | None:
        """Add a letter; when the box is full the oldest one is lost and returned."""
        if self._closed:
            return None
        lost = self._letters.popleft() if len(self._letters) >= self._limit else None
        self._letters.append(letter)
        if not self._busy:
            self._busy = True
            self._tasks.spawn(self._empty(), f"events of {self._name}")
        return lost

    def close(self) -> None:
        """Throw away what waits, and take no more."""
        self._closed = True
        self._letters.clear()

    async def _empty(self) -> None:
        try:
            while True:
                await self._clock.sleep(0)  # the caller, and everybody else, first
                if not self._letters:
                    return
                await self._deliver(self._letters.popleft())
        finally:
            self._busy = False
