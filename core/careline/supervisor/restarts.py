"""When a child that ended is started again: at once, later, or never."""

from __future__ import annotations

from collections import deque

#: Seconds before each try of a child that does not come up.
DELAYS = (0.0, 0.5, 1.0, 2.0, 4.0, 8.0, 10.0)
#: So many vain starts in a row, and it never came up: give up.
GIVE_UP = 5
#: More restarts than this within a minute are slowed down to ``CALM`` seconds.
BUSY, MINUTE, CALM = 12, 60.0, 2.0


class Restarts:
    """Decides for one child; ``came_up`` means that it worked before it ended.

    Once it has come up it is restarted for ever: calls may be up, and giving up would end them.
    """

    def __init__(self) -> None:
        self._vain = 0
        self._ever = False
        self._recent: deque[float] = deque(maxlen=BUSY)

    @property
    def never_came_up(self) -> bool:
        """True while no try has worked."""
        return not self._ever

    def ended(self, now: float, came_up: bool) -> float | None:
        """Seconds until the next start, or None to give up; ``now`` in monotonic seconds."""
        self._ever = self._ever or came_up
        self._vain = 0 if came_up else self._vain + 1
        if self._vain >= GIVE_UP and not self._ever:
            return None
        busy = len(self._recent) == BUSY and now - self._recent[0] < MINUTE
        self._recent.append(now)
        delay = DELAYS[min(self._vain, len(DELAYS) - 1)]
        return max(delay, CALM) if busy else delay
