"""Several processes ask at one time for one patient: together they keep to the room of the day."""

from __future__ import annotations

import threading
from collections.abc import Callable

import pytest
from sqlalchemy import text
from tests.core.outreach.ward import at, governor, message
from twisted.internet.task import Clock as FakeClock

from careline.clock import Clock
from careline.outreach import store
from careline.outreach.model import Decision, Verdict
from careline.outreach.rules import Rules
from careline.storage import Database, Tx, metadata, open_database, read_committed
from careline.tasks import Tasks

ASKERS = 6


def serializable(tx: Tx, key: str) -> Decision:
    """As most verbs of stores run."""
    return governor(Rules(most_a_day=1)).decide(tx, message(key), at("24 10:00"))


@read_committed
def committed(tx: Tx, key: str) -> Decision:
    """As those run that have locks of their own: workers that take jobs."""
    return serializable(tx, key)


@pytest.mark.parametrize("ask", [serializable, committed])
def test_one_of_many_has_the_last_room(db_url: str, ask: Callable[[Tx, str], Decision]) -> None:
    tables = (store.contact_table, store.refusal_table, store.wrong_table)
    bases = [open_database(db_url, clock=Clock(FakeClock()), tasks=Tasks()) for _ in range(ASKERS)]
    bases[0].run_sync(lambda tx: metadata.create_all(tx.connection, tables))
    begin, found = threading.Barrier(ASKERS), []

    def one(number: int) -> None:
        begin.wait()
        found.append(bases[number].run_sync(ask, f"a{number}").verdict)

    threads = [threading.Thread(target=one, args=(number,)) for number in range(ASKERS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for base in bases:
        base.engine.dispose()
    assert sorted(one.value for one in found) == ["go"] + [Verdict.LATER.value] * (ASKERS - 1)


@pytest.mark.parametrize("patient", [7, 0])
@pytest.mark.parametrize(
    "db", [pytest.param("postgresql", marks=pytest.mark.integration)], indirect=True
)
def test_one_who_decides_holds_the_others_up(db: Database, patient: int) -> None:
    """Rows alone would not do where transactions do not see what others are about to write."""

    def held(tx: Tx) -> int:
        governor().decide(tx, message("a", patient=patient), at("24 10:00"))
        locks = text("SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND granted")
        return int(tx.scalar(locks))

    assert db.run_sync(held) == 1
