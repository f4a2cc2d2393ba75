"""Patients: how long a search takes among 500,000 records, on SQLite and on PostgreSQL.

The mix is what agents type: names, pinyin, initials, tails of numbers, and conditions together, the
rare ones that must be found and the common ones that match tens of thousands.
"""

from __future__ import annotations

import random
import shutil
import sys
import tempfile
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from functools import partial
from itertools import islice
from pathlib import Path

from tests.bench.crowd import NOW, people
from tests.bench.runner import Goal, Row
from twisted.internet.task import Clock as FakeClock

from careline.clock import Clock
from careline.patients.criteria import Criteria
from careline.patients.fields import CustomField, FieldKind
from careline.patients.finding import search
from careline.patients.model import Patient
from careline.patients.store import add_patients, know_sizes, put_field
from careline.storage import Database, metadata, open_database
from careline.tasks import Tasks
from careline.testing.postgres import Cluster, find_bin

COUNT = 500_000
BATCH = 2_000
GOAL_MS = 200.0
SEARCHES = 400


def fill(db: Database, count: int) -> None:
    """Make the tables and store ``count`` patients."""
    db.run_sync(lambda tx: metadata.create_all(tx.connection))
    blood = CustomField(
        name="blood", title="血型", kind=FieldKind.CHOICE, choices=("A", "B", "AB", "O")
    )
    db.run_sync(put_field, blood)
    crowd = people(count)
    while some := list(islice(crowd, BATCH)):
        db.run_sync(partial(add_patients, checked=True), some, NOW)
    db.run_sync(know_sizes)


def asked(count: int) -> list[Criteria]:
    """What agents ask for, half of it about somebody who is there."""
    dice = random.Random(11)
    known = list(islice(people(count), 0, count, max(1, count // 500)))
    return [criteria for _ in range(SEARCHES) for criteria in [_one(dice, dice.choice(known))]]


def _one(dice: random.Random, one: Patient) -> Criteria:
    whole = _pinyin(one.name)
    initials = "".join(part[0] for part in whole)
    born = one.birth_date.year if one.birth_date else 1980
    phone = one.phones[0].number
    ways = [
        Criteria(text=one.name),
        Criteria(text=one.name[1:]),
        Criteria(text=one.name[-1]),
        Criteria(text=one.name[0]),
        Criteria(text="".join(whole)),
        Criteria(text=" ".join(whole)),
        Criteria(text=whole[0]),
        Criteria(text=initials),
        Criteria(text=initials[0]),
        Criteria(text=whole[0] + initials[1:]),
        Criteria(text=phone[-4:]),
        Criteria(text=phone[3:]),
        Criteria(text=one.id_card[-4:] or "0000"),
        Criteria(text=one.numbers[0].number),
        Criteria(text=f"{one.name[0]} {born}"),
        Criteria(text=f"{initials} {phone[-3:]}"),
        Criteria(text=f"{one.name[-1]} {one.name[0]}"),
        Criteria(name=one.name[0], born=str(born), sex=one.sex.value),
        Criteria(name=one.name[0], category="vip", sex="male"),
        Criteria(born=f"{born}-{born + 5}", sex="female", tag="糖尿病"),
        Criteria(text=initials, fields={"blood": "AB"}),
        Criteria(category="vip", fields={"blood": "A"}, born=str(born)),
        Criteria(name=one.name, phone=phone[-4:], sex=one.sex.value),
        Criteria(name="不存在的人"),
    ]
    return dice.choice(ways)


def _pinyin(name: str) -> list[str]:
    from careline.patients.pinyin import syllables

    return list(syllables(name))


def timed(db: Database, wanted: Iterable[Criteria]) -> list[tuple[float, Criteria]]:
    """Milliseconds of each search."""
    took = []
    for criteria in wanted:
        start = time.perf_counter()
        db.run_sync(search, criteria)
        took.append(((time.perf_counter() - start) * 1000, criteria))
    return took


def p95(times: Iterable[float]) -> float:
    """The time that 95 of 100 stay below."""
    ordered = sorted(times)
    return ordered[min(len(ordered) - 1, int(len(ordered) * 0.95))]


@contextmanager
def databases() -> Iterator[dict[str, Database]]:
    """Empty ones; PostgreSQL's only where it is installed."""
    with tempfile.TemporaryDirectory(prefix="bench-") as folder:
        Path(folder).chmod(0o755)
        urls = {"SQLite": f"sqlite:///{folder}/careline.db"}
        cluster = _cluster(Path(folder))
        if cluster is not None:
            urls["PostgreSQL"] = cluster.fresh()
        clock, tasks = Clock(FakeClock()), Tasks()
        opened = {name: open_database(url, clock=clock, tasks=tasks) for name, url in urls.items()}
        try:
            yield opened
        finally:
            for db in opened.values():
                db.engine.dispose()
            if cluster is not None:
                cluster.stop()
                shutil.rmtree(Path(folder) / "cluster", ignore_errors=True)


def _cluster(folder: Path) -> Cluster | None:
    programs = find_bin()
    if programs is None:
        return None
    cluster = Cluster(programs, folder / "cluster")
    cluster.create()
    cluster.start()
    return cluster


def rows(rounds: int, count: int = COUNT) -> Iterable[Row]:
    """The 95th percentile and the slowest on each database, and records stored a second."""
    wanted = asked(count)
    with databases() as opened:
        for name, db in opened.items():
            start = time.perf_counter()
            fill(db, count)
            rate = count / (time.perf_counter() - start)
            timed(db, wanted[:50])
            took = timed(db, wanted)
            times = [ms for ms, _ in took]
            slowest, criteria = max(took, key=lambda one: one[0])
            print(f"{name}: slowest {criteria.plain()}", file=sys.stderr)
            goal = Goal(at_most=GOAL_MS)
            yield Row(f"search of {count:,}, {name}: p95", p95(times), "ms", goal=goal)
            yield Row(f"search of {count:,}, {name}: slowest", slowest, "ms")
            yield Row(f"patients stored, {name}", rate, "records/s")
