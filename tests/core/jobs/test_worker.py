"""Worker: does what is due, survives what fails, stops without losing."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import pytest
from attrs import evolve
from twisted.internet.defer import Deferred, succeed
from twisted.internet.task import Clock as FakeClock

from careline.clock import Clock
from careline.errors import Invalid, Refused, Unavailable
from careline.jobs import Job, JobRecord, JobState, Outbox, RetryPolicy, Work, Worker, store
from careline.storage import Database, Tx
from careline.tasks import Tasks
from careline.testing import run_async


class Wall:
    """A wall clock that moves with the fake reactor's."""

    def __init__(self, fake: FakeClock, start: Any) -> None:
        self.fake, self.start = fake, start

    def __call__(self) -> Any:
        from datetime import timedelta

        return self.start + timedelta(seconds=self.fake.seconds())


class Bench:
    """A worker, its outbox, and what its handlers saw."""

    def __init__(self, db: Database, clock: Clock) -> None:
        self.fake = clock.reactor
        self.clock = evolve(clock, wall=Wall(self.fake, clock.now()))
        self.db = db
        self.tasks = Tasks()
        self.outbox = Outbox(self.clock)
        self.seen: list[Any] = []
        self.worker = Worker(db, self.clock, self.tasks, {"note": self.note})
        self.outbox.listen(self.worker.poke)

    async def note(self, args: Mapping[str, Any], job: JobRecord) -> None:
        self.seen.append(args.get("n"))

    def put(self, kind: str = "note", **args: Any) -> int:
        return self.db.run_sync(self.outbox.put, Job(kind, args))

    def state(self, job_id: int) -> JobState:
        return self.db.run_sync(store.get, job_id).state

    def advance(self, seconds: float, step: float = 1.0) -> None:
        for _ in range(int(seconds / step)):
            self.fake.advance(step)

    def stop(self) -> None:
        run_async(self.worker.stop(grace=1.0), self.fake)


@pytest.fixture
def bench(db: Database, db_clock: Clock) -> Iterator[Bench]:
    made = Bench(db, db_clock)
    yield made
    made.stop()


def test_a_put_job_is_done_at_once(bench: Bench) -> None:
    bench.worker.start()
    job_id = bench.put(n=1)
    assert bench.seen == [1]
    assert bench.state(job_id) is JobState.DONE


def test_jobs_put_before_the_start_are_done(bench: Bench) -> None:
    for n in range(35):
        bench.put(n=n)
    bench.worker.start()
    assert bench.seen == list(range(35))


def test_a_job_of_another_process_is_found_without_a_poke(bench: Bench) -> None:
    bench.worker.start()
    bench.db.run_sync(store.put, Job("note", {"n": 1}), bench.clock.now())
    assert bench.seen == []
    bench.advance(5)
    assert bench.seen == [1]


def test_a_later_job_is_done_at_its_time(bench: Bench) -> None:
    from datetime import timedelta

    bench.worker.start()
    at = bench.clock.now() + timedelta(seconds=3600)
    bench.db.run_sync(bench.outbox.put, Job("note", {"n": 1}, run_at=at))
    bench.advance(3599, 1)
    assert bench.seen == []
    bench.advance(2)
    assert bench.seen == [1]


def test_nothing_is_poked_when_the_transaction_fails(bench: Bench) -> None:
    bench.worker.start()

    def put_then_fail(tx: Tx) -> None:
        bench.outbox.put(tx, Job("note"))
        raise Refused("no", "no")

    with pytest.raises(Refused):
        bench.db.run_sync(put_then_fail)
    bench.advance(10)
    assert bench.seen == []


def test_no_more_than_the_limit_run_side_by_side(bench: Bench) -> None:
    waiting: list[Deferred[None]] = []

    async def wait(args: Mapping[str, Any], job: JobRecord) -> None:
        waiting.append(Deferred())
        await waiting[-1]

    bench.worker.handle("wait", Work(wait, timeout=1000))
    for _ in range(25):
        bench.put("wait")
    bench.worker.start()
    assert len(waiting) == 10
    for number in range(25):
        waiting[number].callback(None)
        assert len(bench.worker.running) <= 10
    assert len(waiting) == 25
    assert bench.db.run_sync(store.counts)[JobState.DONE] == 25


def fails(error: Exception, times: int) -> tuple[Any, list[int]]:
    tries: list[int] = []

    async def fail(args: Mapping[str, Any], job: JobRecord) -> None:
        tries.append(job.tries)
        if len(tries) <= times:
            raise error

    return fail, tries


def test_a_failed_job_is_tried_again_until_it_is_done(bench: Bench) -> None:
    fail, tries = fails(OSError("gateway"), 3)
    bench.worker.handle("fail", fail)
    bench.worker.start()
    job_id = bench.put("fail")
    bench.advance(60)
    assert tries == [1, 2, 3, 4]
    assert bench.state(job_id) is JobState.DONE


def test_after_the_last_try_it_is_parked_with_its_error(bench: Bench) -> None:
    fail, tries = fails(OSError("gateway"), 99)
    bench.worker.handle("fail", Work(fail, retry=RetryPolicy(max_tries=3)))
    bench.worker.start()
    job_id = bench.put("fail")
    bench.advance(60)
    assert tries == [1, 2, 3]
    assert bench.state(job_id) is JobState.PARKED
    assert bench.db.run_sync(store.get, job_id).error == "OSError: gateway"


def test_a_lasting_error_parks_at_once_and_the_others_go_on(bench: Bench) -> None:
    fail, tries = fails(Invalid("x", "bad number"), 99)
    bench.worker.handle("fail", fail)
    bench.worker.start()
    job_id = bench.put("fail")
    bench.put(n=2)
    bench.advance(60)
    assert tries == [1]
    assert bench.seen == [2]
    assert bench.state(job_id) is JobState.PARKED


def test_a_job_that_hangs_is_cut_off_by_its_own_time_out(bench: Bench) -> None:
    cancelled: list[int] = []

    async def hang(args: Mapping[str, Any], job: JobRecord) -> None:
        await Deferred(lambda _: cancelled.append(job.tries))

    bench.worker.handle("hang", Work(hang, timeout=5.0, retry=RetryPolicy(max_tries=1)))
    bench.worker.start()
    job_id = bench.put("hang")
    bench.advance(4)
    assert cancelled == []
    bench.advance(2)
    assert cancelled == [1]
    assert bench.state(job_id) is JobState.PARKED
    assert "not done in 5 s" in str(bench.db.run_sync(store.get, job_id).error)


def test_a_long_job_keeps_its_lease(bench: Bench) -> None:
    async def long(args: Mapping[str, Any], job: JobRecord) -> None:
        await bench.clock.sleep(300)
        bench.seen.append("long")

    bench.worker.handle("long", Work(long, timeout=1000))
    other = Worker(bench.db, bench.clock, bench.tasks, {"long": bench.note})
    bench.worker.start()
    job_id = bench.put("long")
    other.start()
    bench.advance(310)
    assert bench.seen == ["long"]
    assert bench.state(job_id) is JobState.DONE
    run_async(other.stop(1.0), bench.fake)


def test_a_job_that_killed_its_process_each_time_is_parked(bench: Bench) -> None:
    from datetime import timedelta

    job_id = bench.put(n=1)
    bench.worker.handle("note", Work(bench.note, retry=RetryPolicy(max_tries=2)))
    for _ in range(2):
        now = bench.clock.now() - timedelta(seconds=60)
        claimed = bench.db.run_sync(
            store.claim, "dead", ["note"], 1, bench.clock.now(), now - bench.clock.now()
        )
        assert len(claimed.jobs) == 1
    bench.worker.start()
    assert bench.seen == []
    assert bench.state(job_id) is JobState.PARKED


def test_stop_waits_for_what_runs_and_begins_nothing_new(bench: Bench) -> None:
    gate: Deferred[None] = Deferred()

    async def wait(args: Mapping[str, Any], job: JobRecord) -> None:
        await gate

    bench.worker.handle("wait", wait)
    bench.worker.start()
    job_id = bench.put("wait")
    stopped = Deferred.fromCoroutine(bench.worker.stop(grace=5.0))
    later = bench.put(n=1)
    bench.fake.advance(1)
    assert not stopped.called
    gate.callback(None)
    bench.fake.advance(0.1)
    assert stopped.called
    assert bench.state(job_id) is JobState.DONE
    assert bench.state(later) is JobState.WAITING
    assert bench.seen == []


def test_stop_hands_back_what_does_not_end_and_holds_it_against_nobody(bench: Bench) -> None:
    async def hang(args: Mapping[str, Any], job: JobRecord) -> None:
        await Deferred()

    bench.worker.handle("hang", hang)
    bench.worker.start()
    job_id = bench.put("hang")
    bench.stop()
    job = bench.db.run_sync(store.get, job_id)
    assert (job.state, job.tries, job.owner) == (JobState.WAITING, 0, None)


def test_a_dropped_kind_waits_until_somebody_handles_it(bench: Bench) -> None:
    bench.worker.start()
    bench.worker.drop(["note"])
    job_id = bench.put(n=1)
    bench.advance(20)
    assert bench.state(job_id) is JobState.WAITING
    bench.worker.handle("note", bench.note)
    assert bench.state(job_id) is JobState.DONE


class Flaky:
    """A Database that is away while ``down``."""

    def __init__(self, db: Database) -> None:
        self.db, self.down = db, False

    async def run(self, fn: Any, *args: Any) -> Any:
        if self.down:
            raise Unavailable("db.away", "away")
        return await self.db.run(fn, *args)


def test_a_database_away_loses_no_outcome(bench: Bench) -> None:
    flaky = Flaky(bench.db)
    gate: Deferred[None] = Deferred()

    async def wait(args: Mapping[str, Any], job: JobRecord) -> None:
        bench.seen.append("ran")
        await gate

    bench.worker = Worker(flaky, bench.clock, bench.tasks, {"wait": wait})  # type: ignore[arg-type]
    job_id = bench.put("wait")
    bench.worker.start()
    flaky.down = True
    gate.callback(None)
    bench.advance(20)
    assert bench.state(job_id) is JobState.RUNNING
    flaky.down = False
    bench.advance(5)
    assert bench.state(job_id) is JobState.DONE
    assert bench.seen == ["ran"]


def test_stop_ends_even_with_the_database_away(bench: Bench) -> None:
    flaky = Flaky(bench.db)
    bench.worker = Worker(flaky, bench.clock, bench.tasks, {"note": bench.note})  # type: ignore[arg-type]
    bench.worker.start()
    flaky.down = True
    bench.stop()
    assert succeed(None).called


def test_an_own_lease_that_ran_out_does_not_run_the_job_twice(bench: Bench) -> None:
    flaky = Flaky(bench.db)
    gate: Deferred[None] = Deferred()

    async def wait(args: Mapping[str, Any], job: JobRecord) -> None:
        bench.seen.append("ran")
        await gate

    work = Work(wait, timeout=1000)
    bench.worker = Worker(flaky, bench.clock, bench.tasks, {"wait": work})  # type: ignore[arg-type]
    job_id = bench.put("wait")
    bench.worker.start()
    flaky.down = True
    bench.advance(45)
    flaky.down = False
    bench.advance(10)
    gate.callback(None)
    bench.advance(10)
    assert bench.seen == ["ran"]
    assert bench.state(job_id) is JobState.DONE
