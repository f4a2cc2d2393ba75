"""Hospital systems: what a desk waits for while one of three takes 30 s, and bookings a second.

Twenty desks read the week of a department over three campuses, again and again, as the booking
panel does. From the start on one campus's system takes 30 s for every question. The embedded system
is booked by four threads until nothing is free.
"""

from __future__ import annotations

import random
import tempfile
import time
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime, timedelta
from datetime import time as clock_time
from functools import partial
from pathlib import Path
from typing import Any

from tests.bench.load.latency import percentile
from tests.bench.patients import databases
from tests.bench.runner import Goal, Row
from tests.support.both_plugins import WEST, Both
from twisted.internet.defer import Deferred, gatherResults

from careline.clinic import Department, HalfDay, Order, Person, Schedule, Verdict
from careline.clock import Clock
from careline.setup.demo import CAMPUS, EAST
from careline.storage import Database, Tx, metadata, open_database
from careline.tasks import Tasks
from careline.testing.runner import Spinner
from careline_his_webservice.adapters.embedded import visits
from careline_his_webservice.adapters.embedded.plan import Planned, put_plan, roll
from careline_his_webservice.adapters.embedded.store import add_departments

DESKS = 20
SECONDS = 60.0
THINKING_S = 2.0
SLOW_S = 30.0
GOAL_MS = 1000.0
THREADS = 4
DAY = date(2026, 11, 23)
NOW = datetime(2026, 11, 22, 2, tzinfo=UTC)
START = clock_time(8)
PLACES = 2000


def rows(rounds: int) -> Iterable[Row]:
    """The desks' waiting, then bookings on each database."""
    spinner = Spinner()
    with tempfile.TemporaryDirectory(prefix="bench-") as folder:
        took, answered = spinner(_desks(spinner.reactor, Path(folder)), timeout=SECONDS + 60)
    spinner.close()
    goal = Goal(at_most=GOAL_MS)
    name = f"week over 3 campuses, one takes {SLOW_S:.0f} s"
    yield Row(f"{name}: p95", percentile(took, 95), "ms", goal=goal)
    late = 100 * sum(one > GOAL_MS for one in took) / len(took)
    yield Row(f"{name}: slower than 1 s", late, "%")
    yield Row(f"{name}: slowest", max(took), "ms")
    yield Row(f"{name}: weeks read", len(took), f"by {DESKS} desks")
    yield Row(f"{name}: without a figure of the others", len(took) - answered, "weeks")
    with databases() as opened:
        for kind, db in opened.items():
            yield Row(f"embedded bookings, {kind}", _bookings(db), "bookings/s")


class Slow:
    """A system that answers every question about schedules after 30 s."""

    def __init__(self, his: Any, clock: Clock) -> None:
        self._his, self._clock = his, clock

    def __getattr__(self, name: str) -> Any:
        return getattr(self._his, name)

    async def schedule(self, first: date, last: date, department: str) -> Schedule:
        """The same, late."""
        await self._clock.sleep(SLOW_S)
        schedule: Schedule = await self._his.schedule(first, last, department)
        return schedule


async def _desks(reactor: Any, folder: Path) -> tuple[list[float], int]:
    """Milliseconds of each week read, and how many had the figures of the other two campuses."""
    clock = Clock(reactor)
    url = f"sqlite:///{folder}/careline.db"
    db = open_database(url, clock=clock, tasks=Tasks(), reactor=reactor)
    both = Both(db, clock, folder, campuses=(CAMPUS, EAST, WEST))
    await both.open(clock.now().date())
    west = both.his.campuses.by_name["west"]
    west.his = Slow(west.his, clock)
    took: list[float] = []
    whole: list[bool] = []
    end = clock.seconds() + SECONDS
    dice = random.Random(3)
    desks = [_desk(both, random.Random(dice.random()), end, took, whole) for _ in range(DESKS)]
    await gatherResults([Deferred.fromCoroutine(one) for one in desks])
    await both.close()
    await db.close()
    return took, sum(whole)


async def _desk(
    both: Both, dice: random.Random, end: float, took: list[float], whole: list[bool]
) -> None:
    clock, services = both.clock, both.services
    first = clock.now().date()
    assert len(services.directory.department_codes("内科")) == 3
    names = [one.name for one in services.directory.departments("east")]
    await clock.sleep(dice.random() * THINKING_S)
    while clock.seconds() < end:
        began = time.perf_counter()
        weeks = await services.schedules.days(first, 7, department=dice.choice(names))
        took.append((time.perf_counter() - began) * 1000)
        whole.append({one.campus for one in weeks if one.available} >= {"main", "east"})
        await clock.sleep(dice.random() * 2 * THINKING_S)


def _bookings(db: Database) -> float:
    """Bookings a second, over when every place is taken."""
    db.run_sync(_put_clinics)
    orders = [_order(number) for number in range(PLACES)]
    start = time.perf_counter()
    with ThreadPoolExecutor(THREADS) as pool:
        verdicts = list(pool.map(partial(_book, db), orders))
    took = time.perf_counter() - start
    assert set(verdicts) == {Verdict.BOOKED}
    return PLACES / took


def _book(db: Database, order: Order) -> Verdict:
    return db.run_sync(visits.book, order, DAY, NOW).verdict


def _put_clinics(tx: Tx) -> None:
    """Ten general clinics of ten slots, twenty places each."""
    metadata.create_all(tx.connection)
    codes = [str(number) for number in range(10)]
    add_departments(tx, [Department(campus="main", code=one, name=one) for one in codes])
    plan = [
        Planned(
            department=one,
            weekday=DAY.isoweekday(),
            half=HalfDay.MORNING,
            start=START,
            minutes=15,
            slots=10,
            capacity=20,
        )
        for one in codes
    ]
    put_plan(tx, "main", plan)
    roll(tx, "main", DAY, 1)


def _order(number: int) -> Order:
    start = datetime.combine(DAY, START) + timedelta(minutes=15 * (number // 10 % 10))
    clinic = f"{number % 10}-{DAY:%Y%m%d}-m"
    return Order(
        key=f"bench-{number}",
        campus="main",
        department=str(number % 10),
        doctor="",
        clinic=clinic,
        slot=f"{clinic}-{start:%H%M}",
        day=DAY,
        start=start.time(),
        person=Person(id=number, name=f"患者{number}", phone=f"+86138{number:08}"),
    )
