"""Both plugins of appointments on one hub, with the demonstration's hospital in the database."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from datetime import date
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from attrs import evolve
from twisted.internet.defer import Deferred, maybeDeferred
from twisted.internet.threads import deferToThreadPool

from careline.campuses.model import Campus
from careline.campuses.service import Campuses
from careline.campuses.store import put_campus
from careline.clock import Clock
from careline.config import load, write_default
from careline.config.home import Home
from careline.hooks import Hub
from careline.jobs import Outbox
from careline.patients.service import Patients
from careline.setup.demo import CAMPUS, EAST
from careline.setup.demo_patients import put_patients
from careline.storage import Database, Tx, metadata
from careline.tasks import Tasks
from careline_appointments import specs as appointments_specs
from careline_appointments.config import AppointmentsConfig
from careline_appointments.plugin import Appointments
from careline_his_webservice import specs as his_specs
from careline_his_webservice.adapters.embedded.plan import put_plan, roll
from careline_his_webservice.adapters.embedded.store import add_departments, add_doctors
from careline_his_webservice.config import CampusSettings, Config
from careline_his_webservice.demo.hospital import hospital
from careline_his_webservice.demo.putting import put_hospital
from careline_his_webservice.plugin import HisWebservice

WEST = evolve(EAST, id="west", title="西院", title_en="West campus")


class Both:
    """``appointments`` and ``his`` are the plugins' own objects; jobs stay in the table."""

    def __init__(
        self, db: Database, clock: Clock, folder: Path, *, campuses: Collection[Campus] = ()
    ) -> None:
        self.db, self.clock, self.tasks = db, clock, Tasks()
        # By the clock's seconds: on a fake one no transaction, made inline, is a hook that hangs.
        self.hub = Hub(clock, self.tasks, lambda *_: None, stopwatch=clock.seconds)
        home = Home(folder)
        write_default(home)
        settings = {one.id: CampusSettings(kind="embedded") for one in campuses or (CAMPUS, EAST)}
        self.core: Any = SimpleNamespace(
            settings=load(home.config, {}),
            clock=clock,
            tasks=self.tasks,
            reactor=clock.reactor,
            in_thread=self._in_thread,
            hub=self.hub,
            db=db,
            outbox=Outbox(clock),
            patients=Patients(db, self.hub, clock),
            campuses=Campuses(db, clock),
            events=SimpleNamespace(tell=lambda *_, **__: None),
        )
        self._campuses = campuses or (CAMPUS, EAST)
        self._settings: Mapping[str, CampusSettings] = settings

    def _in_thread(self, call: Callable[..., Any], *args: Any) -> Deferred[Any]:
        """In a thread of a real reactor; at once on a fake one."""
        reactor: Any = self.clock.reactor
        if hasattr(reactor, "getThreadPool"):
            return deferToThreadPool(reactor, reactor.getThreadPool(), call, *args)
        return maybeDeferred(call, *args)

    async def open(self, today: date) -> None:
        """Make tables and hospital, then start both plugins."""
        await self.db.run(_put_all, self._campuses, today)
        await self.core.campuses.load()
        self.hub.add_specs(appointments_specs, "appointments")
        self.hub.add_specs(his_specs, "his_webservice")
        self.his = HisWebservice(self.core, Config(campus=self._settings))
        self.appointments = Appointments(self.core, AppointmentsConfig())
        self.services = self.appointments.services
        self.hub.register("appointments", self.appointments)
        self.hub.register("his_webservice", self.his)
        await self.his.start()
        await self.appointments.start()
        await self.services.directory.sync()

    async def close(self) -> None:
        """Stop both."""
        await self.appointments.stop()
        await self.his.stop()
        await self.tasks.stop()


def _put_all(tx: Tx, campuses: Collection[Campus], today: date) -> None:
    metadata.create_all(tx.connection)
    for campus in campuses:
        put_campus(tx, campus)
    put_patients(tx)
    put_hospital(tx, today)
    if WEST in campuses:
        _put_west(tx, today)


def _put_west(tx: Tx, today: date) -> None:
    """A third campus that is like the second."""
    east = hospital(EAST.id)
    add_departments(tx, [evolve(one, campus=WEST.id) for one in east.departments])
    add_doctors(tx, [evolve(one, campus=WEST.id) for one in east.doctors])
    put_plan(tx, WEST.id, east.plan)
    roll(tx, WEST.id, today, 28)
