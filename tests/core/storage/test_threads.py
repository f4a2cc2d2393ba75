"""Database on real threads: the reactor goes on, races end right, trouble ends in time."""

from __future__ import annotations

import signal
import sqlite3
import threading
from collections.abc import Iterator
from os import kill
from select import select as ready
from typing import Any

import pytest
from sqlalchemy import insert, select, update
from tests.core.storage import tables
from tests.core.storage.tables import t, thing_table
from twisted.internet.defer import CancelledError, Deferred, gatherResults

from careline.errors import Unavailable
from careline.storage import Database, Tx, open_database
from careline.tasks import Tasks
from careline.testing import Spinner
from careline.testing.postgres import Cluster


class Opened:
    """Opens databases on the real reactor and closes them when the test ends."""

    def __init__(self, spin: Spinner) -> None:
        self.spin = spin
        self.open: list[Database] = []

    def __call__(self, url: str, deadline: float = 30.0) -> Database:
        clock, reactor = self.spin.clock, self.spin.reactor
        database = open_database(
            url, clock=clock, tasks=Tasks(), reactor=reactor, deadline=deadline
        )
        self.open.append(database)
        return database


@pytest.fixture
def opened(spin: Spinner) -> Iterator[Opened]:
    opener = Opened(spin)
    yield opener
    for database in opener.open:
        spin(database.close())


def start(tx: Tx) -> None:
    tables.create(tx)
    tx.execute(insert(thing_table).values(name="counter", extra=0))


def add_one(tx: Tx) -> int:
    value = int(tx.scalar(select(t.extra).where(t.name == "counter"))) + 1
    tx.execute(update(thing_table).where(t.name == "counter").values(extra=value))
    return value


def counter(tx: Tx) -> int:
    return int(tx.scalar(select(t.extra).where(t.name == "counter")))


def test_read_then_write_from_many_callers_loses_nothing(
    db_url: str, opened: Opened, spin: Spinner
) -> None:
    database, other = opened(db_url), opened(db_url)

    async def go() -> list[int]:
        await database.run(start)
        both = [database, other] * 15
        return await gatherResults([Deferred.fromCoroutine(one.run(add_one)) for one in both])

    values = spin(go())
    assert sorted(values) == list(range(1, 31))
    assert spin(database.run(counter)) == 30


@pytest.mark.integration
def test_a_serialization_failure_is_tried_again(
    postgres: Cluster, opened: Opened, spin: Spinner
) -> None:
    database = opened(postgres.fresh())
    meet = threading.Barrier(2)
    tries: list[int] = []

    def read_together_then_write(tx: Tx) -> int:
        tries.append(1)
        value = int(tx.scalar(select(t.extra).where(t.name == "counter")))
        if len(tries) <= 2:
            meet.wait(60)
        tx.execute(update(thing_table).where(t.name == "counter").values(extra=value + 1))
        return value

    async def go() -> None:
        await database.run(start)
        both = [Deferred.fromCoroutine(database.run(read_together_then_write)) for _ in "ab"]
        await gatherResults(both)

    spin(go())
    assert len(tries) == 3
    assert spin(database.run(counter)) == 2


def test_the_reactor_goes_on_while_a_thread_works(
    db_url: str, opened: Opened, spin: Spinner
) -> None:
    database = opened(db_url)
    released = threading.Event()

    def wait_for_reactor(tx: Tx) -> bool:
        return released.wait(60)

    async def go() -> bool:
        working = Deferred.fromCoroutine(database.run(wait_for_reactor))
        await spin.clock.sleep(0.01)
        released.set()  # only a reactor that was not blocked comes here
        return await working

    assert spin(go()) is True


def test_after_commit_runs_on_the_reactor_thread(
    db_url: str, opened: Opened, spin: Spinner
) -> None:
    database = opened(db_url)
    threads: list[threading.Thread] = []

    def work(tx: Tx) -> None:
        threads.append(threading.current_thread())
        tx.after_commit(lambda: threads.append(threading.current_thread()))

    spin(database.run(work))
    assert threads[0] is not threading.main_thread()
    assert threads[1] is threading.main_thread()


def test_cancelling_a_caller_lets_the_thread_finish_and_commit(
    db_url: str, opened: Opened, spin: Spinner
) -> None:
    database = opened(db_url)
    began, released = threading.Event(), threading.Event()
    committed: Deferred[None] = Deferred()

    def work(tx: Tx) -> None:
        began.set()
        released.wait(60)
        tables.add(tx, "a")
        tx.after_commit(lambda: committed.callback(None))

    async def go() -> None:
        await database.run(tables.create)
        caller = Deferred.fromCoroutine(database.run(work))
        while not began.is_set():
            await spin.clock.sleep(0.005)
        caller.cancel()
        with pytest.raises(CancelledError):
            await caller
        released.set()
        await committed

    spin(go())
    assert spin(database.run(tables.names)) == ["a"]


def test_a_locked_sqlite_file_is_waited_for(opened: Opened, spin: Spinner, tmp_path: Any) -> None:
    database = opened(f"sqlite:///{tmp_path}/a.db")
    spin(database.run(tables.create))
    other = sqlite3.connect(tmp_path / "a.db", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")

    async def go() -> None:
        adding = Deferred.fromCoroutine(database.run(tables.add, "a"))
        await spin.clock.sleep(0.1)
        assert not adding.called
        other.execute("COMMIT")
        await adding

    spin(go())
    other.close()
    assert spin(database.run(tables.names)) == ["a"]


def test_a_sqlite_file_locked_for_long_ends_as_unavailable(
    opened: Opened, spin: Spinner, tmp_path: Any
) -> None:
    url = f"sqlite:///{tmp_path}/a.db"
    patient = opened(url)
    spin(patient.run(tables.create))
    other = sqlite3.connect(tmp_path / "a.db", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(Unavailable) as caught:
        spin(opened(url, deadline=0.5).run(tables.add, "a"))
    assert caught.value.code in ("db.busy", "db.slow")
    other.execute("COMMIT")
    other.close()
    spin(patient.run(tables.add, "b"))
    assert spin(patient.run(tables.names)) == ["b"]


def test_a_statement_that_takes_too_long_is_cut_off(
    db_url: str, opened: Opened, spin: Spinner
) -> None:
    database = opened(db_url, deadline=2.0)
    endless = {
        "sqlite": "WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x+1 FROM n)"
        " SELECT count(*) FROM n",
        "postgresql": "SELECT pg_sleep(600)",
    }

    def work(tx: Tx) -> None:
        tx.connection.exec_driver_sql(endless[tx.dialect])

    with pytest.raises(Unavailable) as caught:
        spin(database.run(work))
    assert caught.value.code == "db.slow"
    spin(database.run(tables.create))


@pytest.mark.integration
@pytest.mark.parametrize("db_url", ["postgresql"], indirect=True)
def test_a_transaction_that_stands_still_for_too_long_is_taken_back(
    db_url: str, opened: Opened, spin: Spinner
) -> None:
    database = opened(db_url)

    def work(tx: Tx) -> None:
        tx.connection.exec_driver_sql("SET LOCAL idle_in_transaction_session_timeout = '50ms'")
        driver: Any = tx.connection.connection.driver_connection
        ready([driver], [], [], 60.0)  # the server's last words
        tables.create(tx)

    with pytest.raises(Unavailable) as caught:
        spin(database.run(work))
    assert caught.value.code == "db.slow"
    spin(database.run(tables.create))


@pytest.fixture
def own_postgres(postgres: Cluster) -> Iterator[Cluster]:
    """The cluster, for tests that stop it; it runs again afterwards."""
    yield postgres
    if postgres.process is None:
        postgres.start()


@pytest.mark.integration
def test_a_stopped_server_is_unavailable_and_its_return_is_noticed(
    own_postgres: Cluster, opened: Opened, spin: Spinner
) -> None:
    database = opened(own_postgres.fresh())
    spin(database.run(start))
    own_postgres.stop()
    for _ in range(3):
        with pytest.raises(Unavailable) as caught:
            spin(database.run(add_one))
        assert caught.value.code == "db.away"
    own_postgres.start()
    assert spin(database.run(add_one)) == 1


@pytest.mark.integration
def test_a_server_restarted_between_two_runs_is_not_even_noticed(
    own_postgres: Cluster, opened: Opened, spin: Spinner
) -> None:
    database = opened(own_postgres.fresh())
    spin(database.run(start))
    own_postgres.stop()
    own_postgres.start()
    assert spin(database.run(add_one)) == 1


@pytest.mark.integration
def test_a_hung_server_costs_at_most_the_deadline(
    own_postgres: Cluster, opened: Opened, spin: Spinner
) -> None:
    url = own_postgres.fresh()
    spin(opened(url).run(start))
    database = opened(url, deadline=1.0)
    hung = own_postgres.processes()
    for pid in hung:
        kill(pid, signal.SIGSTOP)
    try:
        with pytest.raises(Unavailable) as caught:
            spin(database.run(add_one))
        assert caught.value.code in ("db.slow", "db.unsure")
    finally:
        for pid in hung:
            kill(pid, signal.SIGCONT)
    assert spin(opened(str(database.engine.url)).run(counter)) in (0, 1)
