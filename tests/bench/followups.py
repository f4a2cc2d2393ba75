"""A month of a large hospital's discharges: each is followed up, and figures come at once.

One event in ten is never told, one in seven twice, the core dies every 500 jobs, and for some time
nobody answers for the hospital's system.
"""

from __future__ import annotations

import time
from collections.abc import Iterable
from datetime import date, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.bench.runner import Goal, Row
from tests.plugins.followup.recount import recount
from tests.plugins.followup.site import NOW, House, Site
from twisted.internet.task import Clock as FakeClock

from careline.clinic import Stay
from careline.clock import Clock
from careline.storage import Database, metadata, open_database
from careline.tasks import Tasks
from careline_followup.figures.model import Coverage

MONTH = 10_000
LIFE = 500
"""Jobs until the core dies."""
FIRST, LAST = date(2026, 10, 1), date(2026, 12, 31)


def rows(rounds: int, count: int = MONTH) -> Iterable[Row]:
    """Discharges without tasks, tasks too many, and the times of both and of coverage."""
    with TemporaryDirectory(prefix="bench-") as folder:
        db = open_database(
            f"sqlite:///{Path(folder)}/month.db", clock=Clock(FakeClock()), tasks=Tasks()
        )
        db.run_sync(lambda tx: metadata.create_all(tx.connection))
        yield from _month(db, count, rounds)
        db.engine.dispose()


def _month(db: Database, count: int, rounds: int) -> Iterable[Row]:
    house = House()
    house.stays = {str(number): _stay(number, count) for number in range(1, count + 1)}
    site, start = _told(db, house, count), time.perf_counter()
    site = _lived(db, site)
    told_s = time.perf_counter() - start
    house.down = False
    site.night()
    [line] = _coverage(site, "")
    yield Row("discharges without tasks", count - line.covered, f"of {count:,}", goal=_none())
    yield Row("tasks lost or doubled", abs(line.tasks - 2 * count), "", goal=_none())
    yield Row("taking a discharge in", 1000 * told_s / count, "ms")
    site.fake.advance(timedelta(days=4).total_seconds())
    start = time.perf_counter()
    site.run(site.plugin.work.begin_due())
    begun = _coverage(site, "")[0].running
    yield Row("beginning a task", 1000 * (time.perf_counter() - start) / max(begun, 1), "ms")
    for by in ("", "ward"):
        times = []
        for _ in range(rounds):
            start = time.perf_counter()
            found = _coverage(site, by)
            times.append(1000 * (time.perf_counter() - start))
        name = f"coverage by {by or 'nothing'}, {count:,} cases: median"
        yield Row(name, sorted(times)[rounds // 2], "ms", goal=Goal(at_most=500))
        wrong = sum(one != other for one, other in zip(found, recount(site, by), strict=True))
        yield Row(f"coverage by {by or 'nothing'}: wrong lines", wrong, "", goal=_none())


def _told(db: Database, house: House, count: int) -> Site:
    site = Site(db, house)
    for number in range(1, count + 1):
        for _ in range((number % 10 > 0) + (number % 7 == 0)):
            site.tell(str(number))
    return site


def _lived(db: Database, site: Site) -> Site:
    """All jobs are done by one core after the other; the second finds no hospital's system."""
    life = 0
    while done := site.work(LIFE):
        life += 1
        at = site.fake.seconds() + (3600 if done < LIFE else 60)
        site = Site(db, site.house)
        site.fake.advance(at)
        site.house.down = life == 1
    return site


def _stay(number: int, count: int) -> Stay:
    left = NOW - timedelta(days=30) * number / count
    return Stay(
        id=str(number),
        campus="main",
        name=f"患者{number}",
        number=f"ZY{number}",
        phone=f"139{number:08}",
        department=f"科室{number % 25}",
        ward=f"{number % 40}病区",
        came=left - timedelta(days=6),
        left=left,
    )


def _coverage(site: Site, by: str) -> list[Coverage]:
    return site.run(site.s.figures.coverage(FIRST, LAST, by))


def _none() -> Goal:
    return Goal(at_most=0)
