"""A booking and its states, a wish, and what is searched for: values and rules, no I/O."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime, time
from decimal import Decimal
from enum import Enum

from attrs import frozen

from careline.clinic import Clinic, ClinicKind, TimeSlot


class BookingState(Enum):
    """Where a booking stands.

    HOLDING: written, the HIS is being asked. UNSURE: its answer was lost, it is asked until it is
    known. CANCELLING: to be cancelled, the HIS has not said so yet. Only BOOKED and CANCELLED are
    told as done; FAILED was never a visit.
    """

    HOLDING = "holding"
    UNSURE = "unsure"
    BOOKED = "booked"
    FAILED = "failed"
    CANCELLING = "cancelling"
    CANCELLED = "cancelled"
    VISITED = "visited"
    MISSED = "missed"


NEXT: Mapping[BookingState, frozenset[BookingState]] = {
    BookingState.HOLDING: frozenset(
        {BookingState.BOOKED, BookingState.FAILED, BookingState.UNSURE}
    ),
    BookingState.UNSURE: frozenset(
        {BookingState.BOOKED, BookingState.FAILED, BookingState.CANCELLING, BookingState.CANCELLED}
    ),
    BookingState.BOOKED: frozenset(
        {
            BookingState.CANCELLING,
            BookingState.CANCELLED,
            BookingState.VISITED,
            BookingState.MISSED,
        }
    ),
    BookingState.CANCELLING: frozenset({BookingState.CANCELLED, BookingState.BOOKED}),
    BookingState.VISITED: frozenset({BookingState.MISSED}),
    BookingState.MISSED: frozenset({BookingState.VISITED}),
    BookingState.FAILED: frozenset(),
    BookingState.CANCELLED: frozenset(),
}
"""What may follow; CANCELLED and FAILED are final, so a late answer undoes no cancel.

CANCELLING goes back to BOOKED only when the HIS refuses, and then nobody was told "cancelled".
"""

ACTIVE = frozenset(
    {
        BookingState.HOLDING,
        BookingState.UNSURE,
        BookingState.BOOKED,
        BookingState.CANCELLING,
    }
)
"""States that count against a patient's limits and keep another booking of the slot out."""


class Source(Enum):
    """Who booked or cancelled."""

    AGENT = "agent"
    IVR = "ivr"
    API = "api"
    WAITING = "waiting"
    STOP = "stop"
    HOSPITAL = "hospital"


@frozen(kw_only=True)
class Wish:
    """A visit that somebody wants: all that :meth:`Booker.book` needs.

    ``patient`` is a record's id, ``by`` the user or agent (empty in the IVR), ``call`` the call's
    id or empty. ``key`` repeats an earlier try with the same outcome; empty makes a new one.
    """

    campus: str
    department: str
    doctor: str
    clinic: str
    slot: str
    day: date
    start: time
    end: time | None = None
    kind: ClinicKind = ClinicKind.GENERAL
    fee: Decimal | None = None
    place: str = ""
    patient: int
    source: Source
    by: str = ""
    call: str = ""
    key: str = ""
    moved_from: int = 0

    @classmethod
    def of(
        cls,
        clinic: Clinic,
        slot: TimeSlot,
        *,
        patient: int,
        source: Source,
        by: str = "",
        call: str = "",
        key: str = "",
    ) -> Wish:
        """The wish for a slot of a clinic as a schedule shows them."""
        return cls(
            campus=clinic.campus,
            department=clinic.department,
            doctor=clinic.doctor,
            clinic=clinic.code,
            slot=slot.code,
            day=clinic.day,
            start=slot.start,
            end=slot.end,
            kind=clinic.kind,
            fee=clinic.fee,
            place=clinic.place,
            patient=patient,
            source=source,
            by=by,
            call=call,
            key=key,
        )


@frozen(kw_only=True, repr=False)
class Booking:
    """A visit as careline keeps it; ``key`` is the order's in the HIS, for ever.

    Days and times are the campus's; ``created``, ``changed``, ``confirmed`` and ``check_at`` UTC.
    ``reference`` and ``number`` (就诊序号) are the HIS's. ``reason`` is why it was cancelled or
    failed. ``confirmed`` is when the HIS said booked. ``check_at`` is when the HIS is to be asked
    again, ``tries`` how often it was.
    """

    id: int = 0
    key: str
    campus: str
    department: str
    doctor: str
    clinic: str
    slot: str
    day: date
    start: time
    end: time | None = None
    kind: ClinicKind = ClinicKind.GENERAL
    fee: Decimal | None = None
    place: str = ""
    patient: int
    phone: str = ""
    state: BookingState
    reference: str = ""
    number: str = ""
    outpatient_number: str = ""
    source: Source
    by: str = ""
    call: str = ""
    reason: str = ""
    created: datetime
    changed: datetime
    confirmed: datetime | None = None
    cancelled_by: str = ""
    moved_from: int = 0
    check_at: datetime | None = None
    tries: int = 0
    department_name: str = ""
    doctor_name: str = ""

    def __repr__(self) -> str:
        """Without patient's data."""
        return f"Booking({self.id}, {self.state.value}, {self.campus}, {self.day})"

    @property
    def active(self) -> bool:
        """Whether it still is, or may become, a visit."""
        return self.state in ACTIVE


@frozen(kw_only=True)
class Moved:
    """When and where a visit is now, as its hospital says; empty codes are those of before."""

    day: date
    start: time
    clinic: str = ""
    slot: str = ""


@frozen(kw_only=True)
class Criteria:
    """Which bookings are wanted; what is empty does not restrict."""

    first: date | None = None
    last: date | None = None
    campus: str = ""
    department: str = ""
    doctor: str = ""
    clinic: str = ""
    patient: int = 0
    states: frozenset[BookingState] = frozenset()
    source: Source | None = None


@frozen(kw_only=True)
class Found:
    """One page of bookings, and how many there are in all."""

    bookings: tuple[Booking, ...]
    count: int


@frozen(kw_only=True)
class Standing:
    """A patient's record of missed visits; ``until`` is the last day without booking, or None."""

    patient: int
    missed: int = 0
    until: date | None = None
    reason: str = ""
    by: str = ""
    lifted: datetime | None = None


__all__ = [
    "ACTIVE",
    "NEXT",
    "Booking",
    "BookingState",
    "Criteria",
    "Found",
    "Moved",
    "Source",
    "Standing",
    "Wish",
]
