"""A hospital whose doctor cannot come: thirty patients of one half-day, and clinics instead."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any

from attrs import define, evolve, field
from tests.plugins.appointments.site import Site

from careline.agents.model import Agent
from careline.auth.model import User
from careline.clinic import HalfDay, Notice, Reply, Verdict
from careline.hooks import hook
from careline.storage import Database
from careline.testing import run_async
from careline.testing.his import DAY, ScriptedHis, clinic, slot
from careline.testing.web import Browser, Seen, WebHouse
from careline_appointments import specs
from careline_appointments.model import Booking
from careline_appointments.stops import task_store
from careline_appointments.stops.model import Stop, StoppedClinic, Struck, Substitute, Task
from careline_appointments.stops.service import Wanted

THIRTY = 30
ALL = (
    *("appointments.view", "appointments.book", "appointments.cancel", "appointments.stop"),
    *("patients.view", "calls.dial"),
)
AGENT = tuple(one for one in ALL if one != "appointments.stop")
REASON = "医生外出会诊"
WANTED = Wanted(
    campus="main",
    department="cardio",
    doctor="d1",
    clinics=(StoppedClinic(clinic="c1", day=DAY, half=HalfDay.MORNING),),
    reason=REASON,
)

INSTEAD = Substitute(campus="main", department="cardio", clinic="c2", day=DAY, name="单小明")


@define
class StoppingHis(ScriptedHis):
    """Stops clinics as ``stops`` says, one by one, then ``cancelled``; keeps what it was asked."""

    stops: list[str] = field(factory=list)
    stopped: list[str] = field(factory=list)

    @hook
    async def stop_clinic(self, campus: str, clinic: str, reason: str) -> Reply | None:
        """As told."""
        self.stopped.append(clinic)
        how = self.stops.pop(0) if self.stops else "cancelled"
        return None if how == "silent" else Reply(verdict=Verdict(how), reason="班次已开诊")


class Messages:
    """Hears of stopped clinics, as sms does; ``notices`` is what it says of its messages."""

    def __init__(self) -> None:
        self.notices: list[Notice] | None = None

    @hook
    async def stop_notices(self, stop_id: int) -> list[Notice] | None:
        return self.notices

    @hook
    def clinic_stopped(self, stop_id: int, booking_ids: list[int]) -> None:
        """Heard in ``Site.told``."""

    @hook
    def clinic_reopened(self, stop_id: int, booking_ids: list[int]) -> None:
        """Heard in ``Site.told``."""


class Hospital(Site):
    """The cardiologist's morning c1 with 15 slots of two; c2 and c3 (another doctor) are free."""

    def __init__(self, db: Database) -> None:
        super().__init__(db)
        self.hub.unregister("his")
        slots = [
            slot(f"{name}-{at}", of, hour=8, capacity=2)
            for name, of in (("a", "c1"), ("b", "c2"), ("c", "c3"))
            for at in range(15)
        ]
        self.his = StoppingHis(
            clinics=[
                clinic("c1"),
                clinic("c2", half=HalfDay.AFTERNOON),
                clinic("c3", doctor="d9", day=DAY.replace(day=25)),
            ],
            slots=[
                evolve(one, start=_time(at % 15), end=_time(at % 15 + 1))
                for at, one in enumerate(slots)
            ],
        )
        self.hub.register("his", self.his)
        self.messages = Messages()
        self.hub.register("messages", self.messages)
        self.agents = SimpleNamespace(
            people={"8001": Agent(id="8001", name="李敏", phone="1001")}, states={}
        )
        self.core.agents = self.agents
        self.core.in_thread = _at_once
        self.run(self.services.directory.sync())
        self.stopping = self.plugin.stops.stopping
        self.settling = self.plugin.stops.settling
        self.following = self.plugin.stops.following

    def fill(self, count: int = THIRTY) -> list[Booking]:
        """So many patients book the morning."""
        slots = [one for one in self.his.slots if one.clinic == "c1"]
        made = []
        for at in range(count):
            patient = self.patient(f"病{'甲乙丙丁戊'[at % 5]}{at}", f"+86138{at:08d}")
            made.append(self.book(patient, slots[at // 2]))
        return made

    def stop(self, wanted: Wanted = WANTED) -> Stop:
        return self.run(self.stopping.stop(wanted, "zhang.san"))

    def struck(self, stop: Stop | int) -> list[Struck]:
        number = stop if isinstance(stop, int) else stop.id
        return self.db.run_sync(task_store.struck, number)

    def task(self, task_id: int) -> Task:
        return self.db.run_sync(task_store.get_task, task_id)

    def states(self, stop: Stop | int) -> list[str]:
        return [one.task.state.value for one in self.struck(stop)]

    def do_jobs(self, kind: str) -> int:
        """Do the waiting jobs of a kind as the worker would."""
        handlers: Sequence[Any] = self.plugin.stops.job_handlers()
        handler = next(one for one in handlers if one.kind == kind)
        jobs = self.jobs(kind)
        for job in jobs:
            self.run(handler.do(job.args, None))
        return len(jobs)


class Screens:
    """The plugin in the real shell, with browsers."""

    def __init__(self, hospital: Hospital, language: str = "zh") -> None:
        self.hospital = hospital
        self.web = WebHouse(clock=hospital.clock, permissions=ALL, language=language)
        self.web.hub.add_specs(specs, "appointments")
        self.web.add("appointments", hospital.plugin)
        self.browser = self.web.browser()

    def agent(self, number: str, permissions: Sequence[str] = AGENT) -> Browser:
        """Somebody else's browser."""
        user = User(id=int(number), login=f"agent{number}", name="王芳", agent=number)
        return self.web.browser(user, permissions)

    def get(self, path: str, browser: Browser | None = None) -> Seen:
        return run_async((browser or self.browser).get(path), self.hospital.clock)

    def post(self, path: str, form: Any = None, browser: Browser | None = None) -> Seen:
        return run_async((browser or self.browser).post(path, form), self.hospital.clock)

    def press(self, seen: Seen, key: str, browser: Browser | None = None) -> Seen:
        """Press a key of the page: its button's form is sent with what is hidden in it."""
        for form in seen.find("form"):
            if any(one.get("data-press") == key for one in form.find("button")):
                values = {one["name"]: one.get("value") for one in form.find("input")}
                values.pop("csrf", None)
                return self.post(form["action"], values, browser)
        raise AssertionError(f"no button for {key}")


def _time(at: int) -> Any:
    return datetime(2026, 1, 1, 8, tzinfo=UTC).replace(hour=8 + at // 4, minute=at % 4 * 15).time()


async def _at_once(call: Any, *args: Any) -> Any:
    return call(*args)
