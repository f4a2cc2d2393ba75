"""What hospitals have that patients are booked into, as values that plugins pass to each other.

Codes are the HIS's own, opaque, and unique within a campus. Texts are in the hospital's language;
``..._en`` may be empty. Days and times are the campus's local ones; ``as_of`` is UTC.
"""

from __future__ import annotations

from datetime import date, datetime, time
from decimal import Decimal
from enum import Enum

from attrs import frozen


@frozen(kw_only=True)
class Department:
    """A department (科室) of one campus; ``place`` is where patients find it."""

    campus: str
    code: str
    name: str
    name_en: str = ""
    intro: str = ""
    intro_en: str = ""
    place: str = ""
    diseases: tuple[str, ...] = ()
    order: int = 100


@frozen(kw_only=True)
class Doctor:
    """A doctor; ``title`` is the professional one (主任医师), ``diseases`` those treated."""

    campus: str
    code: str
    name: str
    department: str
    name_en: str = ""
    title: str = ""
    expert: bool = False
    specialty: str = ""
    diseases: tuple[str, ...] = ()
    intro: str = ""
    intro_en: str = ""
    number: str = ""
    """Digits by which callers hear the introduction; given by the hospital, or empty."""


@frozen(kw_only=True)
class Directory:
    """All departments and doctors of a campus who take patients."""

    departments: tuple[Department, ...] = ()
    doctors: tuple[Doctor, ...] = ()


class HalfDay(Enum):
    """Part of a day in which a clinic is held: 上午, 下午, 夜间."""

    MORNING = "morning"
    AFTERNOON = "afternoon"
    EVENING = "evening"

    @classmethod
    def of(cls, start: time) -> HalfDay:
        """The part of the day that a time falls into, where no schedule says it."""
        if start.hour < 12:
            return cls.MORNING
        return cls.AFTERNOON if start.hour < 18 else cls.EVENING


class ClinicKind(Enum):
    """General (普通), expert (专家) or a clinic for one thing (专病)."""

    GENERAL = "general"
    EXPERT = "expert"
    SPECIAL = "special"


@frozen(kw_only=True)
class Clinic:
    """A half-day of one doctor, or of a department's general clinic (``doctor`` empty): 一个班次.

    ``fee`` is in yuan. A ``stopped`` one (停诊) takes nobody.
    """

    campus: str
    code: str
    department: str
    doctor: str = ""
    day: date
    half: HalfDay
    kind: ClinicKind = ClinicKind.GENERAL
    fee: Decimal | None = None
    place: str = ""
    stopped: bool = False


@frozen(kw_only=True)
class TimeSlot:
    """A time within a clinic for which ``left`` of ``capacity`` numbers (号源) are free."""

    campus: str
    code: str
    clinic: str
    start: time
    end: time
    capacity: int = 1
    left: int = 0


@frozen(kw_only=True)
class Schedule:
    """Clinics with their slots as the HIS said at ``as_of`` (UTC); read again before booking."""

    clinics: tuple[Clinic, ...] = ()
    slots: tuple[TimeSlot, ...] = ()
    as_of: datetime

    def slots_of(self, clinic: str) -> list[TimeSlot]:
        """The slots of one clinic in order of time."""
        return sorted((s for s in self.slots if s.clinic == clinic), key=lambda s: s.start)


@frozen(kw_only=True, repr=False)
class Person:
    """What a HIS is told of a patient; ``number`` is the outpatient number there, or empty.

    ``sex`` is ``male``, ``female`` or empty; ``phone`` is E.164.
    """

    id: int
    name: str
    sex: str = ""
    birth_date: date | None = None
    id_card: str = ""
    phone: str = ""
    number: str = ""

    def __repr__(self) -> str:
        """Masked: values end up in tracebacks."""
        return f"Person({self.id}, {self.name[:1]}*)"


@frozen(kw_only=True)
class Order:
    """One visit that is wanted; ``key`` (at most 40 letters, digits, ``-``) names it for ever.

    Asked again with the same key a HIS must not book twice; where it knows no keys, the adapter
    looks before it asks again.
    """

    key: str
    campus: str
    department: str
    doctor: str
    clinic: str
    slot: str
    day: date
    start: time
    person: Person


class Verdict(Enum):
    """What became of an order. Only BOOKED and CANCELLED may be told as done.

    UNKNOWN: nobody knows (the answer was lost); it must be asked about. UNAVAILABLE: surely not
    done, and may be tried later. TAKEN: no number is left. REFUSED: the HIS says no, and why.
    """

    BOOKED = "booked"
    CANCELLED = "cancelled"
    TAKEN = "taken"
    REFUSED = "refused"
    UNAVAILABLE = "unavailable"
    UNKNOWN = "unknown"


@frozen(kw_only=True)
class Reply:
    """A HIS's answer to an order, ``number`` the patient's turn (就诊序号), ``reason`` its words.

    ``outpatient_number`` is given when the HIS made or found the patient's record.
    """

    verdict: Verdict
    reference: str = ""
    number: str = ""
    outpatient_number: str = ""
    place: str = ""
    reason: str = ""


class VisitState(Enum):
    """How a visit stands in the HIS; ABSENT: it has none by that key or reference."""

    BOOKED = "booked"
    CANCELLED = "cancelled"
    VISITED = "visited"
    MISSED = "missed"
    ABSENT = "absent"


@frozen(kw_only=True)
class VisitFound:
    """What a HIS knows of an order when asked later."""

    state: VisitState
    reference: str = ""
    number: str = ""
    outpatient_number: str = ""


@frozen(kw_only=True, repr=False)
class Appointment:
    """A booked visit in words, for messages and lists of other plugins; ``start`` is campus time.

    ``state`` is ``booked``, ``unsure``, ``cancelled``, ``visited`` or ``missed``.
    """

    id: int
    state: str
    campus: str
    patient: int
    phone: str
    department: str
    doctor: str
    day: date
    start: time
    place: str = ""
    number: str = ""
    reason: str = ""
    moved_from: int = 0

    def __repr__(self) -> str:
        """Without the telephone number."""
        return f"Appointment({self.id}, {self.state}, {self.day})"


@frozen(kw_only=True)
class Offer:
    """A freed slot that is kept in mind for somebody on the waiting list, in words.

    ``patient`` is the record's id; ``day`` and ``start`` are the campus's, ``until`` (UTC) is when
    the next one gets it.
    """

    waiter: int
    patient: int
    campus: str
    department: str
    doctor: str
    day: date
    start: time
    until: datetime
    place: str = ""


class Notified(Enum):
    """How far a notice of a stopped clinic has come; FAILED when nobody can say it arrived."""

    WAITING = "waiting"
    SENT = "sent"
    DELIVERED = "delivered"
    FAILED = "failed"


@frozen(kw_only=True)
class Notice:
    """What became of the notice to one patient of a stopped clinic; ``at`` (UTC) since when."""

    booking: int
    state: Notified
    at: datetime


@frozen(kw_only=True, repr=False)
class Stay:
    """An inpatient's stay: admitted, and discharged once ``left`` is set. Times are UTC.

    ``died``: that is how it ended.
    """

    id: str
    campus: str
    name: str
    number: str = ""
    id_card: str = ""
    phone: str = ""
    department: str = ""
    ward: str = ""
    bed: str = ""
    doctor: str = ""
    diagnosis: str = ""
    came: datetime | None = None
    left: datetime | None = None
    died: bool = False

    def __repr__(self) -> str:
        """Masked."""
        return f"Stay({self.id}, {self.name[:1]}*)"


@frozen(kw_only=True)
class Table:
    """Rows of hospital information as read at ``as_of`` (UTC); ``columns`` are titles to show."""

    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...] = ()
    as_of: datetime
    more: bool = False
    """True when the HIS has further rows that were not fetched."""
