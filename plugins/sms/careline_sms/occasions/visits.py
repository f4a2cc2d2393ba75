"""Messages about visits, each told once however often its event comes.

The reminder is a message like all others, put at the booking and due the day before: so it is seen
on the pages, and withdrawn when the visit is cancelled, moved or its clinic is stopped.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import UTC, datetime, time, timedelta

from attrs import evolve

from careline.clinic import Appointment, Notice, Notified, Offer
from careline.errors import NotFound
from careline.hooks import Urgency
from careline.i18n import Text
from careline.storage import Tx
from careline_sms.model import New, State
from careline_sms.occasions import store
from careline_sms.occasions.others import Known, Others
from careline_sms.occasions.store import Told, Word
from careline_sms.occasions.words import (
    COMES,
    language_of,
    offer_values,
    start_of,
    values_of,
    when,
    zone_of,
)
from careline_sms.services import Services

DAY, NIGHT = time(8), time(21)
"""By day nobody is woken by what concerns a visit that will not be as it was said."""
REMINDS_FOR = timedelta(hours=1)
"""A reminder that comes later than so long before the visit reminds nobody."""
NOTICE = re.compile(r"stop:\d+:(\d{1,18})")
"""Keys of notices of a stop."""
NOTIFIED = {
    State.SENT: Notified.SENT,
    State.DELIVERED: Notified.DELIVERED,
    State.FAILED: Notified.FAILED,
    State.REJECTED: Notified.FAILED,
    State.UNCERTAIN: Notified.FAILED,
}
STOPPED = Text("the clinic is stopped")
CANCELLED = Text("the visit is cancelled")
MOVED = Text("the visit has another time")
REOPENED = Text("the clinic takes place after all")


class Visits:
    """Hears of visits."""

    def __init__(self, services: Services) -> None:
        self._core = services.core
        self._messages = services.messages
        self._all = services.config
        self._config = services.config.occasions
        self.others = Others(services, self.known)

    async def booked(self, booking: int) -> None:
        """Confirm it, and plan the reminder."""
        known = await self._known_well(booking)
        if known is None or known.visit.state != "booked":
            return

        def work(tx: Tx) -> None:
            told = store.told_of(tx, booking)
            before = known.visit.moved_from
            if before:
                old = self._unplan(tx, store.told_of(tx, before), MOVED)
                store.put_told(tx, evolve(old, moved_to=booking))
            if self._config.bookings:
                template = "visit-moved" if before else "visit-booked"
                self._write(tx, known, f"visit:{booking}:booked", template, answer=True)
            if told.start is None:
                self._plan(tx, known, told)

        await self._core.db.run(work)
        if not known.alone:
            await self.others.reword(known.to)

    async def rescheduled(self, booking: int) -> None:
        """The hospital has moved it: tell so, and remind of the new time."""
        known = await self._known_well(booking)
        if known is None or known.visit.state not in COMES:
            return

        def work(tx: Tx) -> None:
            told = store.told_of(tx, booking)
            if told.start == known.start:
                return
            told = self._unplan(tx, told, MOVED)
            key = f"visit:{booking}:moved:{told.round + 1}"
            self._write(tx, known, key, "visit-moved", urgency=self._near(known))
            self._plan(tx, known, evolve(told, word=Word.NONE))

        await self._core.db.run(work)

    async def failed(self, booking: int) -> None:
        """Who was told "being confirmed" is told that it will not be."""
        known = await self.known(booking)
        if known is not None:
            await self._core.db.run(self._write, known, f"visit:{booking}:failed", "visit-failed")
            await self.others.reword(known.to)

    async def kept(self, booking: int) -> None:
        """It was to be cancelled and stands."""
        known = await self._known_well(booking)
        if known is None or known.visit.state not in COMES:
            return

        def work(tx: Tx) -> None:
            told = store.told_of(tx, booking)
            self._write(tx, known, f"visit:{booking}:kept:{self._now():%Y%m%d}", "visit-kept")
            told = evolve(told, word=Word.NONE)
            if told.reminder:
                store.put_told(tx, told)
            else:
                self._plan(tx, known, told)

        await self._core.db.run(work)
        await self.others.reword(known.to)

    async def cancelled(self, booking: int) -> None:
        """Withdraw the reminder; tell it unless the patient knows already."""
        known = await self.known(booking)

        def work(tx: Tx) -> None:
            told = self._unplan(tx, store.told_of(tx, booking), CANCELLED)
            store.put_told(tx, told)
            knows = told.stop or told.moved_to or told.word is Word.CANCELLED
            if known is not None and self._config.bookings and not knows:
                key = f"visit:{booking}:cancelled"
                self._write(tx, known, key, "visit-cancelled", answer=self._by_day(known))

        await self._core.db.run(work)
        if known is not None:
            await self.others.reword(known.to)

    async def stopped(self, stop: int, bookings: Sequence[int]) -> None:
        """Withdraw the reminders and tell each patient not to come."""
        for booking in bookings:
            await self._stopped(stop, booking)

    async def _stopped(self, stop: int, booking: int) -> None:
        known = await self.known(booking)

        def work(tx: Tx) -> None:
            told = self._unplan(tx, store.told_of(tx, booking), STOPPED)
            if known is None or known.visit.state not in COMES or not self._config.stops:
                store.put_told(tx, told)
                return
            key = f"stop:{stop}:{booking}"
            self._write(tx, known, key, "visit-stopped", "stop", self._near(known))
            store.put_told(tx, evolve(told, stop=stop))

        await self._core.db.run(work)

    async def notices(self, stop: int) -> list[Notice]:
        """How far the notices of a stop have come."""
        found = await self._core.db.run(store.notices_of, stop)
        return [
            Notice(booking=int(told[1]), state=NOTIFIED.get(state, Notified.WAITING), at=at)
            for key, state, at in found
            if (told := NOTICE.fullmatch(key))
        ]

    async def reopened(self, stop: int, bookings: Sequence[int]) -> None:
        """Who was told of the stop is told of this; reminders are planned again."""
        for booking in bookings:
            await self._reopened(stop, booking)

    async def _reopened(self, stop: int, booking: int) -> None:
        known = await self._known_well(booking)

        def work(tx: Tx) -> None:
            told = store.told_of(tx, booking)
            key = f"stop:{stop}:{booking}"
            unheard = told.stop == stop and self._messages.withdraw(tx, key, REOPENED.msgid)
            if known is None or known.visit.state not in COMES:
                return
            if told.stop == stop and not unheard:
                urgency = self._near(known)
                self._write(tx, known, f"{key}:back", "visit-reopened", "stop", urgency)
            if not told.reminder:
                self._plan(tx, known, evolve(told, stop=0))

        await self._core.db.run(work)

    async def offered(self, waiter: int) -> None:
        """A freed slot is offered to somebody on the waiting list."""
        offer: Offer | None = await self._core.hub.offered_slot(waiter_id=waiter)
        if offer is None or offer.until <= self._now() or not self._config.offers:
            return
        try:
            patient = await self._core.patients.get(offer.patient)
        except NotFound:
            return
        language = language_of(patient, self._config.language)
        new = New(
            key=f"offer:{waiter}:{offer.until:%Y%m%d%H%M%S}",
            to=patient.preferred_phone,
            patient=patient.id,
            campus=offer.campus,
            template="slot-offered",
            values=offer_values(self._core, self._all, offer, patient.name, language),
            language=language,
            purpose="offer",
            not_after=offer.until,
        )
        if new.to:
            await self._core.db.run(self._messages.put, new)

    # What all of them need

    async def known(self, booking: int) -> Known | None:
        """The visit with its patient; None when there is none, it is past, or without a number."""
        visit: Appointment | None = await self._core.hub.appointment_of(booking_id=booking)
        if visit is None or start_of(self._core, visit) <= self._now():
            return None
        try:
            patient = await self._core.patients.get(visit.patient)
        except NotFound:
            return None  # erased meanwhile
        to = visit.phone or patient.preferred_phone
        language = language_of(patient, self._config.language)
        start = start_of(self._core, visit)
        return Known(visit, patient.name, to, start, language) if to else None

    async def _known_well(self, booking: int) -> Known | None:
        """The same, with whether it is the only one of its number."""
        known = await self.known(booking)
        if known is None:
            return None
        others = await self.others.any(known.to, {booking, known.visit.moved_from})
        return evolve(known, alone=not others)

    def when(self, known: Known) -> str:
        """Its day and time as messages say them."""
        zone = zone_of(self._core, known.visit.campus)
        return when(known.start.astimezone(zone), known.language)

    def _now(self) -> datetime:
        now: datetime = self._core.clock.now()
        return now

    def _by_day(self, known: Known) -> bool:
        zone = zone_of(self._core, known.visit.campus)
        return DAY <= self._now().astimezone(zone).time() < NIGHT

    def _near(self, known: Known) -> Urgency:
        """By day at once, whatever the patient was told before; at night only when it is soon."""
        soon = self._now() + timedelta(hours=self._config.urgent_hours)
        by_day = self._by_day(known)
        return Urgency.URGENT if by_day or known.start <= soon else Urgency.ROUTINE

    def _write(
        self,
        tx: Tx,
        known: Known,
        key: str,
        template: str,
        purpose: str = "booking",
        urgency: Urgency = Urgency.ROUTINE,
        not_before: datetime | None = None,
        answer: bool = False,
    ) -> None:
        language = known.language
        reminds = purpose == "reminder"
        new = New(
            key=key,
            to=known.to,
            patient=known.visit.patient,
            campus=known.visit.campus,
            template=template,
            values=values_of(self._core, self._all, known.visit, known.name, language, known.alone),
            language=language,
            purpose=purpose,
            urgency=urgency,
            not_before=not_before,
            not_after=known.start - REMINDS_FOR if reminds else known.start,
            answer=answer,
            shares=reminds,
        )
        self._messages.put(tx, new)

    def _plan(self, tx: Tx, known: Known, told: Told) -> None:
        """Put the reminder; none when its time is over: the patient has just been told."""
        told = evolve(told, start=known.start, reminder="", round=told.round + 1)
        due = self._due(known)
        if due is not None and self._now() < due < known.start - REMINDS_FOR:
            key = f"visit:{told.booking}:reminder:{told.round}"
            told = evolve(told, reminder=key)
            self._write(tx, known, key, "visit-reminder", "reminder", not_before=due)
        store.put_told(tx, told)

    def _due(self, known: Known) -> datetime | None:
        days = self._config.remind_days
        if not days:
            return None
        day = known.visit.day - timedelta(days=days)
        zone = zone_of(self._core, known.visit.campus)
        return datetime.combine(day, self._config.remind_time, zone).astimezone(UTC)

    def _unplan(self, tx: Tx, told: Told, why: Text) -> Told:
        if told.reminder:
            self._messages.withdraw(tx, told.reminder, why.msgid)
        return evolve(told, reminder="")
