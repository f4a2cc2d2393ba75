"""The breaker: after repeated failures a hook is left alone for a while, then tried once."""

from __future__ import annotations

from collections import deque
from enum import Enum

from careline.clock import Clock


class State(Enum):
    """Closed: calls pass. Open: none does. Half open: one does, to see."""

    CLOSED = "closed"
    OPEN = "open"
    HALF_OPEN = "half open"


class Breaker:
    """Opens when ``trip_at`` of the last ``window`` calls went wrong.

    It half-opens after ``pause`` seconds; each failed trial doubles the pause up to ``longest``.
    """

    def __init__(
        self,
        clock: Clock,
        trip_at: int = 5,
        window: int = 10,
        pause: float = 30.0,
        longest: float = 600.0,
    ) -> None:
        self.state = State.CLOSED
        self.opened_until = 0.0
        self._clock = clock
        self._trip_at = trip_at
        self._recent: deque[bool] = deque(maxlen=window)
        self._first_pause = self._pause = pause
        self._longest = longest

    def allows(self) -> bool:
        """True when a call may be made now; follow it with ``record`` or ``release``."""
        if self.state is State.CLOSED:
            return True
        if self.state is State.OPEN and self._clock.seconds() >= self.opened_until:
            self.state = State.HALF_OPEN  # for the one who asks; the next one waits for its result
            return True
        return False

    def record(self, well: bool) -> bool:
        """Note how an allowed call went; True when that has just opened the breaker."""
        if self.state is State.OPEN:  # began before it opened: says nothing new
            return False
        if self.state is State.HALF_OPEN:
            if well:
                self.reset()
                return False
            self._pause = min(self._pause * 2, self._longest)
            self._open()
            return True
        self._recent.append(well)
        if self._recent.count(False) < self._trip_at:
            return False
        self._open()
        return True

    def release(self) -> None:
        """The allowed call was given up by its caller: if it was the trial, allow another."""
        if self.state is State.HALF_OPEN:
            self.state = State.OPEN

    def reset(self) -> None:
        """Close it and forget."""
        self.state = State.CLOSED
        self._recent.clear()
        self._pause = self._first_pause

    def _open(self) -> None:
        self.state = State.OPEN
        self._recent.clear()
        self.opened_until = self._clock.seconds() + self._pause
