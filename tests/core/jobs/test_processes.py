"""Several processes on one job table: nothing twice, and nothing lost when one is killed."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest
from twisted.internet.task import Clock as FakeClock

from careline.clock import Clock
from careline.jobs import Job, JobState, store
from careline.storage import Database, Tx, open_database
from careline.tasks import Tasks

PROGRAM = Path(__file__).with_name("worker_process.py")
JOBS = int(os.environ.get("CARELINE_TEST_JOBS", "400"))


class Crew:
    """Worker processes on one database, and the journal they write."""

    def __init__(self, url: str, folder: Path) -> None:
        self.url = url
        self.journal = folder / "journal"
        self.journal.touch()
        self.processes: list[subprocess.Popen[bytes]] = []
        self.db: Database = open_database(url, clock=Clock(FakeClock()), tasks=Tasks())
        self.db.run_sync(lambda tx: store.job_table.create(tx.connection))

    def put(self, number: int, **args: object) -> None:
        def put_all(tx: Tx) -> None:
            for _ in range(number):
                store.put(tx, Job("note", args))

        self.db.run_sync(put_all)

    def start(self, lease: float = 30.0) -> subprocess.Popen[bytes]:
        env = {**os.environ, "PYTHONPATH": os.pathsep.join(p for p in sys.path if p)}
        process = subprocess.Popen(
            [sys.executable, PROGRAM, self.url, self.journal, str(lease)], env=env
        )
        self.processes.append(process)
        return process

    def lines(self, word: str) -> Counter[str]:
        lines = self.journal.read_text().splitlines()
        return Counter(line for line in lines if line.startswith(word))

    def wait_for(self, word: str, number: int) -> None:
        ends = time.monotonic() + 120
        while sum(self.lines(word).values()) < number:
            assert time.monotonic() < ends, self.journal.read_text()
            assert all(process.poll() in (None, 0, -9) for process in self.processes)
            time.sleep(0.01)

    def end(self) -> None:
        for process in self.processes:
            if process.poll() is None:
                process.kill()
            process.wait(60)
        self.db.engine.dispose()


@pytest.fixture
def crew(db_url: str, tmp_path: Path) -> Iterator[Crew]:
    made = Crew(db_url, tmp_path)
    yield made
    made.end()


def test_two_processes_do_every_job_once(crew: Crew) -> None:
    crew.put(JOBS)
    workers = [crew.start(), crew.start()]
    assert [worker.wait(120) for worker in workers] == [0, 0]
    done = crew.lines("did")
    assert len(done) == JOBS
    assert set(done.values()) == {1}
    assert crew.db.run_sync(store.counts)[JobState.DONE] == JOBS


def test_the_jobs_of_a_killed_process_are_done_by_another(crew: Crew) -> None:
    hang = Path(f"{crew.journal}.hang")
    hang.touch()
    crew.put(5, hang=True)
    victim = crew.start(lease=1.0)
    crew.wait_for("began", 5)
    victim.kill()
    victim.wait(60)
    hang.unlink()
    assert crew.lines("did") == {}
    heir = crew.start(lease=1.0)
    assert heir.wait(120) == 0
    assert sum(crew.lines("did").values()) == len(crew.lines("did")) == 5
    records = crew.db.run_sync(store.listing)
    assert {(record.state, record.tries) for record in records} == {(JobState.DONE, 2)}


def test_a_process_that_lives_keeps_its_jobs_beyond_the_lease(crew: Crew) -> None:
    hang = Path(f"{crew.journal}.hang")
    hang.touch()
    crew.put(3, hang=True)
    first = crew.start(lease=2.0)
    crew.wait_for("began", 3)
    second = crew.start(lease=2.0)
    time.sleep(4.5)  # more than two leases: what is tested is that nothing happens meanwhile
    hang.unlink()
    assert [first.wait(120), second.wait(120)] == [0, 0]
    assert set(crew.lines("began").values()) == {1}
