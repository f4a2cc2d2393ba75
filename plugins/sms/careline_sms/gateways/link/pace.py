"""How fast pieces may go: what is configured, and slower for a while after the center complains."""

from __future__ import annotations

from attrs import define

STEPS_S = (1.0, 2.0, 4.0, 8.0, 16.0, 30.0)
"""Pauses after one complaint, two in a row, and so on."""


@define
class Pace:
    """``per_second`` pieces at most, 0 for as many as the center takes; times are monotonic."""

    per_second: float = 0.0
    _next: float = 0.0
    _closed_until: float = 0.0
    _complaints: int = 0

    def closed(self, now: float) -> float:
        """Seconds for which nothing at all should be sent."""
        return max(0.0, self._closed_until - now)

    def turn(self, now: float) -> float:
        """Take a turn: seconds to wait until a piece may go."""
        if not self.per_second:
            return 0.0
        at = max(now, self._next)
        self._next = at + 1.0 / self.per_second
        return at - now

    def complained(self, now: float) -> float:
        """The center is throttling: the pause, which grows with each complaint in a row."""
        if now >= self._closed_until:  # pieces that went together count as one
            self._complaints += 1
            pause = STEPS_S[min(self._complaints, len(STEPS_S)) - 1]
            self._closed_until = now + pause
        return self.closed(now)

    def took(self) -> None:
        """It has taken one again."""
        self._complaints = 0
