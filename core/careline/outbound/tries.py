"""The tries that this core has begun and not settled yet, by the id of their call."""

from __future__ import annotations

from attrs import frozen

from careline.calls.service import Calls
from careline.outbound.model import Kept


@frozen
class Running:
    """A try whose call is up, or about to be."""

    kept: Kept
    trunk: str = ""


class Tries:
    """What is up or about to be, so that there is never more of it than lines.

    A try is awaited from its claim until its call is seen, or given up; nobody else judges it then.
    """

    def __init__(self, calls: Calls) -> None:
        self._calls = calls
        self._running: dict[str, Running] = {}
        self._awaited: set[str] = set()

    def __contains__(self, call: str) -> bool:
        """True for the call of a try that is not settled."""
        return call in self._running

    def get(self, call: str) -> Running | None:
        """The try which that call is."""
        return self._running.get(call)

    def begun(self, kept: Kept, trunk: str) -> Running:
        """A try is about to be made: its call is awaited."""
        self._awaited.add(kept.call)
        return self.found(kept, trunk)

    def found(self, kept: Kept, trunk: str) -> Running:
        """A try whose call is known to be up."""
        running = self._running[kept.call] = Running(kept, trunk)
        return running

    def seen(self, call: str) -> None:
        """That call is awaited no longer."""
        self._awaited.discard(call)

    def is_awaited(self, call: str) -> bool:
        """True while the call has still to appear."""
        return call in self._awaited

    def drop(self, call: str) -> bool:
        """Its try is settled; False when it was before."""
        self._awaited.discard(call)
        return self._running.pop(call, None) is not None

    def lines(self, trunk: str) -> int:
        """How many lines of a trunk are taken."""
        return sum(one.trunk == trunk and self._is_up(call) for call, one in self._running.items())

    def _is_up(self, call: str) -> bool:
        record = self._calls.get(call)
        return self.is_awaited(call) if record is None else record.ended is None
