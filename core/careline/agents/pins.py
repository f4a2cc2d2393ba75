"""Guards phone PINs against guessing: after five wrong ones an agent's number rests for a while."""

from __future__ import annotations

from careline.clock import Clock
from careline.errors import Refused

WRONG = 5
REST_S = 15 * 60.0


class PinGuard:
    """Counts wrong PINs by agent number, over all calls and phones."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._wrong: dict[str, list[float]] = {}

    def admit(self, agent: str) -> None:
        """Raises Refused("agent.locked") when five were wrong within the last 15 minutes."""
        now = self._clock.seconds()
        recent = [at for at in self._wrong.get(agent, ()) if now - at < REST_S]
        if recent:
            self._wrong[agent] = recent
        else:
            self._wrong.pop(agent, None)
        if len(recent) >= WRONG:
            raise Refused("agent.locked", "too many wrong PINs")

    def wrong(self, agent: str) -> None:
        """Count a wrong PIN."""
        self._wrong.setdefault(agent, []).append(self._clock.seconds())

    def right(self, agent: str) -> None:
        """Forget the wrong ones."""
        self._wrong.pop(agent, None)
