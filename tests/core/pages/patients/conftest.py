"""A house with the pages of patients upon a real database, and one call that rings."""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, TypeVar, cast

import pytest
from attrs import define, field
from tests.support.databases import put_tables
from twisted.internet.defer import Deferred, maybeDeferred
from twisted.internet.task import Clock as FakeClock

from careline.auth.model import Subject
from careline.calls import facts as f
from careline.calls import store as calls_store
from careline.calls.fold import apply
from careline.calls.model import CallRecord, Direction
from careline.calls.store import StoredCall
from careline.campuses.model import Campus
from careline.campuses.store import put_campus
from careline.clock import Clock
from careline.errors import NotFound
from careline.jobs import Job, Outbox
from careline.jobs import store as jobs_store
from careline.numbers import Places
from careline.pages.patients.desk import PatientDesk
from careline.pages.patients.hooks import PatientPages
from careline.patients.linking import Linking
from careline.patients.moving import Moving
from careline.patients.service import Patients
from careline.storage import Database, open_database
from careline.tasks import Tasks
from careline.testing import run_async
from careline.testing.web import Browser, Seen, WebHouse

T = TypeVar("T")
ALL = ("patients.view", "patients.edit", "patients.reveal", "patients.import", "patients.export",
       "patients.merge", "patients.erase", "settings.edit", "calls.dial")  # fmt: skip
AGENT = ("patients.view", "patients.edit")
NOW = datetime(2026, 11, 22, 8, 0, tzinfo=UTC)
NUMBER = "+8613811112222"
CAMPUSES = {"main": Campus(id="main", title="总院", title_en="Main", area_code="010")}


def at_once(call: Callable[..., Any], *args: Any) -> Deferred[Any]:
    return maybeDeferred(call, *args)


@define
class Line:
    """The one call there is, with what was noted in it."""

    call: CallRecord
    noted: list[f.Fact] = field(factory=list)

    def get(self, call_id: str) -> CallRecord | None:
        return self.call if call_id == self.call.id else None

    def note(self, call_id: str, fact: f.Fact) -> None:
        self.noted.append(fact)
        self.call = apply(self.call, fact)


@define
class Ward:
    """Everything that a test of these pages touches."""

    house: WebHouse
    db: Database
    patients: Patients
    moving: Moving
    line: Line
    outbox: Outbox

    def do(self, work: Coroutine[Any, Any, T]) -> T:
        return run_async(work, self.house.clock)

    def browser(self, *permissions: str) -> Seeing:
        return Seeing(self, self.house.browser(permissions=permissions or ALL))

    def work(self) -> None:
        """Do all jobs that were put."""
        handlers = self.moving.jobs()
        while jobs := self.db.run_sync(
            jobs_store.claim, "test", list(handlers), 10, NOW, timedelta(minutes=1)
        ).jobs:
            for job in jobs:
                self.do(cast("Any", handlers[job.kind].do(job.args, job)))
                self.db.run_sync(jobs_store.finish, job, NOW)


@define
class Seeing:
    """A browser whose answers are waited for."""

    ward: Ward
    browser: Browser

    def get(self, path: str, status: int = 200) -> Seen:
        seen = self.ward.do(self.browser.get(path))
        assert seen.status == status, seen.text
        return seen

    def post(self, path: str, form: Any = None, status: int = 303, files: Any = None) -> Seen:
        seen = self.ward.do(self.browser.post(path, form, files))
        assert seen.status == status, seen.text
        return seen


async def nothing_stored(call_id: str) -> StoredCall:
    """No call is over yet."""
    raise NotFound("call.unknown", "there is no call {call}", call=call_id)


@pytest.fixture
def ward(tmp_path: Path) -> Iterator[Ward]:
    clock, tasks = Clock(FakeClock(), lambda: NOW), Tasks()
    db = open_database("sqlite://", clock=clock, tasks=tasks)
    put_tables(db)
    for campus in CAMPUSES.values():
        db.run_sync(put_campus, campus)
    started = CallRecord(
        id="hq-1.1", direction=Direction.INBOUND, started=NOW, number=NUMBER, agents=("8001",)
    )
    line = Line(started)
    db.run_sync(calls_store.save, started, [], NOW)
    house = WebHouse(permissions=ALL, clock=clock)
    outbox = Outbox(clock)
    house.hub._outbox = lambda tx, kind, args: outbox.put(tx, Job(kind, args))
    patients = Patients(db, house.hub, clock)
    moving = Moving(db, clock, outbox, at_once, tmp_path / "transfers", "hq")
    desk = PatientDesk(
        patients=patients,
        moving=moving,
        linking=Linking(clock, line, patients),  # type: ignore[arg-type]  # all it needs
        places=Places(at_once),
        db=db,
        campuses=lambda: CAMPUSES,
        call=line.get,
        find=nothing_stored,
        sees=lambda agent, call: agent == "8001",
        subject=lambda agent: Subject(agent=agent),
        agent=lambda number: f"{number} 李敏",
        disposition=lambda code, language: f"{code} {language}",
    )
    house.add("core_patients", PatientPages(desk, tasks))
    yield Ward(house, db, patients, moving, line, outbox)
    db.engine.dispose()
