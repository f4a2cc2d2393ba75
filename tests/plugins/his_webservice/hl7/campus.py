"""A campus that speaks HL7, for tests: its adapter, and what plugins were told."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

from attrs import define, field

from careline.campuses.model import Campus
from careline.clock import Clock
from careline.storage import Database
from careline.tasks import Tasks
from careline_his_webservice.adapter import Ability
from careline_his_webservice.adapters.hl7.build import Hl7
from careline_his_webservice.adapters.hl7.settings import Hl7Settings
from careline_his_webservice.calling.exchanges import ExchangeLog
from careline_his_webservice.ground import Ground


@define
class Told:
    """In place of the hub: durable events, in the order in which they were written."""

    events: list[tuple[str, dict[str, Any]]] = field(factory=list)

    def __getattr__(self, name: str) -> Any:
        return lambda tx, **arguments: self.events.append((name, arguments))

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
    core: Any = SimpleNamespace(
        db=db,
        clock=clock,
        tasks=tasks,
        reactor=reactor,
        hub=told,
        campuses=SimpleNamespace(campus=lambda name: Campus(id=name, title="东院")),
    )
    ground = Ground(
        campus="east",
        core=core,
        folder=Path(),
        timeout_s=5.0,
        exchanges=ExchangeLog(db, clock, tasks).of("east"),
        in_thread=lambda call, *args: call(*args),
        companion=lambda kind: Reads(),  # type: ignore[arg-type,return-value]  # a part of one
    )
    given = {"host": "127.0.0.1", "port": 1} | settings
    return Hl7(ground, Hl7Settings(**given), ground.companion("sql")), told
