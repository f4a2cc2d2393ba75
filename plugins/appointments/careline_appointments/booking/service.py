"""What others ask of bookings: book, move, cancel, mark, find."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import Any
from uuid import uuid4

from attrs import evolve

from careline.clinic import Clinic, Reply, TimeSlot, Verdict
from careline.errors import CarelineError, NotFound, Refused, Unavailable
from careline.i18n import DEFAULT, translate
from careline.patients.model import Patient
from careline_appointments import rules, store
from careline_appointments.booking import steps
from careline_appointments.booking.hospital import Hospital, order_of, person_of
from careline_appointments.config import AppointmentsConfig
from careline_appointments.directory import Directory
from careline_appointments.model import (
    NEXT,
    Booking,
    BookingState,
    Criteria,
    Found,
    Source,
    Wish,
)

FREE = frozenset({Source.STOP, Source.HOSPITAL})
"""Who cancels and moves without a deadline."""


class Booker:
    """Books in three steps that survive the end of any process and the loss of any answer.

    Held here (HOLDING), asked of the HIS, written down (BOOKED, FAILED or UNSURE). What is left
    behind is taken up by :class:`~careline_appointments.booking.settling.Settler`. ``core`` is a
    ``careline.plugins.Core``.
    """

    def __init__(self, core: Any, config: AppointmentsConfig, directory: Directory) -> None:
        self._core = core
        self._config = config
        self._directory = directory
        self.hospital = Hospital(core)
        self.ledger = steps.Ledger(config, core.hub, core.outbox, self._tell)

    def _tell(self, booking_id: int) -> None:
        events = self._core.events
        events.tell("appointment_changed", str(booking_id), permission="appointments.view")

    # Booking

    async def book(self, wish: Wish) -> Booking:
        """Book: BOOKED once the HIS has said so, or UNSURE when its answer was lost.

        Only BOOKED may be told as done. Raises Refused ``appointments.full``, ``.limit``,
        ``.blacklisted``, ``.past``, ``.horizon``, ``.no_record``, ``.refused`` (the HIS's words),
        Conflict ``appointments.twice`` and Unavailable ``appointments.not_now``; then nothing is
        booked. With the key of an earlier wish it gives, or goes on with, that booking; what
        came to nothing needs a new key.
        """
        local = self._local(wish.campus)
        patient = await self._patient(wish)
        rules.check_time(self._config, wish, local)
        rules.check_patient(self._config, patient)
        if not await self.hospital.served(wish.campus):
            raise not_now()
        wish = evolve(wish, patient=patient.id)
        fresh = self._fresh(wish, patient)
        held: Booking = await self._core.db.run(steps.hold, self.ledger, wish, fresh, local)
        if held.state is not BookingState.HOLDING:
            return told(held)
        order = order_of(held, person_of(patient, held.campus))
        reply = await self.hospital.book(order)
        return await self._answered(held, reply)

    async def _answered(self, held: Booking, reply: Reply) -> Booking:
        try:
            booking: Booking = await self._core.db.run(
                steps.answered, self.ledger, held, reply, self._core.clock.now()
            )
        except Unavailable:
            if reply.verdict in (Verdict.BOOKED, Verdict.UNKNOWN):
                return evolve(held, state=BookingState.UNSURE)  # the settle job writes it down
            raise
        if booking.state is BookingState.FAILED:
            raise failure(reply)
        return told(booking)

    async def move(
        self,
        booking_id: int,
        clinic: Clinic,
        slot: TimeSlot,
        by: str,
        source: Source,
        call: str = "",
        *,
        late: bool = False,
    ) -> Booking:
        """Book the new slot, then cancel the old: the old one stays when the new cannot be had.

        When the new one is UNSURE the old is kept until it is known. ``late``: whoever asks may
        move after the deadline. Raises what :meth:`book` does, and Refused ``appointments.late``
        or ``appointments.over``.
        """
        old = await self.get(booking_id)
        rules.check_open(old)
        self._check_deadline(old, source, late)
        wish = Wish.of(clinic, slot, patient=old.patient, source=source, by=by, call=call)
        new = await self.book(evolve(wish, moved_from=old.id))
        if new.state is BookingState.BOOKED:
            await self.go_on_cancelling(await self.get(old.id))
        return new

    async def cancel(
        self, booking_id: int, reason: str, by: str, source: Source, *, late: bool = False
    ) -> Booking:
        """Cancel: CANCELLED once the HIS has said so, else CANCELLING, and it is asked until done.

        A cancelled one is given as it is. ``late``: whoever asks may cancel after the deadline.
        Raises Refused ``appointments.late``, ``appointments.over``, or ``appointments.refused``
        when the HIS will not; then the visit stands.
        """
        booking = await self.get(booking_id)
        if booking.state is BookingState.CANCELLED:
            return booking
        if booking.state is not BookingState.CANCELLING:
            if BookingState.CANCELLING not in NEXT[booking.state]:
                raise rules.over(booking)
            self._check_deadline(booking, source, late)
            now = self._core.clock.now()
            booking = await self._core.db.run(
                steps.begin_cancel, self.ledger, booking.id, reason, by, now
            )
        done = await self.go_on_cancelling(booking)
        if done.state is BookingState.BOOKED:
            raise refused(done.reason)
        return done

    async def go_on_cancelling(self, booking: Booking, *, later: bool = False) -> Booking:
        """Ask the HIS to cancel what is CANCELLING; others are given as they are.

        It may refuse for what it has cancelled already, so a refusal is looked into. ``later``:
        whoever cancelled it has left, and hears of a refusal by ``appointment_kept``.
        """
        if booking.state is not BookingState.CANCELLING:
            return booking
        order = await self.hospital.order(booking)
        words = translate(booking.reason, DEFAULT)  # our own reasons are msgids
        reply = await self.hospital.cancel(order, booking.reference, words)
        if reply.verdict is Verdict.CANCELLED:
            return await self._run(steps.cancelled, booking)
        if reply.verdict is Verdict.REFUSED:
            found = await self.hospital.state(order, booking.reference)
            if found is not None and found.state.value in ("absent", "cancelled"):
                return await self._run(steps.cancelled, booking)
            if found is not None:
                return await self._run(steps.kept, booking, reply.reason, later)
        return booking

    async def mark(self, booking_id: int, state: BookingState, by: str) -> Booking:
        """Say that the patient came (VISITED) or did not (MISSED), ``by`` whom is in the log."""
        booking = await self.get(booking_id)
        today = self._local(booking.campus).date()
        marked: Booking = await self._core.db.run(
            steps.marked, self.ledger, booking_id, state, self._core.clock.now(), today
        )
        return marked

    # Finding

    async def get(self, booking_id: int) -> Booking:
        """The booking with that id, else NotFound."""
        found: Booking = await self._core.db.run(store.get_booking, booking_id)
        return found

    async def by_key(self, key: str) -> Booking | None:
        """What became of the wish with that key, if it was ever held."""
        found: Booking | None = await self._core.db.run(store.by_key, key)
        return found

    async def coming(self, patients: Collection[int]) -> list[Booking]:
        """Active bookings of these patients from today on, in order of time."""
        today = self._core.campuses.today()
        found: list[Booking] = await self._core.db.run(store.active_of, patients, today)
        return found

    async def of_patient(self, patient: int, most: int = 50) -> list[Booking]:
        """All bookings of a patient, the latest day first."""
        found: list[Booking] = await self._core.db.run(store.of_patient, patient, most)
        return found

    async def of_clinic(self, campus: str, clinic: str) -> list[Booking]:
        """Active bookings of a clinic in order of time."""
        found: list[Booking] = await self._core.db.run(store.of_clinic, campus, clinic)
        return found

    async def last_doctor(self, patients: Collection[int]) -> Booking | None:
        """The latest booking with a doctor: the doctor of last time."""
        found: Booking | None = await self._core.db.run(store.last_visited, patients)
        return found

    async def search(self, criteria: Criteria, offset: int = 0, most: int = 50) -> Found:
        """A page of bookings by day and time."""
        found: Found = await self._core.db.run(store.search, criteria, offset, most)
        return found

    async def _run(self, step: Any, booking: Booking, *args: Any) -> Booking:
        now = self._core.clock.now()
        done: Booking = await self._core.db.run(step, self.ledger, booking, *args, now)
        return done

    def _local(self, campus: str) -> datetime:
        local: datetime = self._core.campuses.campus(campus).local(self._core.clock.now())
        return local

    def _check_deadline(self, booking: Booking, source: Source, late: bool) -> None:
        if not late and source not in FREE:
            rules.check_deadline(self._config, booking, self._local(booking.campus))

    async def _patient(self, wish: Wish) -> Patient:
        try:
            patient: Patient = await self._core.patients.get(wish.patient)
        except NotFound:
            raise Refused("appointments.no_record", NO_RECORD) from None
        return patient

    def _fresh(self, wish: Wish, patient: Patient) -> Booking:
        now = self._core.clock.now()
        return Booking(
            key=wish.key or uuid4().hex,
            campus=wish.campus,
            department=wish.department,
            doctor=wish.doctor,
            clinic=wish.clinic,
            slot=wish.slot,
            day=wish.day,
            start=wish.start,
            end=wish.end,
            kind=wish.kind,
            fee=wish.fee,
            place=wish.place,
            patient=patient.id,
            phone=patient.preferred_phone,
            state=BookingState.HOLDING,
            source=wish.source,
            by=wish.by,
            call=wish.call,
            created=now,
            changed=now,
            moved_from=wish.moved_from,
            check_at=now + steps.HOLD,
            department_name=self._directory.department_name(wish.campus, wish.department),
            doctor_name=self._directory.doctor_name(wish.campus, wish.doctor),
        )


NO_RECORD = "The patient's record must be made before a visit is booked."


def told(booking: Booking) -> Booking:
    """The booking if it is a visit or may be one; else the error that says why not."""
    if booking.state is BookingState.FAILED:
        known = booking.reason not in ("", steps.NOT_CONFIRMED.msgid)
        raise refused(booking.reason) if known else not_now()
    if booking.state is BookingState.HOLDING:
        return evolve(booking, state=BookingState.UNSURE)
    return booking


def failure(reply: Reply) -> CarelineError:
    """What the one who asked is told when nothing was booked."""
    if reply.verdict is Verdict.TAKEN:
        return Refused("appointments.full", "This time has just been taken; choose another one.")
    if reply.verdict is Verdict.REFUSED:
        return refused(reply.reason)
    return not_now()


def refused(words: str) -> Refused:
    """The HIS's own no."""
    return Refused("appointments.refused", "The hospital's system refuses: {words}", words=words)


def not_now() -> Unavailable:
    """Surely nothing was done, and later it may be."""
    return Unavailable(
        "appointments.not_now",
        "This campus's appointments are not available now. Try again later, or another campus.",
    )
