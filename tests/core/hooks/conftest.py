"""A hub on a fake clock, an outbox that is a list, and a stopwatch that the tests wind."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, cast

import pytest
from attrs import define, field
from twisted.internet import task
from twisted.logger import ILogObserver, globalLogPublisher

from careline.clock import Clock
from careline.hooks import Hub
from careline.tasks import Tasks


@define
class Bench:
    """The hub under test and all that it was given."""

    fake: task.Clock = field(factory=task.Clock)
    tasks: Tasks = field(factory=Tasks)
    jobs: list[tuple[object, str, Mapping[str, Any]]] = field(factory=list)
    watch: float = 0.0
    hub: Hub = field(init=False)

    def __attrs_post_init__(self) -> None:
        self.hub = Hub(
            Clock(self.fake),
            self.tasks,
            outbox=lambda tx, kind, args: self.jobs.append((tx, kind, args)),
            stopwatch=lambda: self.watch,
        )

    def block(self, seconds: float) -> None:
        """What a plugin does that holds the process up."""
        self.watch += seconds

    def settle(self, seconds: float = 0.0) -> None:
        """Let all that is due happen, then ``seconds`` pass."""
        self.fake.pump([0.0] * 50)
        if seconds:
            self.fake.advance(seconds)
            self.fake.pump([0.0] * 50)


@pytest.fixture
def bench() -> Bench:
    return Bench()


@pytest.fixture
def logged() -> Iterator[list[dict[str, Any]]]:
    """What was logged meanwhile."""
    events: list[dict[str, Any]] = []
    observe = cast("ILogObserver", events.append)
    globalLogPublisher.addObserver(observe)
    yield events
    globalLogPublisher.removeObserver(observe)
