"""Deeds on the tasks of stops: next, take, drop, moved, cancelled, unreached, a note."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any

from attrs import frozen

from careline.errors import Invalid
from careline.i18n import Text
from careline.web import Answer, Empty, Page, Redirect, Visit, get, post, toast
from careline_appointments.model import BookingState
from careline_appointments.stops.model import TaskState
from careline_appointments.stops.proposing import DAYS, Proposing
from careline_appointments.stops.seeing import SETTLE, Seeing, who
from careline_appointments.stops.service import Stopping
from careline_appointments.stops.settling import Agent, Settling

PANEL = 5
LONGEST_NOTE = 500


@frozen
class TaskRoutes:
    """Everything under /appointments/stop-tasks, and the panel of my day."""

    stopping: Stopping
    settling: Settling
    proposing: Proposing
    seeing: Seeing

    async def panel(self, visit: Visit) -> Mapping[str, Any]:
        """My day: the patient whom I am calling, and stops with patients who wait."""
        allowed = self.seeing.campuses(visit, SETTLE)
        rows = await self.stopping.listed(over=False, offset=0, most=100)
        waiting = [
            (stop, counts)
            for stop, counts in rows
            if stop.campus in allowed and counts.settled < counts.total
        ]
        return {
            "card": await self.seeing.card(visit),
            "waiting": waiting[:PANEL],
            "left": sum(counts.total - counts.settled for _stop, counts in waiting),
            "may_settle": bool(allowed),
            "stop_id": 0,
            **self.seeing.words(visit),
        }

    @post("/appointments/stop-tasks/next", permission=SETTLE)
    async def next(self, visit: Visit) -> Answer:
        """Take the next patient who waits, of the stop that is named or of any."""
        given = visit.form.get("stop", "")
        stop = int(given) if given.isascii() and given.isdigit() and len(given) < 16 else 0
        allowed = self.seeing.campuses(visit, SETTLE)
        found = await self.settling.take_next(who(visit), allowed, stop)
        if found is None:
            return Empty(trigger=toast(visit, Text("Nobody waits to be called."), "info"))
        await self._looked(visit)
        return Empty()

    @post("/appointments/stop-tasks/<int:task_id>/take", permission=SETTLE)
    async def take(self, visit: Visit, task_id: int) -> Answer:
        """Take this patient."""
        await self.seeing.task_of(visit, task_id)
        mine = await self.settling.mine(who(visit))
        if mine is not None and mine.task.id != task_id:
            raise Invalid("stop.one", "Settle or drop the patient whom you have first.")
        await self.settling.take(task_id, who(visit))
        await self._looked(visit)
        return Empty()

    async def _looked(self, visit: Visit) -> None:
        """The whole name is shown from now on."""
        mine = await self.settling.mine(who(visit))
        if mine is not None:
            whose = str(mine.booking.patient)
            await visit.audit("patient.view", kind="patient", whose=whose, what="stop")

    @post("/appointments/stop-tasks/<int:task_id>/drop", permission=SETTLE)
    async def drop(self, visit: Visit, task_id: int) -> Answer:
        """Leave it to others."""
        await self.seeing.task_of(visit, task_id)
        await self.settling.drop(task_id, who(visit))
        return Empty()

    @post("/appointments/stop-tasks/<int:task_id>/note", permission=SETTLE)
    async def note(self, visit: Visit, task_id: int) -> Answer:
        """Keep what was said."""
        await self.seeing.task_of(visit, task_id)
        await self.settling.note(task_id, visit.form.get("note", "").strip()[:LONGEST_NOTE])
        return Empty(trigger=toast(visit, Text("Saved.")))

    @post("/appointments/stop-tasks/<int:task_id>/cancelled", permission=SETTLE)
    async def cancelled(self, visit: Visit, task_id: int) -> Answer:
        """The patient comes no other time."""
        await self.seeing.task_of(visit, task_id)
        booking = await self.settling.cancelled(task_id, _agent(visit))
        await self._settled(visit, "stop.cancelled", task_id)
        if booking.state is BookingState.CANCELLED:
            return Empty(trigger=toast(visit, Text("The visit is cancelled.")))
        text = Text("It will be cancelled; the hospital's system is being asked.")
        return Empty(trigger=toast(visit, text, "info"))

    @post("/appointments/stop-tasks/<int:task_id>/unreached", permission=SETTLE)
    async def unreached(self, visit: Visit, task_id: int) -> Answer:
        """Nobody answered."""
        await self.seeing.task_of(visit, task_id)
        task = await self.settling.unreached(task_id, _agent(visit))
        await self._settled(visit, "stop.unreached", task_id)
        if task.state is TaskState.UNREACHED:
            return Empty(trigger=toast(visit, Text("Not reached; that was the last try."), "warn"))
        return Empty(trigger=toast(visit, Text("Not reached; others come first."), "info"))

    @post("/appointments/stop-tasks/<int:task_id>/moved", permission=SETTLE)
    async def moved(self, visit: Visit, task_id: int) -> Answer:
        """The patient takes this other time; ``back`` leads from the page of times to the stop."""
        stop = await self.seeing.task_of(visit, task_id)
        form = visit.form
        try:
            day = date.fromisoformat(form.get("day", ""))
        except ValueError:
            raise Invalid("stop.day", "This is no day.") from None
        try:
            booking = await self.settling.moved(
                task_id,
                _agent(visit),
                form.get("campus", ""),
                day,
                form.get("clinic", ""),
                form.get("slot", ""),
            )
        finally:
            self.proposing.forget(stop.substitute)
        await self._settled(visit, "stop.moved", task_id)
        if form.get("back"):
            return Redirect(f"/appointments/stops/{stop.id}")
        if booking.state is BookingState.BOOKED:
            return Empty(trigger=toast(visit, Text("The visit is moved.")))
        text = Text("The new time is being confirmed; do not promise it yet.")
        return Empty(trigger=toast(visit, text, "warn"))

    async def _settled(self, visit: Visit, act: str, task_id: int) -> None:
        await visit.audit(act, kind="stop", whose=str(task_id))

    @get("/appointments/stop-tasks/<int:task_id>/times", permission=SETTLE)
    async def times(self, visit: Visit, task_id: int) -> Answer:
        """Other times for the patient whom I am calling."""
        stop = await self.seeing.task_of(visit, task_id)
        card = await self.seeing.card(visit, stop.id)
        if card is None or card.struck.task.id != task_id:
            raise Invalid("stop.not_mine", "Take this patient first.")
        first = self._first(visit)
        offered, missing = await self.proposing.times(stop, card.struck.booking, first)
        values = {
            "stop": stop,
            "card": card,
            "offered": offered,
            "missing": missing,
            "first": first,
            "later": first + timedelta(days=DAYS),
            "earlier": first - timedelta(days=DAYS),
            "today": self._today(visit),
            **self.seeing.words(visit),
        }
        return Page("appointments/stops_times.html", values, title=Text("Another time"))

    def _first(self, visit: Visit) -> date:
        today = self._today(visit)
        try:
            wanted = date.fromisoformat(visit.args.get("first", ""))
        except ValueError:
            return today
        return min(max(wanted, today), today + timedelta(days=90))

    def _today(self, visit: Visit) -> date:
        return visit.now.astimezone(visit.zone).date()


def _agent(visit: Visit) -> Agent:
    return Agent(who(visit), visit.user.login)
