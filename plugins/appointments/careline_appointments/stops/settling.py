"""Settling a stop patient by patient: taken by one agent, called, moved, cancelled, not reached."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date
from typing import Any

from attrs import evolve, frozen

from careline.clinic import Clinic, TimeSlot
from careline.errors import Conflict, NotFound, Refused, Unavailable
from careline.i18n import error_text
from careline.jobs import Job
from careline.storage import Tx
from careline_appointments.model import Booking, BookingState, Source
from careline_appointments.services import Services
from careline_appointments.stops import store, task_store
from careline_appointments.stops.model import (
    AGAIN,
    MOST_TRIES,
    Stop,
    Struck,
    Substitute,
    Task,
    TaskState,
    nearest,
)
from careline_appointments.stops.notes import put_note
from careline_appointments.stops.service import Stopping, unknown_times

MOVE_ALL = "appointments.stop_move_all"
SYSTEM = "*"
"""Who has a task while all are moved at once."""


@frozen
class Agent:
    """Who settles: under ``id`` (number, else login) tasks are taken, ``login`` is kept."""

    id: str
    login: str


class Settling:
    """Tasks of stops. A deed at the HIS comes first, then the task is written.

    Ended between the two, the task is put right by :class:`Following`, which looks at the visits.
    """

    def __init__(self, services: Services, stopping: Stopping) -> None:
        self._core = services.core
        self._booker = services.booker
        self._schedules = services.schedules
        self._stopping = stopping

    # Whose

    async def take_next(self, agent: str, campuses: Collection[str], stop: int = 0) -> int | None:
        """The task that the agent has, or else the next; None when nobody waits."""
        now = self._core.clock.now()
        found: int | None = await self._core.db.run(
            task_store.take_next, agent, campuses, now, stop
        )
        if found is not None:
            await self._told(found)
        return found

    async def take(self, task_id: int, agent: str) -> None:
        """Claim one; Conflict when another agent has it or it is settled."""
        if not await self._core.db.run(task_store.take, task_id, agent, self._core.clock.now()):
            raise taken()
        await self._told(task_id)

    async def drop(self, task_id: int, agent: str) -> None:
        """Give it back, to be taken by anybody."""
        task = await self._held(task_id, agent)
        await self._change(task, state=TaskState.NOTICE, agent="", taken=None)

    async def mine(self, agent: str) -> Struck | None:
        """What the agent has taken and not settled."""
        found: Struck | None = await self._core.db.run(
            task_store.held_by, agent, self._core.clock.now()
        )
        return found

    async def note(self, task_id: int, text: str) -> None:
        """Keep a word of it."""
        await self._core.db.run(put_note, task_id, text, self._core.clock.now())
        await self._told(task_id)

    # How it ends

    async def cancelled(self, task_id: int, agent: Agent) -> Booking:
        """The patient wants no other time: the visit is cancelled, in the HIS too.

        CANCELLING is settled as well: it is asked until done. Raises what Booker.cancel does.
        """
        task = await self._held(task_id, agent.id)
        stop = await self._stopping.get(task.stop)
        booking = await self._booker.cancel(task.booking, stop.reason, agent.login, Source.STOP)
        await self._settle(task, TaskState.CANCELLED, agent)
        return booking

    async def moved(
        self, task_id: int, agent: Agent, campus: str, day: date, clinic: str, slot: str
    ) -> Booking:
        """The patient takes another time: booked first, then the old one is cancelled.

        An UNSURE one leaves the task open until the HIS has said so. Raises what Booker.move does.
        """
        task = await self._held(task_id, agent.id)
        place = await self._place(campus, day, clinic, slot)
        return await self._move(task, agent, *place)

    async def _move(self, task: Task, agent: Agent, clinic: Clinic, slot: TimeSlot) -> Booking:
        booking = await self._booker.move(task.booking, clinic, slot, agent.login, Source.STOP)
        if booking.state is BookingState.BOOKED:
            await self._settle(task, TaskState.MOVED, agent, moved_to=booking.id)
        else:
            await self._change(task, moved_to=booking.id, by=agent.login)
        return booking

    async def unreached(self, task_id: int, agent: Agent) -> Task:
        """Nobody answered: others first, then again; after three tries it is UNREACHED."""
        task = await self._held(task_id, agent.id)
        tries = task.tries + 1
        if tries >= MOST_TRIES:
            await self._settle(task, TaskState.UNREACHED, agent, tries=tries)
            return evolve(task, tries=tries, state=TaskState.UNREACHED)
        again = self._core.clock.now() + AGAIN
        await self._change(
            task, state=TaskState.NOTICE, agent="", taken=None, tries=tries, due=again
        )
        return evolve(task, tries=tries, state=TaskState.NOTICE)

    async def _place(
        self, campus: str, day: date, clinic: str, slot: str
    ) -> tuple[Clinic, TimeSlot]:
        """The clinic and slot as the HIS shows them now; NotFound, Unavailable."""
        [week] = await self._schedules.days(day, 1, campus)
        if not week.available:
            raise unknown_times()
        for one in week.clinics:
            for time in week.slots_of(clinic) if one.code == clinic else ():
                if time.code == slot:
                    return one, time
        raise NotFound("stop.slot", "This time is not offered any more; choose another one.")

    # The substitute

    async def offer(self, stop_id: int, substitute: Substitute | None) -> Stop:
        """Name the clinic that is offered instead; None: none any more."""

        def work(tx: Tx) -> Stop:
            stop = evolve(store.get_stop(tx, stop_id), substitute=substitute)
            if substitute and store.is_stopped(tx, substitute.campus, substitute.clinic):
                raise Refused("stop.substitute", "The substitute clinic is stopped too.")
            store.put_substitute(tx, stop)
            return stop

        stop: Stop = await self._core.db.run(work)
        self._stopping.tell(stop_id)
        return stop

    async def move_all(self, stop_id: int, by: str) -> None:
        """Have everybody whom nobody is calling moved to the substitute, by a job."""
        stop = await self._stopping.get(stop_id)
        if stop.substitute is None or stop.undone is not None:
            raise Refused("stop.no_substitute", "Name the substitute first.")
        job = Job(MOVE_ALL, {"stop": stop_id, "by": by})
        await self._core.db.run(self._core.outbox.put, job)

    async def move_those(self, stop_id: int, by: str) -> int:
        """Job: move one after the other to the nearest free time; gives how many were moved.

        Who cannot be moved (no place, a limit) keeps the task with the reason as its note. Goes on
        where it was broken off, since it looks only at tasks that wait.
        """
        stop = await self._stopping.get(stop_id)
        count = 0
        for one in await self._core.db.run(task_store.struck, stop_id):
            if stop.substitute and one.task.state is TaskState.NOTICE:
                count += await self._move_to(stop.substitute, one, Agent(SYSTEM, by))
        return count

    async def _move_to(self, substitute: Substitute, one: Struck, agent: Agent) -> bool:
        task_id = one.task.id
        if not await self._core.db.run(task_store.take, task_id, agent.id, self._core.clock.now()):
            return False
        task = await self._held(task_id, agent.id)
        free: dict[str, Any] = {"state": TaskState.NOTICE, "agent": "", "taken": None}
        try:
            await self._move(task, agent, *await self._instead(substitute, one.booking))
        except (Refused, Conflict) as error:
            await self._change(task, **free, note=error_text(error, "zh"))
            return False
        except Unavailable:
            await self._change(task, **free)
            raise  # the job goes on later
        return True

    async def _instead(self, substitute: Substitute, booking: Booking) -> tuple[Clinic, TimeSlot]:
        """The substitute's free time nearest to a visit's."""
        [week] = await self._schedules.days(substitute.day, 1, substitute.campus)
        if not week.available:
            raise unknown_times()
        clinic = next((one for one in week.clinics if one.code == substitute.clinic), None)
        slot = nearest(week.slots_of(substitute.clinic), booking.start)
        if clinic is None or slot is None:
            raise Refused("stop.full", "The substitute has no free time left.")
        return clinic, slot

    # Writing

    async def _held(self, task_id: int, agent: str) -> Task:
        task: Task = await self._core.db.run(task_store.get_task, task_id)
        if task.state is not TaskState.CALLING or task.agent != agent or task.moved_to:
            raise taken()
        return task

    async def _settle(self, task: Task, state: TaskState, agent: Agent, **values: Any) -> None:
        await self._change(task, state=state, by=agent.login, agent="", taken=None, **values)

    async def _change(self, task: Task, **values: Any) -> None:
        """Write it; where the task was taken away meanwhile, the visits tell how it stands."""
        await self._core.db.run(task_store.change, task, self._core.clock.now(), **values)
        self._stopping.tell(task.stop)

    async def _told(self, task_id: int) -> None:
        task: Task = await self._core.db.run(task_store.get_task, task_id)
        self._stopping.tell(task.stop)


def taken() -> Conflict:
    """Somebody else has it."""
    return Conflict("stop.taken", "Another agent has this patient, or it is settled already.")
