"""Writing behind: in order, through an absence, and past an item that cannot be stored."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from twisted.internet.task import Clock as FakeClock
from twisted.logger import capturedLogs, formatEvent

from careline.clock import Clock
from careline.errors import Unavailable
from careline.storage import Tx, open_database
from careline.storage.behind import WriteBehind
from careline.tasks import Tasks
from careline.testing import run_async


class Store:
    """Keeps what it is given; ``away`` times it says that the database is away."""

    def __init__(self, away: int = 0, poison: str = "") -> None:
        self.kept: list[str] = []
        self.away = away
        self.poison = poison

    def write(self, tx: Tx, items: Sequence[str]) -> None:
        if self.away:
            self.away -= 1
            raise Unavailable("db.away", "the database is away")
        if self.poison in items:
            raise ValueError(self.poison)
        self.kept += items


@pytest.fixture
def clock() -> Clock:
    return Clock(FakeClock())


def behind(store: Store, clock: Clock) -> WriteBehind[str]:
    db = open_database("sqlite:///:memory:", clock=clock, tasks=Tasks())
    return WriteBehind(db, clock, Tasks(), store.write)


def test_nothing_is_lost_while_the_database_is_away(clock: Clock) -> None:
    store = Store(away=30)
    writer = behind(store, clock)
    for item in ("a", "b", "c"):
        writer.put(item)
    assert writer.waiting == 3
    run_async(writer.written(), clock)
    assert store.kept == ["a", "b", "c"]
    assert writer.waiting == 0


def test_an_item_that_cannot_be_stored_does_not_hold_up_the_others(clock: Clock) -> None:
    store = Store(away=1, poison="poison")
    writer = behind(store, clock)
    for item in ("a", "poison", "b", "c"):
        writer.put(item)
    run_async(writer.written(), clock)
    assert store.kept == ["a", "b", "c"]


def test_what_could_not_be_stored_is_not_shown_in_the_log(clock: Clock) -> None:
    store = Store(poison="+8613800001111")
    writer = behind(store, clock)
    with capturedLogs() as logged:
        writer.put("+8613800001111")
        run_async(writer.written(), clock)
    told = [formatEvent(event) for event in logged]
    assert any("left out" in line for line in told)
    assert "13800001111" not in "".join(told)


def test_nobody_waits_for_ever_when_what_follows_the_storing_fails(clock: Clock) -> None:
    def fails(items: Sequence[str]) -> None:
        raise ValueError(items)

    db = open_database("sqlite:///:memory:", clock=clock, tasks=Tasks())
    writer = WriteBehind(db, clock, Tasks(), Store(away=1).write, fails)
    writer.put("a")
    run_async(writer.written(), clock)
