"""A campus that speaks HL7, for tests: its adapter, and what plugins were told."""

from __future__ import annotations

import inspect
from typing import Any

from attrs import define, field
from tests.plugins.his_webservice.standing import ground_of

from careline.clinic.his import Ability
from careline.clock import Clock
from careline.storage import Database
from careline.tasks import Tasks
from careline_his_webservice import specs
from careline_his_webservice.adapters.hl7.build import Hl7, build
from careline_his_webservice.adapters.hl7.settings import Hl7Settings


@define
class Told:
    """In place of the hub: durable events, in the order in which they were written."""

    events: list[tuple[str, dict[str, Any]]] = field(factory=list)

    def __getattr__(self, name: str) -> Any:
        wanted = set(inspect.signature(getattr(specs, name)).parameters)

        def write(tx: Any, **arguments: Any) -> None:
            assert set(arguments) == wanted
            self.events.append((name, arguments))

        return write

    @property
    def names(self) -> list[str]:
        return [name for name, _ in self.events]


class Reads:
    """A companion that can tell the schedule, and no more."""

    can = frozenset({Ability.DIRECTORY, Ability.SCHEDULE})
    info_kinds: frozenset[Any] = frozenset()

    async def start(self) -> None: ...

    async def stop(self) -> None: ...

    async def check(self) -> list[Any]:
        return []


def adapter(
    db: Database, clock: Clock, tasks: Tasks, reactor: Any = None, **settings: Any
) -> tuple[Hl7, Told]:
    """The adapter of campus ``east``, and what plugins are told."""
    told = Told()
    reads: Any = Reads()
    ground = ground_of(db, clock, tasks, reactor, hub=told, companion=lambda kind: reads)
    given = {"host": "127.0.0.1", "port": 1} | settings
    return build(ground, Hl7Settings(**given)), told
