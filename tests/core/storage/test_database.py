"""The promises of Database.run: one transaction, retried, never abandoned, nothing leaks."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from contextlib import nullcontext
from typing import Any

import pytest
from attrs import frozen
from sqlalchemy import insert, select
from sqlalchemy.exc import IntegrityError
from tests.core.storage import tables
from tests.core.storage.tables import t, thing_table
from twisted.internet.defer import CancelledError, Deferred

from careline.clock import Clock
from careline.errors import Invalid, Refused, Unavailable
from careline.storage import Database, Tx, open_database
from careline.storage.attempt import Attempt, Work
from careline.storage.inline import InlineThreads
from careline.tasks import Tasks
from careline.testing import run_async


@pytest.fixture
def things(db: Database) -> Database:
    db.run_sync(tables.create)
    return db


class HeldThreads(InlineThreads):
    """A pool whose threads begin only when told."""

    def __init__(self) -> None:
        self.held: list[Callable[[], object]] = []

    def callInThread(self, func: Callable[..., object], *args: Any, **kw: Any) -> None:
        self.held.append(lambda: func(*args, **kw))

    def release(self) -> None:
        while self.held:
            self.held.pop(0)()


def held(db: Database, clock: Clock, deadline: float = 30.0) -> tuple[Database, HeldThreads]:
    pool = HeldThreads()
    return Database(db.engine, pool, pool, clock, Tasks(), deadline), pool


def test_what_is_run_is_committed(things: Database) -> None:
    assert run_async(things.run(tables.add, "a")) == 1
    assert run_async(things.run(tables.names)) == ["a"]


def test_an_error_rolls_everything_back(things: Database) -> None:
    def add_then_fail(tx: Tx) -> None:
        tables.add(tx, "a")
        raise Refused("no", "no")

    with pytest.raises(Refused):
        run_async(things.run(add_then_fail))
    assert run_async(things.run(tables.names)) == []


def test_a_savepoint_undoes_only_its_inside(things: Database) -> None:
    def add_twice(tx: Tx) -> str:
        tables.add(tx, "a")
        try:
            with tx.savepoint():
                tables.add(tx, "b")
                tables.add(tx, "a")
        except IntegrityError:
            tables.add(tx, "c")
        return "went on"

    assert run_async(things.run(add_twice)) == "went on"
    assert run_async(things.run(tables.names)) == ["a", "c"]


def test_foreign_keys_hold(things: Database) -> None:
    with pytest.raises(IntegrityError):
        run_async(things.run(tables.add, "a", parent_id=77))


def test_after_commit_runs_in_order_after_commit_and_before_the_caller_goes_on(
    things: Database,
) -> None:
    seen: list[object] = []

    def work(tx: Tx) -> None:
        tables.add(tx, "a")
        tx.after_commit(lambda: seen.append(things.run_sync(tables.names)))
        tx.after_commit(lambda: seen.append("second"))
        seen.append("inside")

    async def go() -> None:
        await things.run(work)
        seen.append("caller")

    run_async(go())
    assert seen == ["inside", ["a"], "second", "caller"]


def test_after_commit_is_not_run_on_rollback(things: Database) -> None:
    seen: list[str] = []

    def work(tx: Tx) -> None:
        tx.after_commit(lambda: seen.append("ran"))
        raise Refused("no", "no")

    with pytest.raises(Refused):
        run_async(things.run(work))
    assert seen == []


def test_a_failing_after_commit_disturbs_neither_the_others_nor_the_caller(
    things: Database,
) -> None:
    seen: list[str] = []

    def work(tx: Tx) -> str:
        tx.after_commit(lambda: [][1])
        tx.after_commit(lambda: seen.append("second"))
        return "result"

    assert run_async(things.run(work)) == "result"
    assert seen == ["second"]


@frozen
class Holder:
    rows: Any


@pytest.mark.parametrize(
    "leak",
    [
        lambda tx: tx.one(select(thing_table)),
        lambda tx: tx.all(select(thing_table)),
        lambda tx: tx.execute(select(thing_table)),
        lambda tx: tx.one(select(thing_table))._mapping,
        lambda tx: {"deep": [(1, tx.one(select(thing_table)))]},
        lambda tx: Holder(tx.all(select(thing_table))),
        lambda tx: (row for row in tx.all(select(thing_table))),
        lambda tx: tx.connection,
        lambda tx: tx,
    ],
)
def test_a_row_that_leaks_out_is_an_error(things: Database, leak: Callable[[Tx], Any]) -> None:
    run_async(things.run(tables.add, "a"))
    with pytest.raises(TypeError, match="leaks"):
        run_async(things.run(leak))


def test_a_leak_writes_nothing(things: Database) -> None:
    with pytest.raises(TypeError, match="leaks"):
        run_async(
            things.run(
                lambda tx: tx.execute(insert(thing_table).values(name="a").returning(t.id)).one()
            )
        )
    assert run_async(things.run(tables.names)) == []


def test_a_tx_kept_too_long_says_so(things: Database) -> None:
    kept: list[Tx] = []
    run_async(things.run(kept.append))
    with pytest.raises(RuntimeError, match="ended"):
        kept[0].execute(select(thing_table))


def test_cancelling_the_caller_does_not_abandon_the_transaction(
    things: Database, db_clock: Clock
) -> None:
    database, pool = held(things, db_clock)
    seen: list[str] = []

    def work(tx: Tx) -> None:
        tables.add(tx, "a")
        tx.after_commit(lambda: seen.append("after"))

    caller = Deferred.fromCoroutine(database.run(work))
    caller.cancel()
    caught: list[Any] = []
    caller.addErrback(lambda failure: caught.append(failure.type))
    assert caught == [CancelledError]
    pool.release()
    assert things.run_sync(tables.names) == ["a"]
    assert seen == ["after"]


def test_close_waits_for_the_transactions_under_way(things: Database, db_clock: Clock) -> None:
    database, pool = held(things, db_clock)
    caller = Deferred.fromCoroutine(database.run(tables.add, "a"))
    caller.cancel()
    caller.addErrback(lambda _: None)
    closed = Deferred.fromCoroutine(database.close())
    assert not closed.called
    engine_disposed_too_early = not pool.held
    pool.release()
    assert closed.called
    assert not engine_disposed_too_early


def fail_times(number: int, error: Exception) -> Callable[[Tx], str]:
    """A store function that meets ``error`` so many times, after writing and promising."""
    left = [number]

    def work(tx: Tx) -> str:
        tables.add(tx, f"try{left[0]}")
        tx.after_commit(lambda tries=left[0]: calls.append(tries))  # type: ignore[misc]
        if left[0] > 0:
            left[0] -= 1
            raise error
        return "done"

    calls: list[int] = []
    work.calls = calls  # type: ignore[attr-defined]
    return work


def busy() -> sqlite3.OperationalError:
    error = sqlite3.OperationalError("database is locked")
    error.sqlite_errorcode = sqlite3.SQLITE_BUSY
    return error


def test_a_conflict_is_tried_again_and_leaves_one_trace(things: Database, db_clock: Clock) -> None:
    work = fail_times(3, busy())
    assert run_async(things.run(work), db_clock) == "done"
    assert things.run_sync(tables.names) == ["try0"]
    assert work.calls == [0]  # type: ignore[attr-defined]


def test_conflicts_end_with_unavailable_at_the_deadline(things: Database, db_clock: Clock) -> None:
    with pytest.raises(Unavailable) as caught:
        run_async(things.run(fail_times(10_000, busy())), db_clock)
    assert caught.value.code == "db.busy"
    assert 25 < db_clock.seconds() <= 30
    assert things.run_sync(tables.names) == []


def test_the_programs_own_errors_are_not_tried_again(things: Database) -> None:
    tries: list[int] = []

    def work(tx: Tx) -> None:
        tries.append(1)
        tables.add(tx, "a")
        tables.add(tx, "a")

    with pytest.raises(IntegrityError):
        run_async(things.run(work))
    assert tries == [1]


def test_a_run_that_never_got_a_thread_is_given_up_and_never_begins(
    things: Database, db_clock: Clock
) -> None:
    database, pool = held(things, db_clock, deadline=3.0)
    with pytest.raises(Unavailable) as caught:
        run_async(database.run(tables.add, "a"), db_clock)
    assert caught.value.code == "db.slow"
    assert db_clock.seconds() == 3.0
    pool.release()
    assert things.run_sync(tables.names) == []


def test_an_expired_attempt_does_not_commit(things: Database) -> None:
    def work(tx: Tx) -> None:
        tables.add(tx, "a")
        attempt.expire()

    attempt = Attempt(things.engine, nullcontext(), Work(work, None))
    with pytest.raises(Unavailable) as caught:
        attempt.make()
    assert caught.value.code == "db.slow"
    assert things.run_sync(tables.names) == []


@pytest.mark.parametrize("url", ["mysql://x/y", "no url at all", "oracle://"])
def test_unknown_databases_are_refused_by_name(url: str, db_clock: Clock) -> None:
    with pytest.raises(Invalid):
        open_database(url, clock=db_clock, tasks=Tasks())


def test_a_missing_folder_is_unavailable_with_the_reason(db_clock: Clock) -> None:
    database = open_database("sqlite:////nowhere/at/all.db", clock=db_clock, tasks=Tasks())
    with pytest.raises(Unavailable, match="unable to open"):
        run_async(database.run(tables.names), db_clock)
