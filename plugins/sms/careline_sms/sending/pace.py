"""How fast a gateway may be used."""

from __future__ import annotations

from collections.abc import Callable

SHORTEST = 0.01
"""Seconds; a pause of a rounding error would be waited for again and again."""


class Pace:
    """Lets ``per_second`` through, and after a pause what one second allows at once.

    ``seconds`` is a monotonic clock, so a step of the wall clock neither stops nor floods anything.
    """

    def __init__(self, per_second: float, seconds: Callable[[], float]) -> None:
        self._per_second = per_second
        self._most = max(1.0, per_second)
        self._seconds = seconds
        self._left = self._most
        self._since = seconds()

    @property
    def room(self) -> int:
        """How many may go now."""
        now = self._seconds()
        self._left = min(self._most, self._left + (now - self._since) * self._per_second)
        self._since = now
        return int(self._left)

    def take(self, many: int) -> None:
        """So many go now."""
        self._left -= many

    @property
    def pause(self) -> float:
        """Seconds until the next one may go."""
        if self.room:
            return 0.0
        return max(SHORTEST, (1.0 - self._left) / self._per_second)
