"""What an adapter stands on, in tests of adapters: real database and clock, campus ``east``."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from twisted.internet.defer import Deferred, maybeDeferred

from careline.campuses.model import Campus
from careline.clock import Clock
from careline.storage import Database
from careline.tasks import Tasks
from careline_his_webservice.calling.exchanges import ExchangeLog
from careline_his_webservice.ground import Ground


def ground_of(
    db: Database,
    clock: Clock,
    tasks: Tasks,
    reactor: Any = None,
    hub: Any = None,
    companion: Callable[[str], Any] = str,
) -> Ground:
    """The ground of one campus; blocking work is done at once."""
    core: Any = SimpleNamespace(
        db=db,
        clock=clock,
        tasks=tasks,
        reactor=reactor,
        hub=hub,
        settings=SimpleNamespace(language="en"),
        campuses=SimpleNamespace(campus=lambda name: Campus(id=name, title="东院")),
    )
    return Ground(
        campus="east",
        core=core,
        folder=Path(),
        timeout_s=5.0,
        exchanges=ExchangeLog(db, clock, tasks).of("east"),
        in_thread=_at_once,
        companion=companion,
    )


def _at_once(call: Callable[..., Any], *args: Any) -> Deferred[Any]:
    return maybeDeferred(call, *args)
