"""Until it is known: asks the hospitals about every booking whose answer was lost."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

from attrs import evolve
from twisted.internet.defer import Deferred, gatherResults
from twisted.logger import Logger

from careline.clinic import Reply, Verdict, VisitFound, VisitState
from careline.errors import CarelineError, Conflict, NotFound, Unavailable
from careline.patients.model import OutpatientNumber
from careline.storage import Tx
from careline_appointments import store
from careline_appointments.booking import steps
from careline_appointments.booking.service import Booker
from careline_appointments.model import Booking, BookingState, Moved

log = Logger()
AT_ONCE = 8
ROUND = 120.0  # seconds; the next job goes on
PAUSES = (2, 5, 15, 30, 60, 120, 300, 600)  # seconds between looks
MOST_LOOKS = 30  # at an order that was given up
GIVEN_UP = timedelta(days=2)  # after the visit's day nobody can learn any more
NEVER = datetime(9999, 1, 1, tzinfo=UTC)  # not due any more, but health counts what has a time
SWEPT = timedelta(days=3)
OPEN = (BookingState.HOLDING, BookingState.UNSURE)
MARKS = {VisitState.VISITED: BookingState.VISITED, VisitState.MISSED: BookingState.MISSED}


class Settler:
    """Takes up what a lost answer or the end of a process has left behind.

    A HOLDING of which the HIS knows nothing after :data:`steps.HOLD` is FAILED; one that it has
    booked becomes BOOKED and is told, because its patient was told nothing. Somebody who was told
    "not available" (FAILED) or "cancelled" keeps being right: what the HIS booked late is cancelled
    there.
    """

    def __init__(self, core: Any, booker: Booker) -> None:
        self._core = core
        self._booker = booker

    async def settle(self) -> int:
        """Look at all that is due; gives how many were looked at."""
        count, ends = 0, self._core.clock.seconds() + ROUND
        while self._core.clock.seconds() <= ends and (due := await self._due()):
            count += len(due)
            looks = [Deferred.fromCoroutine(self._looked_at(one)) for one in due]
            await gatherResults(looks, consumeErrors=True)
        return count

    async def _looked_at(self, booking: Booking) -> None:
        """One that cannot be settled now must not keep the others waiting."""
        try:
            await self.look(booking)
        except CarelineError as error:
            log.warn("{booking!r} is looked at later: {error}", booking=booking, error=error)

    async def _due(self) -> list[Booking]:
        now = self._core.clock.now()
        found: list[Booking] = await self._core.db.run(store.due, now, now + steps.HOLD, AT_ONCE)
        return found

    async def look(self, booking: Booking) -> Booking:
        """Ask about one booking, and write down what is known now."""
        if booking.state is BookingState.CANCELLING:
            done = await self._booker.go_on_cancelling(booking, later=True)
        elif booking.state in OPEN:
            done = await self._ask(booking)
        else:
            return await self._look_for_stray(booking)
        if done.state is booking.state:
            if await self._is_hopeless(booking):
                log.warn("{booking!r}: its campus has no system; left to people", booking=booking)
                await self._core.db.run(store.look_later, booking, NEVER, 0)
            else:
                await self._later(booking)
        return done

    async def _is_hopeless(self, booking: Booking) -> bool:
        """A cancel of long ago that nobody is there to hear of; health goes on showing it."""
        past = self._core.clock.now().date() > booking.day + GIVEN_UP
        cancelling = booking.state is BookingState.CANCELLING
        return cancelling and past and not await self._booker.hospital.served(booking.campus)

    async def _ask(self, booking: Booking) -> Booking:
        order = await self._booker.hospital.order(booking)
        found = await self._booker.hospital.state(order, booking.reference)
        now = self._core.clock.now()
        verdict = judge(booking, found, now)
        if verdict is None:
            return booking
        if verdict is BookingState.BOOKED and found is not None:
            done: Booking = await self._run(steps.answered, booking, _reply(found), now)
            return done
        look = now + steps.STRAY
        return await self._run(steps.fail, booking, steps.NOT_CONFIRMED.msgid, now, look)

    async def _look_for_stray(self, booking: Booking) -> Booking:
        """An order that was given up: if the HIS has it all the same, it is cancelled there."""
        order = await self._booker.hospital.order(booking)
        found = await self._booker.hospital.state(order, booking.reference)
        over = found is not None and found.state is not VisitState.BOOKED
        if found is not None and found.state is VisitState.BOOKED:
            if await self._core.db.run(_is_anothers, booking):
                await self._later(booking)
                return booking
            reply = await self._booker.hospital.cancel(order, found.reference, booking.reason)
            over = reply.verdict is Verdict.CANCELLED
        if over or booking.tries >= MOST_LOOKS:
            await self._core.db.run(store.look_later, booking, None, 0)
        else:
            await self._later(booking)
        return booking

    async def _later(self, booking: Booking) -> None:
        pause = PAUSES[min(booking.tries, len(PAUSES) - 1)]
        at = self._core.clock.now() + timedelta(seconds=pause)
        await self._core.db.run(store.look_later, booking, at, booking.tries + 1)

    async def sweep(self) -> int:
        """Ask who came of those booked for the last days; gives how many are known now."""
        today = self._core.campuses.today()
        first, last, count = today - SWEPT, 0, 0
        while True:
            past: list[Booking] = await self._core.db.run(
                store.past_booked, first, today, last, AT_ONCE
            )
            if not past:
                return count
            marks = [Deferred.fromCoroutine(self._mark(one, today)) for one in past]
            count += sum(await gatherResults(marks, consumeErrors=True))
            last = past[-1].id

    async def _mark(self, booking: Booking, today: date) -> bool:
        order = await self._booker.hospital.order(booking)
        found = await self._booker.hospital.state(order, booking.reference)
        if found is None:
            return False
        if found.state is VisitState.CANCELLED:
            await self._run(steps.by_hospital, booking, "", self._core.clock.now())
            return True
        state = MARKS.get(found.state)
        if state is None:
            return False
        now = self._core.clock.now()
        try:
            await self._core.db.run(
                steps.marked, self._booker.ledger, booking.id, state, now, today
            )
        except CarelineError as error:  # cancelled in this moment, or no database: another day
            log.info("{booking!r} was not marked: {error}", booking=booking, error=error)
            return False
        return True

    async def hospital_cancelled(
        self, campus: str, reference: str, key: str, reason: str
    ) -> Booking | None:
        """The HIS has cancelled a visit by itself; None when it is none of ours.

        Unavailable while it is being booked here: to be told again.
        """
        found: Booking | None = await self._core.db.run(store.known, campus, reference, key)
        if found is None or found.state in (BookingState.FAILED, BookingState.CANCELLED):
            return found
        if found.state is BookingState.HOLDING:
            raise Unavailable("appointments.busy", "this visit is being booked at this moment")
        now = self._core.clock.now()
        return await self._run(steps.by_hospital, found, reason, now)

    async def hospital_moved(
        self, campus: str, reference: str, key: str, moved: Moved
    ) -> Booking | None:
        """The HIS has moved a visit by itself; None when it is none of ours.

        Unavailable while it is being booked or changed here: to be told again.
        """
        found: Booking | None = await self._core.db.run(store.known, campus, reference, key)
        if found is None or not found.active:
            return found
        if found.state is BookingState.HOLDING:
            raise Unavailable("appointments.busy", "this visit is being booked at this moment")
        now = self._core.clock.now()
        return await self._run(steps.moved_by_hospital, found, moved, now)

    async def add_number(self, booking_id: int) -> None:
        """Note the outpatient number (门诊号) that a HIS gave in the patient's record.

        A number that another record has is left to people: it is in the booking.
        """
        booking = await self._booker.get(booking_id)
        try:
            patient = await self._core.patients.get(booking.patient)
        except NotFound:  # erased meanwhile
            return
        number = OutpatientNumber(booking.campus, booking.outpatient_number)
        if any(one.campus == number.campus for one in patient.numbers):
            return
        try:
            await self._core.patients.change(evolve(patient, numbers=(*patient.numbers, number)))
        except Conflict as error:
            log.warn("an outpatient number was not noted: {error}", error=error)

    async def _run(self, step: Any, booking: Booking, *args: Any) -> Booking:
        done: Booking = await self._core.db.run(step, self._booker.ledger, booking, *args)
        return done


def _is_anothers(tx: Tx, booking: Booking) -> bool:
    """True when the patient has the same place by a later booking.

    A HIS that knows no keys tells visits by patient and place, so what it has is that one's.
    """
    return any(
        (one.campus, one.slot) == (booking.campus, booking.slot) and one.id != booking.id
        for one in store.active_of(tx, [booking.patient])
    )


def judge(booking: Booking, found: VisitFound | None, now: datetime) -> BookingState | None:
    """What an open booking is, by what the HIS knows; None: ask again later."""
    if found is None:
        over = now.date() > booking.day + GIVEN_UP
        return BookingState.FAILED if over else None
    if found.state is VisitState.ABSENT:
        return BookingState.FAILED if now - booking.created >= steps.HOLD else None
    if found.state is VisitState.CANCELLED:
        return BookingState.FAILED
    return BookingState.BOOKED


def _reply(found: VisitFound) -> Reply:
    return Reply(
        verdict=Verdict.BOOKED,
        reference=found.reference,
        number=found.number,
        outpatient_number=found.outpatient_number,
    )
