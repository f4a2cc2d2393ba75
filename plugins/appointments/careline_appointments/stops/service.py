"""Stopping clinics: who is struck, the HIS told until it has heard, taken back while it can be."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Any

from attrs import evolve, frozen
from twisted.internet.defer import Deferred, gatherResults

from careline.clinic import Clinic, HalfDay, Reply, Verdict
from careline.clock import TimeoutError
from careline.errors import Conflict, Invalid, NotFound, Refused, Unavailable
from careline.jobs import Job
from careline.storage import Tx
from careline_appointments.model import Booking
from careline_appointments.services import Services
from careline_appointments.stops import store, task_store
from careline_appointments.stops.model import (
    HELD,
    Counts,
    Origin,
    Stop,
    StoppedClinic,
    TaskState,
    Word,
)

ASK = "appointments.stop_ask"
PATIENCE = 5.0  # seconds that whoever stops a clinic waits for the HIS; then a job goes on
AHEAD = 28  # days of clinics that are offered to be stopped
VIEW = "appointments.view"


@frozen(kw_only=True)
class Choice:
    """A clinic that may be stopped: what is booked here, and what the HIS counts (None: unknown).

    More ``taken`` than ``booked`` are visits booked elsewhere, which nobody here knows.
    """

    clinic: StoppedClinic
    booked: int = 0
    taken: int | None = None
    stopped: bool = False

    @property
    def elsewhere(self) -> int:
        """Visits that the HIS counts and that are not known here."""
        return max(0, (self.taken or 0) - self.booked)


@frozen(kw_only=True)
class Wanted:
    """What somebody wants to stop."""

    campus: str
    department: str
    doctor: str = ""
    clinics: tuple[StoppedClinic, ...]
    reason: str


class Stopping:
    """Stops, as others make and read them; ``services`` are the plugin's."""

    def __init__(self, services: Services) -> None:
        self._core = services.core
        self._directory = services.directory
        self._schedules = services.schedules

    def tell(self, stop_id: int) -> None:
        """Have the screens that show this stop load anew."""
        self._core.events.tell("stop_changed", str(stop_id), permission=VIEW)

    # Before

    async def choices(self, campus: str, department: str, doctor: str) -> list[Choice]:
        """The coming clinics of a doctor, or of a department (``doctor`` empty): its general ones.

        When the HIS does not answer they are those for which visits are booked here.
        """
        today = self._today(campus)
        bookings: list[Booking] = await self._core.db.run(
            task_store.booked_clinics, campus, department, doctor, today
        )
        booked: dict[str, list[Booking]] = {}
        for one in bookings:
            booked.setdefault(one.clinic, []).append(one)
        weeks = await self._schedules.days(today, AHEAD, campus, department, doctor)
        found = {
            clinic.code: Choice(
                clinic=StoppedClinic(clinic=clinic.code, day=clinic.day, half=clinic.half),
                booked=len(booked.get(clinic.code, ())),
                taken=_taken(clinic, week.slots) if clinic.day > today else None,
                stopped=clinic.stopped,
            )
            for week in weeks
            for clinic in week.clinics
            if clinic.doctor == doctor
        }
        for code, those in booked.items():
            first = those[0]
            known = StoppedClinic(clinic=code, day=first.day, half=HalfDay.of(first.start))
            found.setdefault(code, Choice(clinic=known, booked=len(those)))
        return sorted(found.values(), key=lambda one: (one.clinic.day, one.clinic.half.value))

    async def affected(self, wanted: Wanted) -> list[Booking]:
        """Whom it would strike, in order of time."""
        codes = [one.clinic for one in wanted.clinics]
        found: list[Booking] = await self._core.db.run(task_store.affected, wanted.campus, codes)
        return found

    # Stopping

    async def stop(self, wanted: Wanted, by: str) -> Stop:
        """Stop these clinics: the HIS is asked first, then all that is struck is written at once.

        A HIS that does not answer is asked on by a job; one that refuses refuses for us too: when
        it has stopped others meanwhile the stop is of those alone, so that their patients are told.
        Raises Invalid without clinic or reason, Refused ``appointments.stop_refused``, Conflict
        ``appointments.stopped`` when somebody was quicker.
        """
        if not wanted.clinics:
            raise Invalid("stop.clinics", "Choose at least one half-day.")
        if not wanted.reason.strip():
            raise Invalid("stop.reason", "Say why the clinic is stopped.")
        asked = [Deferred.fromCoroutine(self._first(wanted, one)) for one in wanted.clinics]
        clinics: list[StoppedClinic] = await gatherResults(asked, consumeErrors=True)
        stopped = tuple(one for one in clinics if one.word is not Word.REFUSED)
        if not stopped:
            raise Refused(
                "appointments.stop_refused",
                "The hospital's system will not stop this clinic: {words}",
                words=clinics[0].words,
            )
        made = Stop(
            campus=wanted.campus,
            department=wanted.department,
            doctor=wanted.doctor,
            department_name=self._directory.department_name(wanted.campus, wanted.department),
            doctor_name=self._directory.doctor_name(wanted.campus, wanted.doctor),
            reason=wanted.reason.strip(),
            by=by,
            at=self._core.clock.now(),
            clinics=stopped,
        )
        stop: Stop = await self._core.db.run(self._write, made)
        return stop

    async def _first(self, wanted: Wanted, one: StoppedClinic) -> StoppedClinic:
        try:
            reply = await self._core.clock.within(
                PATIENCE, self._ask(wanted.campus, one.clinic, wanted.reason)
            )
        except TimeoutError:
            return one
        return evolve(one, word=_word(reply), words=reply.reason if reply else "")

    async def _ask(self, campus: str, clinic: str, reason: str) -> Reply | None:
        reply: Reply | None = await self._core.hub.stop_clinic(
            campus=campus, clinic=clinic, reason=reason
        )
        return reply

    def _write(self, tx: Tx, made: Stop) -> Stop:
        """The stop, a task for everybody, the event and the HIS's job: all or nothing."""
        codes = [one.clinic for one in made.clinics]
        if known := store.stopped(tx, made.campus, codes):
            return self._adopted(tx, known[0], made, codes)
        stop = store.add_stop(tx, made)
        struck = [one.id for one in task_store.affected(tx, stop.campus, codes)]
        task_store.add_tasks(tx, stop.id, struck, stop.at)
        self._core.hub.clinic_stopped(tx, stop_id=stop.id, booking_ids=struck)
        for one in stop.clinics:
            if one.word is Word.ASKING:
                self._core.outbox.put(tx, Job(ASK, {"stop": stop.id, "clinic": one.clinic}))
        tx.after_commit(lambda: self.tell(stop.id))
        return stop

    def _adopted(self, tx: Tx, known: Stop, made: Stop, codes: Collection[str]) -> Stop:
        """The HIS told of the stop that we had just asked for, before it was written here."""
        theirs = {one.clinic for one in known.clinics}
        if known.origin is Origin.HOSPITAL and not known.by and theirs == set(codes):
            store.put_reason(tx, known.id, made.reason, made.by)
            return evolve(known, reason=made.reason, by=made.by)
        raise Conflict(
            "appointments.stopped", "This clinic is stopped already: see {id}.", id=known.id
        )

    async def ask_again(self, stop_id: int, clinic: str) -> None:
        """Job: tell the HIS until it has heard; Unavailable while it has not."""
        stop = await self.get(stop_id)
        mine = next((one for one in stop.clinics if one.clinic == clinic), None)
        over = stop.undone is not None or mine is None or mine.day < self._today(stop.campus)
        if over or mine is None or mine.word is not Word.ASKING:
            return
        reply = await self._ask(stop.campus, clinic, stop.reason)
        word = _word(reply)
        if word is Word.ASKING:
            raise Unavailable("stop.unheard", "The hospital's system has not taken the stop yet.")
        words = reply.reason if reply else ""
        await self._core.db.run(store.put_word, stop_id, clinic, word, words)
        self.tell(stop_id)

    async def from_hospital(self, campus: str, clinic: str, reason: str) -> None:
        """The HIS has stopped a clinic by itself: the same stop is made here, once."""
        known: Sequence[Stop] = await self._core.db.run(store.stopped, campus, [clinic])
        if known:
            await self._core.db.run(store.put_word, known[0].id, clinic, Word.STOPPED, "")
            self.tell(known[0].id)
            return
        made = await self._described(campus, clinic, reason)
        if made is not None:
            await self._core.db.run(self._write_once, made)

    def _write_once(self, tx: Tx, made: Stop) -> None:
        """Write it unless somebody here has been quicker."""
        if not store.stopped(tx, made.campus, [one.clinic for one in made.clinics]):
            self._write(tx, made)

    async def _described(self, campus: str, code: str, reason: str) -> Stop | None:
        """A stop made of what is known of the clinic; None when nobody knows anything of it.

        Unavailable when nobody is booked and the schedule is away: to be told again.
        """
        struck: list[Booking] = await self._core.db.run(task_store.affected, campus, [code])
        weeks = await self._schedules.days(self._today(campus), AHEAD, campus)
        clinic = next((one for week in weeks for one in week.clinics if one.code == code), None)
        place: Clinic | Booking
        if clinic is not None:
            place, day, half = clinic, clinic.day, clinic.half
        elif struck:
            place, day, half = struck[0], struck[0].day, HalfDay.of(struck[0].start)
        elif not all(week.available for week in weeks):
            raise unknown_times()
        else:
            return None
        return Stop(
            campus=campus,
            department=place.department,
            doctor=place.doctor,
            department_name=self._directory.department_name(campus, place.department),
            doctor_name=self._directory.doctor_name(campus, place.doctor),
            reason=reason,
            origin=Origin.HOSPITAL,
            at=self._core.clock.now(),
            clinics=(StoppedClinic(clinic=code, day=day, half=half, word=Word.STOPPED),),
        )

    # After

    async def undo(self, stop_id: int, by: str) -> Stop:
        """Take a stop back, as long as nobody was called, moved or cancelled because of it.

        The HIS is not asked to open the clinic again: it knows no such question.
        """
        now = self._core.clock.now()

        def work(tx: Tx) -> Stop:
            stop = store.get_stop(tx, stop_id)
            tasks = [one.task for one in task_store.struck(tx, stop_id)]
            if stop.undone is not None:
                return stop
            if any(not one.open or one.tries or one.moved_to for one in tasks):
                raise Refused(
                    "stop.settled", "Patients have been told of this stop; it cannot be taken back."
                )
            if any(_is_held(one.state, one.taken, now) for one in tasks):
                raise Refused("stop.held", "Patients are being called just now; drop them first.")
            store.undo(tx, stop_id, by, now)
            struck = [one.booking for one in tasks]
            self._core.hub.clinic_reopened(tx, stop_id=stop_id, booking_ids=struck)
            tx.after_commit(lambda: self.tell(stop_id))
            return store.get_stop(tx, stop_id)

        undone: Stop = await self._core.db.run(work)
        return undone

    async def get(self, stop_id: int) -> Stop:
        """The stop with that id, else NotFound."""
        found: Stop = await self._core.db.run(store.get_stop, stop_id)
        return found

    async def listed(self, *, over: bool, offset: int, most: int) -> list[tuple[Stop, Counts]]:
        """Stops with how far they are: those to come, or with ``over`` all of them."""
        since = None if over else self._core.clock.now().date() - timedelta(days=1)

        def work(tx: Tx) -> list[tuple[Stop, Counts]]:
            stops = store.list_stops(tx, since, offset, most)
            known: Mapping[int, Counts] = task_store.counts(tx, [one.id for one in stops])
            return [(one, known[one.id]) for one in stops]

        found: list[tuple[Stop, Counts]] = await self._core.db.run(work)
        return found

    def _today(self, campus: str) -> date:
        """The campus's own; NotFound for one that is not there."""
        local: datetime = self._core.campuses.campus(campus).local(self._core.clock.now())
        return local.date()

    def need_place(self, campus: str, department: str, doctor: str) -> None:
        """NotFound unless there is such a department, and such a doctor in it."""
        self._directory.department(campus, department)
        if doctor and self._directory.doctor(campus, doctor).department != department:
            raise NotFound("stop.doctor", "there is no such doctor in this department")


def _taken(clinic: Clinic, slots: Sequence[Any]) -> int | None:
    """How many visits the HIS counts for a clinic; None when it shows no slots."""
    mine = [one for one in slots if one.clinic == clinic.code]
    return sum(one.capacity - one.left for one in mine) if mine else None


def _word(reply: Reply | None) -> Word:
    if reply is None:
        return Word.ASKING
    if reply.verdict is Verdict.CANCELLED:
        return Word.STOPPED
    return Word.REFUSED if reply.verdict is Verdict.REFUSED else Word.ASKING


def _is_held(state: TaskState, taken: datetime | None, now: datetime) -> bool:
    return state is TaskState.CALLING and taken is not None and taken > now - HELD


def unknown_times() -> Unavailable:
    """The HIS tells no times."""
    return Unavailable("stop.not_now", "This campus's times are not known now; try again later.")
