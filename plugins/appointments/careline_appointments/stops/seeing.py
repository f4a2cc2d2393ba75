"""What the pages of stops show: names masked, but for the patient who is being called."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from attrs import frozen

from careline.auth.model import Subject
from careline.clinic import Notice, Notified
from careline.patients.model import Patient, masked_name
from careline.web import Visit
from careline_appointments.campuses import campus_name, campuses_of
from careline_appointments.desk.words import HALVES
from careline_appointments.model import Booking
from careline_appointments.services import Services
from careline_appointments.stops import task_store
from careline_appointments.stops.model import Counts, Stop, Struck
from careline_appointments.stops.proposing import Proposal, Proposing
from careline_appointments.stops.service import Stopping
from careline_appointments.stops.settling import SYSTEM, Settling

VIEW, SETTLE, STOP = "appointments.view", "appointments.cancel", "appointments.stop"


@frozen
class Line:
    """A patient of a stop in the list; ``name`` is masked, ``notice`` is how the message went."""

    struck: Struck
    name: str
    holder: str
    moved: Booking | None
    notice: Notice | None


@frozen
class Card:
    """The patient whom this agent is calling, with the whole name and a time to propose."""

    struck: Struck
    stop: Stop
    name: str
    proposal: Proposal | None
    notice: Notice | None


class Seeing:
    """Reads for the pages; whose campus it is decides who sees what."""

    def __init__(
        self, services: Services, stopping: Stopping, settling: Settling, proposing: Proposing
    ) -> None:
        self._core = services.core
        self._stopping = stopping
        self._settling = settling
        self._proposing = proposing

    # Who

    def campuses(self, visit: Visit, permission: str) -> list[str]:
        """Campuses for which the visitor holds a permission."""
        return campuses_of(self._core, visit, permission)

    async def stop(self, visit: Visit, stop_id: int, permission: str = VIEW) -> Stop:
        """A stop that lies in the visitor's scope; else NotFound."""
        stop = await self._stopping.get(stop_id)
        visit.need(permission, Subject(campus=stop.campus))
        return stop

    async def task_of(self, visit: Visit, task_id: int) -> Stop:
        """The stop of a task that the visitor may settle."""
        task = await self._core.db.run(task_store.get_task, task_id)
        return await self.stop(visit, task.stop, SETTLE)

    # What

    async def live(self, visit: Visit, stop: Stop) -> dict[str, Any]:
        """How far a stop is, patient by patient."""
        struck: list[Struck] = await self._core.db.run(task_store.struck, stop.id)
        counts = Counts.of(one.task.state for one in struck)
        notices = await self._notices(stop.id)
        return {
            "stop": stop,
            "counts": counts,
            "told": sum(one.state is Notified.DELIVERED for one in notices.values()),
            "noticed": bool(notices),
            "lines": await self._lines(struck, notices),
            "card": await self.card(visit, stop.id),
            "may_settle": stop.undone is None and visit.may(SETTLE, Subject(campus=stop.campus)),
            "may_stop": visit.may(STOP, Subject(campus=stop.campus)),
            "can_undo": stop.undone is None and not counts.settled,
            **self.words(visit),
        }

    async def _notices(self, stop_id: int) -> dict[int, Notice]:
        """How the messages to the patients of a stop went, by booking."""
        found = await self._core.hub.stop_notices(stop_id=stop_id)
        return {one.booking: one for one in found or ()}

    async def _lines(self, struck: list[Struck], notices: Mapping[int, Notice]) -> list[Line]:
        people = await self.people(one.booking for one in struck)
        ids = [one.task.moved_to for one in struck if one.task.moved_to]
        moved: Mapping[int, Booking] = await self._core.db.run(task_store.bookings, ids)
        return [
            Line(
                one,
                masked(people.get(one.booking.patient)),
                self._agent(one.task.agent),
                moved.get(one.task.moved_to),
                notices.get(one.booking.id),
            )
            for one in struck
        ]

    async def card(self, visit: Visit, stop_id: int = 0) -> Card | None:
        """The patient whom the visitor is calling, of this stop if one is named."""
        mine = await self._settling.mine(who(visit))
        if mine is None or stop_id not in (0, mine.task.stop):
            return None
        stop = await self._stopping.get(mine.task.stop)
        people = await self.people([mine.booking])
        patient = people.get(mine.booking.patient)
        proposal = await self._proposing.nearest(stop, mine.booking)
        notice = (await self._notices(stop.id)).get(mine.booking.id)
        return Card(mine, stop, patient.name if patient else "", proposal, notice)

    async def people(self, bookings: Iterable[Booking]) -> dict[int, Patient]:
        """Records of those who are struck."""
        ids = list(dict.fromkeys(one.patient for one in bookings if one.patient))
        found: list[Patient] = await self._core.patients.several(ids) if ids else []
        return {one.id: one for one in found}

    def _agent(self, agent: str) -> str:
        if not agent or agent == SYSTEM:
            return ""
        known = self._core.agents.people.get(agent)
        return f"{known.name} {agent}" if known else agent

    def words(self, visit: Visit) -> dict[str, Any]:
        """Names that the templates need."""

        def campus(code: str) -> str:
            return campus_name(self._core, visit, code)

        def half(value: Any) -> str:
            return HALVES[value].to(visit.language)

        def name(patient: Patient | None) -> str:
            return masked(patient)

        return {"campus": campus, "half": half, "masked_name": name}


def masked(patient: Patient | None) -> str:
    """A name for lists; empty when the record was erased."""
    return masked_name(patient.name) if patient else ""


def who(visit: Visit) -> str:
    """Under which name the visitor takes tasks: the agent's number, else the login."""
    return str(visit.user.agent or visit.user.login)
