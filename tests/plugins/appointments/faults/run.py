"""One run: processes that book and are killed, a terrible hospital, a database that restarts."""

from __future__ import annotations

import json
import random
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

from attrs import evolve, field, frozen
from sqlalchemy import select
from tests.plugins.appointments.faults.checker import Evidence, Held, Line, Problem, Told, check
from tests.plugins.appointments.faults.hospital import Books, Hospital, Manners
from tests.plugins.appointments.faults.worker import CAMPUS, Errand
from twisted.internet.task import Clock as FakeClock

from careline.campuses import store as campuses_store
from careline.campuses.model import Campus
from careline.clock import Clock, utc_now
from careline.jobs.store import job_table
from careline.patients import store as patients_store
from careline.patients.model import Patient
from careline.storage import Database, Tx, metadata, open_database
from careline.tasks import Tasks
from careline_appointments.store import booking_table

CHECKOUT = Path(__file__).parents[4]
LINE_BYTES = 90


@frozen(kw_only=True)
class Plan:
    """How much, by how many, and how often each thing goes wrong: after so many lines of history.

    So however slow the machine is, the processes get something done between two kills.
    """

    wishes: int = 400
    clients: int = 8
    processes: int = 2
    slots: int = 20
    patients: int = 40
    speed: float = 60.0
    kill_every: int = 120
    restart_every: int = 0
    seed: int = 1
    limit: float = 240.0
    bug: str = ""


@frozen(kw_only=True)
class Outcome:
    """What was found, and what went on: counts of lines, faults, kills and restarts."""

    problems: list[Problem]
    counts: dict[str, int] = field(factory=dict)
    seconds: float = 0.0


def run(plan: Plan, url: str, folder: Path, restart: Callable[[], None] | None = None) -> Outcome:
    """Run ``plan`` on an empty database; ``restart`` ends the database server and starts it."""
    began = time.monotonic()
    capacity = {f"s{number}": 1 + number % 3 for number in range(plan.slots)}
    _prepare(url, plan)
    hospital = Hospital(Books(capacity), Manners(second=1 / plan.speed), plan.seed)
    hospital.start()
    try:
        crowd = Crowd(plan, url, folder, hospital.port, restart)
        crowd.book()
        hospital.behave()
        crowd.finish()
    finally:
        hospital.stop()
    evidence = gather(url, folder, hospital.books)
    counts = Counter(line.told.value for line in evidence.lines)
    counts.update({f"his {name}": number for name, number in hospital.counts.items()})
    counts.update(wishes=crowd.tried(), kills=crowd.kills, restarts=crowd.restarts)
    return Outcome(problems=check(evidence), counts=dict(counts), seconds=time.monotonic() - began)


def _opened(url: str) -> Database:
    return open_database(url, clock=Clock(FakeClock()), tasks=Tasks())


def _prepare(url: str, plan: Plan) -> None:
    db = _opened(url)
    patients = [Patient(name=f"患者{number}") for number in range(plan.patients)]
    db.run_sync(lambda tx: metadata.create_all(tx.connection))
    db.run_sync(campuses_store.put_campus, Campus(id=CAMPUS, title="总院"))
    for patient in patients:
        db.run_sync(patients_store.add_patient, patient)
    db.engine.dispose()


class Crowd:
    """The processes; each that is killed or cut off is started again until all is done."""

    def __init__(
        self,
        plan: Plan,
        url: str,
        folder: Path,
        port: int,
        restart: Callable[[], None] | None,
    ) -> None:
        self.kills = self.restarts = 0
        self._plan = plan
        self._folder = folder
        self._restart = restart
        self._chance = random.Random(plan.seed)
        self._starts = 0
        self._errand = Errand(
            url=url,
            port=port,
            history=folder / "unused",
            clients=max(1, plan.clients // plan.processes),
            slots=plan.slots,
            patients=plan.patients,
            speed=plan.speed,
            began=utc_now().timestamp(),
            bug=plan.bug,
        )

    def tried(self) -> int:
        """How many bookings were wanted so far."""
        files = self._folder.glob("history-*")
        return sum(file.read_bytes().count(b'"told": "try"') for file in files)

    def _start(self, number: int) -> subprocess.Popen[bytes] | None:
        """Process ``number`` with what is left for it; None: nothing."""
        history = self._folder / f"history-{number}"
        done = history.read_bytes().count(b'"told": "try"') if history.exists() else 0
        left = self._plan.wishes // self._plan.processes - done
        if left <= 0:
            return None
        self._starts += 1
        seed = self._plan.seed * 1000 + self._starts
        return self._run(evolve(self._errand, history=history, wishes=left, seed=seed))

    def _run(self, errand: Errand) -> subprocess.Popen[bytes]:
        file = self._folder / f"errand-{self._starts}-{errand.finish}"
        errand.write(file)
        command = [sys.executable, "-m", "tests.plugins.appointments.faults.worker", str(file)]
        with (self._folder / "log").open("ab") as log:
            return subprocess.Popen(command, cwd=CHECKOUT, stdout=log, stderr=log)

    def book(self) -> None:
        """Until every process has done its share."""
        crowd = {number: self._start(number) for number in range(self._plan.processes)}
        ends = time.monotonic() + self._plan.limit
        kill, restart = self._next(self._plan.kill_every), self._next(self._plan.restart_every)
        try:
            while any(crowd.values()):
                assert time.monotonic() < ends, f"not done in {self._plan.limit} s"
                time.sleep(0.02)
                if self._lines() > kill:
                    self._kill(crowd)
                    kill = self._next(self._plan.kill_every)
                if self._restart is not None and self._lines() > restart:
                    self._restart()
                    self.restarts += 1
                    restart = self._next(self._plan.restart_every)
                for number, process in crowd.items():
                    if process is not None and process.poll() is not None:
                        crowd[number] = self._start(number)
        finally:
            for process in crowd.values():
                if process is not None:
                    process.kill()
                    process.wait()

    def _lines(self) -> float:
        """How much history there is, in lines; a guess that costs nothing."""
        return sum(file.stat().st_size for file in self._folder.glob("history-*")) / LINE_BYTES

    def _next(self, every: int) -> float:
        wait = every * self._chance.uniform(0.5, 1.5)
        return self._lines() + wait if every else float("inf")

    def _kill(self, crowd: dict[int, subprocess.Popen[bytes] | None]) -> None:
        alive = [process for process in crowd.values() if process and process.poll() is None]
        if alive:
            one = self._chance.choice(alive)
            one.send_signal(signal.SIGKILL)
            one.wait()
            self.kills += 1

    def finish(self) -> None:
        """A last process, into which nobody hits, settles what is left."""
        errand = evolve(self._errand, history=self._folder / "history-end", finish=True)
        process = self._run(errand)
        try:
            assert process.wait(self._plan.limit) == 0, (self._folder / "log").read_text()[-3000:]
        finally:
            process.kill()
            process.wait()


def gather(url: str, folder: Path, books: Books) -> Evidence:
    """All that is known at the end."""
    db = _opened(url)
    careline, booked, cancelled = db.run_sync(_read)
    db.engine.dispose()
    return Evidence(
        lines=tuple(_lines(folder)),
        careline=tuple(careline),
        hospital=tuple(
            Held(key, one.slot, one.patient, one.state) for key, one in books.visits.items()
        ),
        capacity=books.capacity,
        booked=booked,
        cancelled=cancelled,
    )


def _lines(folder: Path) -> Iterator[Line]:
    for file in sorted(folder.glob("history-*")):
        for text in file.read_text().splitlines():
            told = json.loads(text)
            if told["told"] != "try":
                yield Line(Told(told["told"]), told["key"], told["slot"], told["patient"])


def _read(tx: Tx) -> tuple[list[Held], dict[str, int], dict[str, int]]:
    c = booking_table.c
    rows = tx.all(select(c.id, c.key, c.slot, c.patient, c.state))
    keys = {row.id: row.key for row in rows}
    held = [Held(row.key, row.slot, row.patient, row.state.value) for row in rows]
    return held, _told(tx, keys, "booked"), _told(tx, keys, "cancelled")


def _told(tx: Tx, keys: dict[int, str], what: str) -> dict[str, int]:
    kind = f"hook.listener.appointment_{what}"
    ids = [
        args["booking_id"]
        for args in tx.scalars(select(job_table.c.args).where(job_table.c.kind == kind))
    ]
    return dict(Counter(keys[one] for one in ids))
