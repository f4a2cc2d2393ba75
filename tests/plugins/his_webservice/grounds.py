"""What an adapter stands on, for tests: a campus, real clocks and threads, exchanges in a list."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, time
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from attrs import define, evolve, field
from twisted.internet.defer import Deferred, maybeDeferred
from twisted.internet.threads import deferToThread

from careline.campuses.model import Campus
from careline.clinic import Order, Person
from careline.clock import Clock
from careline_his_webservice.calling.exchanges import Exchanges
from careline_his_webservice.calling.model import Outcome
from careline_his_webservice.ground import Ground

WANG = Person(
    id=7,
    name="王芳",
    sex="female",
    birth_date=date(1980, 5, 1),
    id_card="11010119800501002X",
    phone="+8613800138001",
    number="E0000001",
)


@define
class Written:
    """In place of the log: what, outcome, request, response."""

    clock: Clock
    lines: list[tuple[str, Outcome, str, str]] = field(factory=list)

    def put(
        self, campus: str, what: str, request: Any, response: Any, took_ms: int, outcome: Outcome
    ) -> None:
        text = [one.decode() if isinstance(one, bytes) else one for one in (request, response)]
        self.lines.append((what, outcome, text[0], text[1]))


def ground(
    clock: Clock,
    folder: Path = Path(),
    reactor: Any = None,
    timeout: float = 5.0,
    in_thread: Callable[..., Deferred[Any]] | None = None,
) -> tuple[Ground, Written]:
    """Of campus ``east``; blocking work runs in threads when there is a ``reactor``."""
    campus = Campus(id="east", title="东院", area_code="010")
    written = Written(clock)
    campuses = SimpleNamespace(directory=SimpleNamespace(campuses={"east": campus}))
    settings = SimpleNamespace(language="en")
    core: Any = SimpleNamespace(clock=clock, reactor=reactor, campuses=campuses, settings=settings)
    made = Ground(
        campus="east",
        core=core,
        folder=folder,
        timeout_s=timeout,
        exchanges=Exchanges("east", written),  # type: ignore[arg-type]  # as much of it as is used
        in_thread=in_thread or (deferToThread if reactor else maybeDeferred),
        companion=lambda kind: None,  # type: ignore[arg-type,return-value]
    )
    return made, written


def order(day: date, clinic: str, slot: str, key: str = "key-1", **person: Any) -> Order:
    """Wang Fang's, unless it says otherwise."""
    return Order(
        key=key,
        campus="east",
        department="E01",
        doctor="E101",
        clinic=clinic,
        slot=slot,
        day=day,
        start=time(8),
        person=evolve(WANG, **person),
    )
