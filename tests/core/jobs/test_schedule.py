"""Schedules: the same due times everywhere, each run once, none lost while nobody runs."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from attrs import define, evolve, field
from twisted.internet.task import Clock as FakeClock

from careline.clock import Clock
from careline.hooks import Schedule
from careline.jobs import Job, Outbox, Scheduler, store
from careline.jobs.schedule import next_due, run_of
from careline.storage import Database
from careline.tasks import Tasks
from careline.testing import run_async

SHANGHAI = ZoneInfo("Asia/Shanghai")
BERLIN = ZoneInfo("Europe/Berlin")
START = datetime(2026, 11, 22, 8, 0, 30, tzinfo=UTC)
EVERY = Schedule(name="sync", kind="his.sync", every=timedelta(minutes=5))
DAILY = Schedule(name="report", kind="his.report", at=time(3, 0))


def at(day: int, hour: int, minute: int = 0, month: int = 11) -> datetime:
    return datetime(2026, month, day, hour, minute, tzinfo=UTC)


@pytest.mark.parametrize(
    ("schedule", "after", "due"),
    [
        (EVERY, START, at(22, 8, 5)),
        (EVERY, at(22, 8, 5), at(22, 8, 10)),
        (EVERY, at(22, 8, 5) - timedelta(microseconds=1), at(22, 8, 5)),
        (DAILY, START, at(22, 19)),
        (DAILY, at(22, 19), at(23, 19)),
        (DAILY, at(22, 17), at(22, 19)),  # already the 23rd in Shanghai
    ],
)
def test_the_next_due_time(schedule: Schedule, after: datetime, due: datetime) -> None:
    assert next_due(schedule, after, SHANGHAI) == due


def test_a_daily_run_comes_once_a_day_when_clocks_change() -> None:
    schedule = evolve(DAILY, at=time(2, 30))  # not there on 29 March, twice on 25 October
    for month, day in ((3, 27), (10, 23)):
        due = at(day, 12, month=month)
        days = []
        for _ in range(4):
            due = next_due(schedule, due, BERLIN)
            days.append(due.astimezone(BERLIN).date().day)
        assert days == [day + n for n in range(1, 5)]


def test_a_schedule_without_a_time_is_the_callers_mistake() -> None:
    with pytest.raises(ValueError, match="has no time"):
        next_due(Schedule(name="never", kind="his.sync"), START, SHANGHAI)


@define
class Node:
    """One process: a scheduler with a clock of its own, ``ahead`` of the true time."""

    db: Database
    fake: FakeClock = field(factory=FakeClock)
    ahead: timedelta = timedelta()
    tasks: Tasks = field(factory=Tasks)
    scheduler: Scheduler = field(init=False)

    def __attrs_post_init__(self) -> None:
        clock = Clock(self.fake, self.now)
        outbox = Outbox(clock)
        self.scheduler = Scheduler(self.db, outbox, clock, self.tasks, lambda: SHANGHAI)

    def now(self) -> datetime:
        return START + self.ahead + timedelta(seconds=self.fake.seconds())


def pass_time(minutes: int, *nodes: Node) -> None:
    for _ in range(minutes * 4):
        for node in nodes:
            node.fake.advance(15)


def runs(db: Database) -> list[datetime]:
    return sorted(job.run_at for job in db.run_sync(store.listing))


def test_several_processes_put_each_run_once(db: Database) -> None:
    nodes = [Node(db), Node(db, ahead=timedelta(seconds=7)), Node(db, ahead=timedelta(seconds=-7))]
    for node in nodes:
        node.scheduler.add("his", [EVERY])
    pass_time(21, *nodes)
    for node in nodes:
        node.scheduler.drop("his")
    assert runs(db) == [at(22, 8, minute) for minute in (5, 10, 15, 20, 25)]
    keys = {job.dedupe_key for job in db.run_sync(store.listing)}
    assert "his.sync@2026-11-22T08:05:00+00:00" in keys


def test_the_next_run_waits_in_the_table_when_nobody_lives(db: Database) -> None:
    node = Node(db)
    node.scheduler.add("his", [EVERY, DAILY])
    node.scheduler.drop("his")
    assert runs(db) == [at(22, 8, 5), at(22, 19)]


def test_a_dropped_schedule_puts_no_more(db: Database) -> None:
    node = Node(db)
    node.scheduler.add("his", [EVERY])
    node.scheduler.add("sms", [EVERY])
    node.scheduler.drop("his")
    pass_time(11, node)
    node.scheduler.drop("sms")
    owners = [job.dedupe_key.partition(".")[0] for job in db.run_sync(store.listing)]  # type: ignore[union-attr]
    assert owners.count("his") == 1
    assert owners.count("sms") == 3
    run_async(node.tasks.stop())


def test_after_a_long_sleep_there_is_one_run_not_many(db: Database) -> None:
    node = Node(db)
    node.scheduler.add("his", [EVERY])
    node.ahead = timedelta(hours=5)  # the machine was suspended
    pass_time(2, node)
    node.scheduler.drop("his")
    assert runs(db) == [at(22, 8, 5), at(22, 13, 5)]


def test_a_wall_clock_that_is_set_back_repeats_nothing(db: Database) -> None:
    node = Node(db)
    node.scheduler.add("his", [EVERY])
    pass_time(6, node)
    node.ahead = timedelta(minutes=-5)
    pass_time(6, node)
    node.scheduler.drop("his")
    assert runs(db) == [at(22, 8, 5), at(22, 8, 10)]


def test_forgetting_takes_a_plugins_jobs_and_no_others(db: Database) -> None:
    for kind in ("his.sync", "his_x.sync", "his0x.sync", "hook.his.call_ended", "hook.hi.x"):
        db.run_sync(store.put, Job(kind), START)
    db.run_sync(store.put, run_of("his", evolve(EVERY, kind="his.sync"), START), START)
    assert db.run_sync(store.forget, ["his.", "hook.his."]) == 3
    db.run_sync(store.put, Job("his_x.other"), START)
    assert db.run_sync(store.forget, ["his_x."]) == 2
    left = {job.kind for job in db.run_sync(store.listing)}
    assert left == {"his0x.sync", "hook.hi.x"}
