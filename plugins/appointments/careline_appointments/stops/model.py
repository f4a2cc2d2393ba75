"""A stopped clinic, and a task for each visit that it strikes: values and rules, no I/O."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime, time, timedelta
from enum import Enum

from attrs import field, frozen

from careline.clinic import HalfDay, TimeSlot
from careline_appointments.model import Booking, BookingState

HELD = timedelta(minutes=15)
"""After so long a task that nobody has settled may be taken by another agent."""
AGAIN = timedelta(minutes=20)
"""Who was not reached is tried again after this, others first."""
MOST_TRIES = 3
AFFECTED = (BookingState.HOLDING, BookingState.UNSURE, BookingState.BOOKED)
"""Bookings that a stop strikes; those whose answer is still out too, since they may be visits."""


class TaskState(Enum):
    """Where a patient's task is: told by a notice, being called, and how it ended."""

    NOTICE = "notice"
    CALLING = "calling"
    MOVED = "moved"
    CANCELLED = "cancelled"
    UNREACHED = "unreached"


OPEN = (TaskState.NOTICE, TaskState.CALLING)


class Origin(Enum):
    """Who stopped the clinic: somebody here, or the hospital in its own system."""

    HERE = "here"
    HOSPITAL = "hospital"


class Word(Enum):
    """What the HIS has said to the stop of a clinic: nothing yet, done, or no."""

    ASKING = "asking"
    STOPPED = "stopped"
    REFUSED = "refused"


@frozen(kw_only=True)
class StoppedClinic:
    """One half-day of a stop; ``words`` are the HIS's when it refused."""

    clinic: str
    day: date
    half: HalfDay
    word: Word = Word.ASKING
    words: str = ""


@frozen(kw_only=True)
class Substitute:
    """The clinic that is offered instead, with its names as they were then."""

    campus: str
    department: str
    clinic: str
    day: date
    name: str


@frozen(kw_only=True)
class Stop:
    """A doctor's clinics, or a department's general ones, that will not be held.

    ``by`` is the login of who stopped them, empty for the hospital. ``undone`` is when it was
    taken back.
    """

    id: int = 0
    campus: str
    department: str
    doctor: str = ""
    department_name: str = ""
    doctor_name: str = ""
    reason: str
    origin: Origin = Origin.HERE
    by: str = ""
    at: datetime
    clinics: tuple[StoppedClinic, ...]
    substitute: Substitute | None = None
    undone: datetime | None = None
    undone_by: str = ""

    @property
    def day(self) -> date:
        """The first day on which it takes effect."""
        return min(one.day for one in self.clinics)

    @property
    def last(self) -> date:
        """The last one."""
        return max(one.day for one in self.clinics)


@frozen(kw_only=True)
class Task:
    """What is to be settled with one patient.

    ``agent`` has taken it at ``taken``, ``tries`` calls reached nobody, ``due`` orders the rest.
    ``moved_to`` is the booking that takes the place; with an open task its answer is still out.
    ``by`` settled it, empty for a patient who did it without us.
    """

    id: int = 0
    stop: int
    booking: int
    state: TaskState = TaskState.NOTICE
    agent: str = ""
    taken: datetime | None = None
    tries: int = 0
    due: datetime
    note: str = ""
    moved_to: int = 0
    changed: datetime
    by: str = ""

    @property
    def open(self) -> bool:
        """Whether it waits for somebody."""
        return self.state in OPEN


@frozen(kw_only=True)
class Struck:
    """A task with the visit that it is about, as both stand now."""

    task: Task
    booking: Booking


@frozen
class Counts:
    """How many tasks of a stop are in each state."""

    by_state: Mapping[TaskState, int] = field(factory=dict)

    @classmethod
    def of(cls, states: Iterable[TaskState]) -> Counts:
        """Counted."""
        found = list(states)
        return cls({state: found.count(state) for state in TaskState})

    def __getitem__(self, state: str) -> int:
        """By the state's value."""
        return self.by_state.get(TaskState(state), 0)

    @property
    def total(self) -> int:
        """All patients."""
        return sum(self.by_state.values())

    @property
    def settled(self) -> int:
        """Those with whom it is over."""
        return self.total - sum(self.by_state.get(state, 0) for state in OPEN)


def nearest(slots: Sequence[TimeSlot], start: time) -> TimeSlot | None:
    """The free slot nearest to a visit's time, the later of two; None when nothing is left."""
    free = [one for one in slots if one.left > 0]
    return min(
        free,
        key=lambda one: (abs(_minutes(one.start) - _minutes(start)), -_minutes(one.start)),
        default=None,
    )


def _minutes(moment: time) -> int:
    return moment.hour * 60 + moment.minute
