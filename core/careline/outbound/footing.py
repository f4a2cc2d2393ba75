"""What the parts that make calls stand on together."""

from __future__ import annotations

from attrs import field, frozen

from careline.calls.service import Calls
from careline.clock import Clock
from careline.outbound.service import Outbound
from careline.outbound.tries import Tries
from careline.storage import Database
from careline.tasks import Tasks


@frozen(kw_only=True)
class Footing:
    """``node`` names this core; ``tries`` are those that it has begun and not settled yet."""

    clock: Clock
    tasks: Tasks
    db: Database
    calls: Calls
    outbound: Outbound
    node: str
    tries: Tries = field(init=False)

    @tries.default
    def _none_yet(self) -> Tries:
        return Tries(self.calls)
