"""Calls: facts taken into records, and stored, in a second.

The facts are those of the recorded queue call, of 60 calls at a time. "One by one" waits for each
to be stored before the next comes, as at low load; else the database gets as many as have come.
The rate against which they stand is that of 2 such calls a second.
"""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path
from statistics import median
from typing import Any, cast

from attrs import define, evolve, field
from tests.bench.runner import Goal, Row, seconds

from careline.calls import facts as f
from careline.calls import from_ami
from careline.calls.service import Calls
from careline.calls.writer import CallWriter
from careline.storage import Database, metadata, open_database
from careline.tasks import Tasks
from careline.telephony.ami import Decoder
from careline.testing.postgres import Cluster, find_bin
from careline.testing.runner import Spinner

RECORDED = Path(__file__).parents[1] / "core/calls/data/queue_call.ami"
AT_A_TIME = 60
STORED_CALLS = 60
ONE_BY_ONE = 10
CALLS_A_SECOND = 2

Told = tuple[str, f.Fact]


def recorded() -> list[Told]:
    """The facts of the recorded call, each with its linkedid."""
    messages = Decoder(None).feed(RECORDED.read_bytes())
    return [(from_ami.linked(m), fact) for m in messages for fact in from_ami.facts_of(m)]


def crowd(call: list[Told], calls: int, serial: Iterator[int]) -> list[Told]:
    """So many calls like ``call`` under new ids, 60 of them going on at a time, fact by fact."""
    found: list[Told] = []
    for first in range(0, calls, AT_A_TIME):
        group = [_again(call, next(serial)) for _ in range(min(AT_A_TIME, calls - first))]
        found += [one for step in zip(*group, strict=True) for one in step]
    return found


def _again(call: list[Told], serial: int) -> list[Told]:
    return [
        (f"{linked}{serial:06}", evolve(fact, channel=f"{fact.channel}{serial:06}"))
        for linked, fact in call
    ]


class Unwritten:
    """Stands for the writer where storing is not measured; finished calls are forgotten."""

    calls: Calls

    def put(self, call: Any, fact: f.Fact) -> None:
        if call.ended:
            self.calls.forget(call.id)


def fold(told: list[Told]) -> None:
    """Take the facts in; nothing is stored."""
    writer = Unwritten()
    calls = writer.calls = Calls(cast("CallWriter", writer))
    for linked, fact in told:
        calls.fact(linked, fact)
    if calls.open:
        raise AssertionError(f"{len(calls.open)} calls did not end")


@define
class Store:
    """Calls with their writer on a database of its own, and the reactor that serves both."""

    spin: Spinner
    db: Database
    ended: int = 0
    calls: Calls = field(init=False)
    writer: CallWriter = field(init=False)

    def __attrs_post_init__(self) -> None:
        self.writer = CallWriter(self.db, self.spin.clock, Tasks(), self._ended, self._forget)
        self.calls = Calls(self.writer)

    def _ended(self, tx: object, call: object) -> None:
        self.ended += 1

    def _forget(self, call_id: str) -> None:
        self.calls.forget(call_id)

    def take(self, told: list[Told], *, one_by_one: bool) -> None:
        """Take the facts in and wait until they are stored."""
        self.spin(self._take(told, one_by_one), timeout=60)

    async def _take(self, told: list[Told], one_by_one: bool) -> None:
        for linked, fact in told:
            self.calls.fact(linked, fact)
            if one_by_one:
                await self.writer.written()
        await self.writer.written()


@contextmanager
def store(url: str) -> Iterator[Store]:
    """A store on the empty database of ``url``."""
    spin = Spinner()
    tasks = Tasks()
    db = open_database(url, clock=spin.clock, tasks=tasks, reactor=spin.reactor)
    db.run_sync(lambda tx: metadata.create_all(tx.connection))
    try:
        yield Store(spin, db)
    finally:
        spin(db.close())
        spin.close()


@contextmanager
def databases() -> Iterator[dict[str, str]]:
    """URLs of empty databases by kind; PostgreSQL is left out where it is not installed."""
    with tempfile.TemporaryDirectory(prefix="bench-") as folder:
        base = Path(folder)
        base.chmod(0o755)  # PostgreSQL runs as another user, who must pass through
        found = {"SQLite": f"sqlite:///{base}/careline.db"}
        programs = find_bin()
        if programs is None:
            yield found
            return
        cluster = Cluster(programs, base / "cluster")
        try:
            cluster.create()
            cluster.start()
            yield {**found, "PostgreSQL": cluster.fresh()}
        finally:
            cluster.stop()
            shutil.rmtree(base / "cluster", ignore_errors=True)


def rows(rounds: int) -> Iterable[Row]:
    """Folding alone, then with storing on each database."""
    call, serial = recorded(), count(1)
    need = float(CALLS_A_SECOND * len(call))

    def row(name: str, calls: int, work: Callable[[list[Told]], object]) -> Row:
        work(crowd(call, min(calls, 5), serial))
        rates = []
        for _ in range(rounds):
            told = crowd(call, calls, serial)
            rates.append(len(told) / seconds(lambda told=told: work(told)))  # type: ignore[misc]  # bound here
        rate = median(rates)
        return Row(name, rate, "facts/s", "2 calls a second", need, rate / need, Goal())

    yield row("calls: fold", STORED_CALLS * 10, fold)
    with databases() as urls:
        for kind, url in urls.items():
            with store(url) as one:
                yield row(
                    f"calls: fold and store, {kind}",
                    STORED_CALLS,
                    lambda told, one=one: one.take(told, one_by_one=False),  # type: ignore[misc]  # bound here
                )
                yield row(
                    f"calls: fold and store one by one, {kind}",
                    ONE_BY_ONE,
                    lambda told, one=one: one.take(told, one_by_one=True),  # type: ignore[misc]  # bound here
                )
