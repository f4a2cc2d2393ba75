"""A hospital's system for tests: it does as told, answers late, twice, or not at all.

:class:`ScriptedPatients` answers the core's questions about patients; :class:`ScriptedHis` those of
plugin appointments. Register one at the hub as a plugin of its own::

    his = ScriptedPatients([Patient(name="王小明", phones=(PatientPhone("+8613800001111"),))])
    core.hub.register("his", his)
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, time
from typing import Any

from attrs import define, evolve, field
from twisted.internet.defer import Deferred

from careline.clinic import (
    Clinic,
    ClinicKind,
    Department,
    Directory,
    Doctor,
    HalfDay,
    Order,
    Reply,
    Schedule,
    TimeSlot,
    Verdict,
    VisitFound,
    VisitState,
)
from careline.clock import Clock
from careline.hooks import hook
from careline.patients.model import Patient

DAY = date(2026, 11, 24)
DEPARTMENTS = (
    Department(campus="main", code="cardio", name="心血管内科", place="门诊楼3层", order=1),
    Department(campus="main", code="derma", name="皮肤科", diseases=("湿疹", "荨麻疹"), order=2),
    Department(campus="east", code="17", name="心血管内科", order=1),
)
DOCTORS = (
    Doctor(
        campus="main",
        code="d1",
        name="单小明",
        department="cardio",
        title="主任医师",
        expert=True,
        specialty="冠心病介入治疗",
        diseases=("高血压", "心律失常"),
    ),
    Doctor(campus="main", code="d2", name="李芳", department="derma", number="800"),
    Doctor(campus="east", code="d1", name="王强", department="17"),
)


def clinic(code: str = "c1", **values: Any) -> Clinic:
    """A morning of the cardiologist at the main campus."""
    made = Clinic(
        campus="main",
        code=code,
        department="cardio",
        doctor="d1",
        day=DAY,
        half=HalfDay.MORNING,
        kind=ClinicKind.EXPERT,
    )
    return evolve(made, **values)


def slot(code: str = "s1", of: str = "c1", hour: int = 9, capacity: int = 1) -> TimeSlot:
    """A slot of an hour."""
    return TimeSlot(
        campus="main",
        code=code,
        clinic=of,
        start=time(hour),
        end=time(hour + 1),
        capacity=capacity,
        left=capacity,
    )


@define
class ScriptedPatients:
    """Somebody who knows ``patients``: answers load_patient and find_patients.

    ``how`` is taken one by one for each question: ``well``, ``hangs`` (no answer ever comes),
    ``raises``, or a number of seconds of ``clock`` after which it answers well. ``asked`` are the
    numbers and texts that it was asked for.
    """

    patients: list[Patient] = field(factory=list)
    how: list[str | float] = field(factory=list)
    clock: Clock | None = None
    asked: list[str] = field(factory=list)

    @hook
    async def load_patient(self, campus: str, number: str) -> Patient | None:
        """The one with that number, when it is exactly one."""
        await self._ponder(number)
        found = [one for one in self.patients if number in {phone.number for phone in one.phones}]
        return found[0] if len(found) == 1 else None

    @hook
    async def find_patients(self, text: str, campus: str) -> Sequence[Patient]:
        """Those in whose name or numbers the text is."""
        await self._ponder(text)
        return [
            one
            for one in self.patients
            if any(text in word for word in (one.name, *(phone.number for phone in one.phones)))
        ]

    async def _ponder(self, question: str) -> None:
        self.asked.append(question)
        how = self.how.pop(0) if self.how else "well"
        if how == "hangs":
            await Deferred()
        if how == "raises":
            raise RuntimeError("a plugin may raise anything")
        if isinstance(how, int | float):
            assert self.clock is not None, "who answers late needs a clock"
            await self.clock.sleep(how)


@define
class Visit:
    """What the system has of an order."""

    order: Order
    state: VisitState
    reference: str


@define
class ScriptedHis:
    """Two campuses' system, kept in memory and honest about keys.

    ``how`` is taken one by one for each write: ``well``; ``lost`` (done, the answer never comes),
    ``swallowed`` (neither), ``later`` (never answered, done when :meth:`arrive` is called),
    ``down``, ``refused``, ``taken``, ``raises``. ``dumb``: state is not told. ``hangs``: campuses
    whose directory and schedule never come.
    """

    clinics: list[Clinic] = field(factory=lambda: [clinic()])
    slots: list[TimeSlot] = field(factory=lambda: [slot(), slot("s2", hour=10, capacity=2)])
    visits: dict[str, Visit] = field(factory=dict)
    how: list[str] = field(factory=list)
    orders: list[str] = field(factory=list)
    later: list[Order] = field(factory=list)
    dumb: bool = False
    serves: tuple[str, ...] = ("main", "east")
    hangs: tuple[str, ...] = ()
    asked: list[str] = field(factory=list)

    @hook
    def serves_campus(self, campus: str) -> bool | None:
        """Those of ``serves``."""
        return True if campus in self.serves else None

    @hook
    async def clinic_directory(self, campus: str) -> Directory | None:
        """What stands above."""
        if campus in self.hangs:
            await Deferred()
        if campus not in self.serves:
            return None
        return Directory(
            departments=tuple(one for one in DEPARTMENTS if one.campus == campus),
            doctors=tuple(one for one in DOCTORS if one.campus == campus),
        )

    @hook
    async def clinic_schedule(
        self, campus: str, first: date, last: date, department: str
    ) -> Schedule | None:
        """The clinics of the campus with what is left of each slot."""
        if campus in self.hangs:
            await Deferred()
        if campus not in self.serves:
            return None
        found = tuple(one for one in self.clinics if one.campus == campus)
        slots = tuple(
            evolve(one, left=self.left(one)) for one in self.slots if one.campus == campus
        )
        return Schedule(clinics=found, slots=slots, as_of=datetime(2026, 11, 23, tzinfo=UTC))

    def left(self, one: TimeSlot) -> int:
        """Numbers that are free."""
        held = [
            visit
            for visit in self.visits.values()
            if visit.order.slot == one.code and visit.state is VisitState.BOOKED
        ]
        return one.capacity - len(held)

    @hook
    async def book_visit(self, order: Order) -> Reply | None:
        """As ``how`` says."""
        self.orders.append(order.key)
        how = self.how.pop(0) if self.how else "well"
        plain = _plain(how)
        if plain is not None:
            return plain
        if how == "later":
            self.later.append(order)
        if how in ("well", "lost"):
            reply = self.do(order)
            if how == "well":
                return reply
        return await Deferred()  # the hub gives up

    def do(self, order: Order) -> Reply:
        """Book, once for a key."""
        known = self.visits.get(order.key)
        if known is None:
            place = next(one for one in self.slots if one.code == order.slot)
            if self.left(place) < 1:
                return Reply(verdict=Verdict.TAKEN)
            known = Visit(order, VisitState.BOOKED, f"R{len(self.visits) + 1}")
            self.visits[order.key] = known
        if known.state is VisitState.CANCELLED:
            return Reply(verdict=Verdict.REFUSED, reason="已取消")
        return Reply(verdict=Verdict.BOOKED, reference=known.reference, number="7")

    def arrive(self) -> None:
        """What was under way arrives now."""
        for order in self.later:
            self.do(order)
        self.later.clear()

    @hook
    async def cancel_visit(self, order: Order, reference: str, reason: str) -> Reply | None:
        """As ``how`` says; nothing to cancel is cancelled too."""
        how = self.how.pop(0) if self.how else "well"
        plain = _plain(how)
        if plain is not None:
            return plain
        if how in ("well", "lost"):
            if order.key in self.visits:
                self.visits[order.key].state = VisitState.CANCELLED
            if how == "well":
                return Reply(verdict=Verdict.CANCELLED)
        return await Deferred()

    @hook
    async def visit_state(self, order: Order, reference: str) -> VisitFound | None:
        """What is known of the key."""
        self.asked.append(order.key)
        if self.dumb:
            return None
        known = self.visits.get(order.key)
        if known is None:
            return VisitFound(state=VisitState.ABSENT)
        return VisitFound(state=known.state, reference=known.reference)

    @property
    def booked(self) -> Mapping[str, str]:
        """Slots of the visits that stand, by key."""
        return {
            key: visit.order.slot
            for key, visit in self.visits.items()
            if visit.state is VisitState.BOOKED
        }


def _plain(how: str) -> Reply | None:
    if how == "down":
        return Reply(verdict=Verdict.UNAVAILABLE)
    if how == "refused":
        return Reply(verdict=Verdict.REFUSED, reason="医保状态异常")
    if how == "taken":
        return Reply(verdict=Verdict.TAKEN)
    if how == "raises":
        raise RuntimeError("a plugin may raise anything")
    return None
