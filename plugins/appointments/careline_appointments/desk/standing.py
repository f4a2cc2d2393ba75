"""Who books no more after missed visits, and who waits for a freed number."""

from __future__ import annotations

from typing import Any

from attrs import frozen

from careline.auth.model import Subject
from careline.errors import CarelineError, NotFound
from careline.i18n import Text
from careline.web import Answer, Empty, Fragment, Page, Redirect, Visit, get, post, toast
from careline_appointments.campuses import campuses_of
from careline_appointments.desk.ground import BOOK, EDIT, VIEW, Ground
from careline_appointments.desk.words import shown_patient
from careline_appointments.model import BookingState
from careline_appointments.waiting_store import Waiter, WaiterState

WAITS = {
    WaiterState.WAITING: Text("waiting"),
    WaiterState.OFFERED: Text("a number is offered"),
    WaiterState.TAKEN: Text("booked"),
    WaiterState.CLOSED: Text("ended"),
}
#: What is written down of each thing that is done with a waiting patient.
WAIT_ACTS = {
    "take": "appointment.wait_take",
    "decline": "appointment.wait_decline",
    "close": "appointment.wait_close",
}


@frozen
class StandingRoutes:
    """Routes of the blacklist."""

    ground: Ground

    @get("/appointments/blacklist", permission=VIEW)
    async def blacklist(self, visit: Visit) -> Answer:
        """Who may not book now, until when and why."""
        listed = await self.ground.standings.listed()
        people = await self.ground.people(one.patient for one in listed)
        await self.ground.looked(visit, "blacklist", people)
        values = {
            "barred": [
                (one, shown_patient(people.get(one.patient), visit, one.patient)) for one in listed
            ],
            "may_lift": visit.may(EDIT),
            "missed": self.ground.config.missed,
            "days": self.ground.config.missed_days,
            "barred_days": self.ground.config.barred_days,
        }
        return Page("appointments/blacklist.html", values, title=Text("Blacklist"))

    @post("/appointments/blacklist/<int:patient_id>/lift", permission=EDIT)
    async def lift(self, visit: Visit, patient_id: int) -> Answer:
        """Let somebody book again; the reason is kept."""
        await self.ground.core.patients.get(patient_id)
        await self.ground.standings.lift(patient_id, visit.user.login)
        await visit.audit(
            "appointments.lifted",
            kind="patient",
            whose=str(patient_id),
            why=visit.form.get("reason", ""),
        )
        text = toast(visit, Text("This patient can book again."))
        return Redirect("/appointments/blacklist", headers={"HX-Trigger": text})


@frozen
class WaitingRoutes:
    """Routes of the waiting list."""

    ground: Ground

    @get("/appointments/waiting", permission=VIEW)
    async def page(self, visit: Visit) -> Answer:
        """Who waits for what; offers that want an agent first."""
        return Page("appointments/waiting.html", {}, title=Text("Waiting list"))

    @get("/appointments/waiting/list", permission=VIEW, quiet=True)
    async def list(self, visit: Visit) -> Answer:
        """The list itself, which loads itself again at each change."""
        ground = self.ground
        allowed = campuses_of(ground.core, visit, VIEW)
        waiters = [one for one in await ground.waiting.listed() if one.campus in allowed]
        people = await ground.people(one.patient for one in waiters)
        await ground.looked(visit, "waiting", people)
        ordered = sorted(waiters, key=lambda one: one.state is not WaiterState.OFFERED)
        values = {
            "waiters": [self._shown(visit, one, people) for one in ordered],
            "may_book": visit.may(BOOK),
            "may_dial": visit.may("calls.dial") and visit.may("patients.view"),
        }
        return Fragment("appointments/waiting_list.html", values)

    def _shown(self, visit: Visit, one: Waiter, people: dict[int, Any]) -> dict[str, Any]:
        ground = self.ground
        return {
            "one": one,
            "patient": shown_patient(people.get(one.patient), visit, one.patient),
            "campus": ground.campus(visit, one.campus),
            "department": ground.department(visit, one.campus, one.department),
            "doctor": ground.doctor(visit, one.campus, one.offer_doctor or one.doctor),
            "offered": one.state is WaiterState.OFFERED,
            "state": WAITS[one.state].to(visit.language),
        }

    @post("/appointments/waiting/<int:waiter_id>/<verb>", permission=BOOK)
    async def do(self, visit: Visit, waiter_id: int, verb: str) -> Answer:
        """``take`` the offered number, ``decline`` it, or ``close`` the entry."""
        waiting = self.ground.waiting
        waiter = await waiting.get(waiter_id)
        visit.need(BOOK, Subject(campus=waiter.campus))
        text = Text("Done.")
        try:
            if verb == "take":
                booking = await waiting.take(waiter_id, visit.user.login)
                sure = booking.state is BookingState.BOOKED
                text = Text("Booked") if sure else Text("Being confirmed")
            elif verb == "decline":
                await waiting.decline(waiter_id)
            elif verb == "close":
                await waiting.close(waiter_id)
            else:
                raise NotFound("appointments.verb", "this cannot be done with a waiting patient")
        except NotFound:
            raise
        except CarelineError as error:
            return Empty(trigger=toast(visit, Text("{error}", {"error": error}), "bad"))
        await visit.audit(
            WAIT_ACTS[verb],
            kind="patient",
            whose=str(waiter.patient),
            what=str(waiter_id),
        )
        return Empty(trigger=toast(visit, text))
