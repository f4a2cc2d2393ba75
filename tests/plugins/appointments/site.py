"""A small hospital group for tests of the plugin: two campuses, patients, a scripted HIS."""

from __future__ import annotations

from collections.abc import Coroutine
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any, TypeVar

from attrs import evolve
from twisted.internet.task import Clock as FakeClock

from careline.campuses import store as campuses_store
from careline.campuses.model import Campus
from careline.campuses.service import Campuses
from careline.clinic import Clinic, TimeSlot
from careline.clock import Clock
from careline.hooks import Hub, hook
from careline.jobs import Outbox
from careline.jobs.model import Job
from careline.jobs.store import job_table
from careline.patients.model import Patient, PatientPhone
from careline.patients.service import Patients
from careline.storage import Database, Tx
from careline.tasks import Tasks
from careline.testing import run_async
from careline.testing.his import ScriptedHis, clinic, slot
from careline_appointments import specs, store
from careline_appointments.config import AppointmentsConfig
from careline_appointments.model import Booking, Source, Wish
from careline_appointments.plugin import Appointments

T = TypeVar("T")
NOW = datetime(2026, 11, 23, 0, 30, tzinfo=UTC)  # 8:30 in China, the day before the clinics
PHONE = "+8613800001111"


class Told:
    """A plugin that remembers what it was told durably, and the events of the screens."""

    def __init__(self) -> None:
        self.events: list[tuple[str, str]] = []

    def tell(self, name: str, id: str = "", **_: Any) -> None:
        self.events.append((name, id))


class Site:
    """``core`` is what a plugin is handed, ``his`` the scripted system, ``plugin`` ours.

    Coroutines are run on a fake clock that moves on by itself, so time-outs cost nothing.
    """

    def __init__(self, db: Database, config: AppointmentsConfig | None = None) -> None:
        self.fake = FakeClock()
        self.clock = Clock(self.fake, self.now)
        self.db = db
        self.tasks = Tasks()
        self.outbox = Outbox(self.clock)
        self.hub = Hub(self.clock, self.tasks, self._durable)
        self.told: list[tuple[str, Any]] = []
        self.events = Told()
        self.patients = Patients(db, self.hub, self.clock)
        self.campuses = Campuses(db, self.clock)
        self.his = ScriptedHis()
        self.linked: list[tuple[str, int]] = []
        self.core = SimpleNamespace(
            clock=self.clock,
            tasks=self.tasks,
            hub=self.hub,
            db=db,
            outbox=self.outbox,
            patients=self.patients,
            campuses=self.campuses,
            events=self.events,
            settings=SimpleNamespace(language="en"),
            linking=SimpleNamespace(link=self._link),
        )
        for one in (Campus(id="main", title="总院"), Campus(id="east", title="东院")):
            db.run_sync(campuses_store.put_campus, one)
        self.run(self.campuses.load())
        self.hub.add_specs(specs, "appointments")
        self.plugin = Appointments(self.core, config or AppointmentsConfig())
        self.hub.register("his", self.his)
        self.hub.register("appointments", self.plugin)
        self.hub.register("listener", Listener())
        self.services = self.plugin.services
        self.booker = self.services.booker
        self.settler = self.plugin.work.settler

    async def _link(self, call_id: str, patient_id: int) -> None:
        self.linked.append((call_id, patient_id))

    def now(self) -> datetime:
        return NOW + timedelta(seconds=self.fake.seconds())

    def _durable(self, tx: Tx, kind: str, args: Any) -> None:
        tx.after_commit(lambda: self.told.append((kind.rsplit(".", 1)[-1], dict(args))))

    def run(self, coro: Coroutine[Any, Any, T]) -> T:
        return run_async(coro, self.clock)

    def later(self, **span: float) -> None:
        """Let time pass."""
        self.fake.advance(timedelta(**span).total_seconds())

    def patient(self, name: str = "王小明", phone: str = PHONE) -> int:
        one = Patient(name=name, phones=(PatientPhone(phone),))
        return self.run(self.patients.add(one)).id

    def wish(
        self, patient: int, one: TimeSlot | None = None, of: Clinic | None = None, **values: Any
    ) -> Wish:
        made = Wish.of(
            of or clinic(), one or slot(), patient=patient, source=Source.AGENT, by="1001"
        )
        return evolve(made, **values)

    def book(self, patient: int, one: TimeSlot | None = None, **values: Any) -> Booking:
        return self.run(self.booker.book(self.wish(patient, one, **values)))

    def stored(self, booking: Booking | int) -> Booking:
        number = booking if isinstance(booking, int) else booking.id
        return self.db.run_sync(store.get_booking, number)

    def settle(self) -> int:
        return self.run(self.settler.settle())

    def jobs(self, kind: str) -> list[Job]:
        """What was put into the outbox."""

        def read(tx: Tx) -> list[Job]:
            rows = tx.all(job_table.select().where(job_table.c.kind == kind))
            return [Job(row.kind, row.args, row.run_at) for row in rows]

        return self.db.run_sync(read)

    def heard(self, name: str) -> list[int]:
        """Ids of the durable events of that name, in order."""
        return [next(iter(args.values())) for kind, args in self.told if kind == name]


class Listener:
    """Hears what is told of appointments, as sms and followup will."""

    @hook
    def appointment_booked(self, booking_id: int) -> None:
        """Heard in ``Site.told``."""

    @hook
    def appointment_rescheduled(self, booking_id: int) -> None:
        """Heard in ``Site.told``."""

    @hook
    def appointment_cancelled(self, booking_id: int) -> None:
        """Heard in ``Site.told``."""

    @hook
    def appointment_failed(self, booking_id: int) -> None:
        """Heard in ``Site.told``."""

    @hook
    def appointment_kept(self, booking_id: int) -> None:
        """Heard in ``Site.told``."""

    @hook
    def slot_offered(self, waiter_id: int) -> None:
        """Heard in ``Site.told``."""
