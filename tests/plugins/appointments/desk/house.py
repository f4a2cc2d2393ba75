"""The pages of the desk in the real shell, before the small hospital group of the tests."""

from __future__ import annotations

from collections.abc import Iterable
from types import SimpleNamespace
from typing import Any

from attrs import evolve
from tests.plugins.appointments.site import Site

from careline.agents.model import Agent
from careline.calls.model import CallRecord, Direction, Span, Stay
from careline.clinic import HalfDay, TimeSlot
from careline.storage import Database
from careline.testing.his import clinic, slot
from careline.testing.web import Browser, Seen, WebHouse
from careline_appointments import specs
from careline_appointments.config import AppointmentsConfig

CALL = "hq-1"
ALL = (
    "appointments.view",
    "appointments.book",
    "appointments.cancel",
    "appointments.edit",
    "patients.view",
    "patients.edit",
    "patients.export",
    "calls.view",
    "calls.dial",
    "desk.use",
)
#: A general clinic at the other campus, in the afternoon.
GENERAL = clinic("e1", campus="east", department="17", doctor="", half=HalfDay.AFTERNOON)


class Linked:
    """Notes who was said to be on the phone, and changes the call."""

    def __init__(self, house: House) -> None:
        self.house = house

    async def link(self, call_id: str, patient_id: int) -> None:
        self.house.call = evolve(self.house.call, patients=(patient_id,))


class Calls:
    """One open call."""

    def __init__(self, house: House) -> None:
        self.house = house

    def get(self, call_id: str) -> CallRecord | None:
        return self.house.call if call_id == CALL else None


class House(Site):
    """The group with its pages; ``call`` is the open one, at the desk of agent 8001."""

    def __init__(self, db: Database, config: AppointmentsConfig | None = None) -> None:
        super().__init__(db, config)
        now = self.now()
        self.call = CallRecord(
            id=CALL, direction=Direction.INBOUND, started=now, number="+8613800001111"
        )
        people = {
            "8001": Agent(id="8001", name="张三", phone="201"),
            "8002": Agent(id="8002", name="李四", phone="202"),
        }
        states = {"8001": SimpleNamespace(call=CALL), "8002": SimpleNamespace(call="")}
        self.core.calls = Calls(self)
        self.core.linking = Linked(self)
        self.core.agents = SimpleNamespace(people=people, states=states)
        self.core.in_thread = _at_once
        self.web = WebHouse(clock=self.clock, permissions=ALL)
        self.web.hub.add_specs(specs, "appointments")
        self.web.add("appointments", self.plugin)
        self.his.clinics.append(GENERAL)
        self.his.slots.append(
            TimeSlot(
                campus="east",
                code="g1",
                clinic="e1",
                start=slot(hour=14).start,
                end=slot(hour=15).start,
                capacity=30,
                left=30,
            )
        )
        self.run(self.services.directory.sync())

    def browser(self, language: str = "zh", may: Iterable[str] = ALL) -> Browser:
        """Somebody's browser, as htmx asks."""
        user = evolve(self.web.user, language=language)
        made = self.web.browser(user, may)
        made.htmx = True
        return made

    def get(self, path: str, **how: Any) -> Seen:
        """One page."""
        return self.run(self.browser(**how).get(path))

    def post(self, path: str, form: dict[str, str], **how: Any) -> Seen:
        """One form."""
        return self.run(self.browser(**how).post(path, form))

    def calls(self, *patients: int, queue: str = "") -> None:
        """Who is on the phone, in which queue the call was."""
        stays = (Stay(queue=queue, span=Span(start=self.now())),) if queue else ()
        self.call = evolve(self.call, patients=patients, stays=stays)

    def book_form(self, patient: int, **more: str) -> dict[str, str]:
        """What the form of slots sends."""
        form = {
            "campus": "main",
            "department": "cardio",
            "doctor": "d1",
            "clinic": "c1",
            "slot": "s1",
            "day": str(clinic().day),
            "patient": str(patient),
            "call": CALL,
            "key": "desk-" + "0" * 24,
        }
        return {**form, **more}

    @property
    def acts(self) -> list[str]:
        """What the audit log holds."""
        return self.web.audit.acts


async def _at_once(call: Any, *args: Any) -> Any:
    return call(*args)
