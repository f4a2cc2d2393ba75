"""Doing in a call: booking, moving, cancelling, the waiting list; what came of it, as it is."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any

from attrs import frozen

from careline.auth.model import Subject
from careline.clinic import Clinic, TimeSlot
from careline.errors import CarelineError, Invalid, Refused
from careline.web import Answer, Fragment, Visit, get, post
from careline_appointments.desk.asked import LONGEST_CODE, Asked, asked_of, day_of, today
from careline_appointments.desk.choosing import Choosing
from careline_appointments.desk.ground import BOOK, CANCEL, EDIT, VIEW, Ground
from careline_appointments.desk.nearest import Near, Nearest
from careline_appointments.desk.words import REASONS, shown_booking, shown_patient
from careline_appointments.model import Booking, BookingState, Source, Wish

KEY = re.compile(r"desk-[0-9a-f]{24}")
LONGEST_REASON = 200
#: Another time helps against these.
ELSEWHERE = frozenset(
    {
        "appointments.full",
        "appointments.not_now",
        "appointments.past",
        "appointments.stopped",
        "appointments.refused",
    }
)


@frozen
class Doing:
    """Routes that book, move and cancel."""

    ground: Ground
    choosing: Choosing
    nearest: Nearest

    @post("/appointments/desk/book", permission=BOOK)
    async def book(self, visit: Visit) -> Answer:
        """Book, or move what ``moving`` names; never says booked before the hospital has."""
        asked = asked_of(visit.form)
        day = day_of(visit.form.get("day", "")) or today(visit)
        start = visit.form.get("start", "")[:5]
        try:
            clinic, slots = await self.choosing.clinic(
                asked, day, visit.form.get("clinic", "")[:LONGEST_CODE]
            )
            slot = _slot(slots, visit.form.get("slot", "")[:LONGEST_CODE])
            booking = await self._booked(visit, asked, clinic, slot)
        except CarelineError as error:
            return await self._failed(visit, asked, day, start, error)
        return Fragment(
            "appointments/book_result.html",
            await self._result(visit, booking, asked),
            trigger="careline:booked",
        )

    async def _booked(self, visit: Visit, asked: Asked, clinic: Clinic, slot: TimeSlot) -> Booking:
        ground, by = self.ground, visit.user.login
        visit.need(BOOK, Subject(campus=clinic.campus))
        if asked.call:
            await ground.call_of(visit, asked.call)
        if asked.moving:
            await ground.booking_of(visit, asked.moving, BOOK)
            late = bool(visit.form.get("late")) and visit.may(EDIT)
            moved: Booking = await ground.booker.move(
                asked.moving, clinic, slot, by, Source.AGENT, asked.call, late=late
            )
            await _note(visit, "appointment.moved", moved)
            return moved
        if not asked.patient:
            raise Invalid("appointments.patient", "Choose first whom it is for.")
        key = visit.form.get("key", "")
        wish = Wish.of(
            clinic,
            slot,
            patient=asked.patient,
            source=Source.AGENT,
            by=by,
            call=asked.call,
            key=key if KEY.fullmatch(key) else "",
        )
        booked: Booking = await ground.booker.book(wish)
        await _note(visit, "appointment.booked", booked)
        return booked

    async def _failed(
        self, visit: Visit, asked: Asked, day: date, start: str, error: CarelineError
    ) -> Answer:
        """Why not, and what there is instead."""
        near: list[Near] = []
        if error.code in ELSEWHERE:
            near = await self.nearest.find(visit, asked, day, start)
        values = {
            "asked": asked,
            "error": error,
            "near": near,
            "day": day,
            "may_wait": error.code in ELSEWHERE and bool(asked.patient) and not asked.moving,
        }
        return Fragment("appointments/book_failed.html", values, status=422)

    # What came of it

    @get("/appointments/desk/<int:booking_id>", permission=VIEW, quiet=True)
    async def state(self, visit: Visit, booking_id: int) -> Answer:
        """A booking as it stands now; loads itself again while it is being confirmed."""
        booking = await self.ground.booking_of(visit, booking_id, VIEW)
        values = await self._result(visit, booking, asked_of(visit.args))
        return Fragment("appointments/book_state.html", values)

    async def _result(self, visit: Visit, booking: Booking, asked: Asked) -> dict[str, Any]:
        people = await self.ground.people((booking.patient,))
        patient = people.get(booking.patient)
        await self.ground.looked(visit, asked.call or "appointments", people)
        return {
            "asked": asked,
            "shown": shown_booking(self.ground, visit, booking, patient),
            "patient": shown_patient(patient, visit, booking.patient),
            "moved": bool(booking.moved_from),
            "stands": await self._still_stands(booking),
        }

    async def _still_stands(self, booking: Booking) -> Booking | None:
        """The old visit of one that was moved, where the HIS would not cancel it."""
        if not booking.moved_from or booking.state is not BookingState.BOOKED:
            return None
        old = await self.ground.booker.get(booking.moved_from)
        return old if old.state is BookingState.BOOKED else None

    # Cancelling

    @get("/appointments/desk/<int:booking_id>/cancel", permission=CANCEL, quiet=True)
    async def ask_cancel(self, visit: Visit, booking_id: int) -> Answer:
        """Why it is cancelled."""
        booking = await self.ground.booking_of(visit, booking_id, CANCEL)
        return await self._cancel_form(visit, booking)

    async def _cancel_form(
        self, visit: Visit, booking: Booking, error: CarelineError | None = None
    ) -> Answer:
        values = {
            **await self._result(visit, booking, asked_of({**visit.args, **visit.form})),
            "reasons": [(one.msgid, one.to(visit.language)) for one in REASONS],
            "error": error,
            "may_late": visit.may(EDIT),
            "typed": {name: visit.form.get(name, "") for name in ("why", "more")},
        }
        return Fragment(
            "appointments/book_cancel.html", values, status=422 if error is not None else 200
        )

    @post("/appointments/desk/<int:booking_id>/cancel", permission=CANCEL)
    async def cancel(self, visit: Visit, booking_id: int) -> Answer:
        """Cancel; who may change the rules' outcome cancels after the deadline too."""
        booker = self.ground.booker
        reason = self.reason(visit)
        late = bool(visit.form.get("late")) and visit.may(EDIT)
        await self.ground.booking_of(visit, booking_id, CANCEL)
        try:
            if not reason:
                raise Invalid("appointments.why", "Say why it is cancelled.")
            booking = await booker.cancel(
                booking_id, reason, visit.user.login, Source.AGENT, late=late
            )
        except CarelineError as error:
            return await self._cancel_form(visit, await booker.get(booking_id), error)
        await _note(visit, "appointment.cancelled", booking, why=reason)
        values = await self._result(visit, booking, asked_of(visit.form))
        return Fragment("appointments/book_result.html", values, trigger="careline:booked")

    def reason(self, visit: Visit) -> str:
        """The reason that was chosen, with what was typed beside it."""
        chosen = {one.msgid: one.to("zh") for one in REASONS}.get(visit.form.get("why", ""), "")
        more = " ".join(visit.form.get("more", "").split())
        return "；".join(part for part in (chosen, more) if part)[:LONGEST_REASON]

    # Waiting

    @post("/appointments/desk/wait", permission=BOOK)
    async def wait(self, visit: Visit) -> Answer:
        """Put the patient on the waiting list of a doctor or department."""
        asked = asked_of(visit.form)
        if not asked.patient:
            raise Invalid("appointments.patient", "Choose first whom it is for.")
        first = today(visit)
        last = first + timedelta(days=self.ground.config.horizon_days)
        waiter = await self.ground.waiting.add(
            asked.patient,
            asked.campus,
            self._department(asked),
            asked.doctor,
            first,
            last,
            visit.user.login,
        )
        await visit.audit(
            "appointment.waits", kind="patient", whose=str(asked.patient), what=str(waiter.id)
        )
        values = {"asked": asked, "title": self.choosing.title(visit, asked), "last": last}
        return Fragment("appointments/book_waits.html", values)

    def _department(self, asked: Asked) -> str:
        doctor = self.ground.doctor_at(asked.campus, asked.doctor)
        return asked.department or (doctor.department if doctor else "")


def _slot(slots: Sequence[TimeSlot], code: str) -> TimeSlot:
    """The slot with that code; it may be gone since the page was made."""
    found = next((one for one in slots if one.code == code), None)
    if found is None:
        raise Refused("appointments.full", "this time is not offered any more")
    return found


async def _note(visit: Visit, act: str, booking: Booking, why: str = "") -> None:
    """A deed on a patient's visit, in the audit log."""
    await visit.audit(
        act,
        kind="patient",
        whose=str(booking.patient),
        what=f"{booking.id} {booking.state.value}",
        why=why,
    )
