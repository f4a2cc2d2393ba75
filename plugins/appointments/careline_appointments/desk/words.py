"""Bookings and clinics in words."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from attrs import frozen

from careline.clinic import ClinicKind, HalfDay
from careline.i18n import Text
from careline.numbers.phone import masked
from careline.patients.model import Patient, Sex, masked_name
from careline.web import Visit
from careline_appointments.desk.ground import Ground
from careline_appointments.model import Booking, BookingState, Source

STATES: Mapping[BookingState, Text] = {
    BookingState.HOLDING: Text("being booked"),
    BookingState.UNSURE: Text("being confirmed"),
    BookingState.BOOKED: Text("booked"),
    BookingState.FAILED: Text("not booked"),
    BookingState.CANCELLING: Text("being cancelled"),
    BookingState.CANCELLED: Text("cancelled"),
    BookingState.VISITED: Text("visited"),
    BookingState.MISSED: Text("missed"),
}
TONES: Mapping[BookingState, str] = {
    BookingState.HOLDING: "info",
    BookingState.UNSURE: "warn",
    BookingState.BOOKED: "good",
    BookingState.FAILED: "bad",
    BookingState.CANCELLING: "warn",
    BookingState.MISSED: "bad",
}
SOURCES: Mapping[Source, Text] = {
    Source.AGENT: Text("agent"),
    Source.IVR: Text("telephone menu"),
    Source.API: Text("another system"),
    Source.WAITING: Text("waiting list"),
    Source.STOP: Text("stopped clinic"),
    Source.HOSPITAL: Text("hospital"),
}
HALVES: Mapping[HalfDay, Text] = {
    HalfDay.MORNING: Text("morning"),
    HalfDay.AFTERNOON: Text("afternoon"),
    HalfDay.EVENING: Text("evening"),
}
#: In the cells of a week there is room for one character in Chinese.
SHORT_HALVES: Mapping[HalfDay, Text] = {
    HalfDay.MORNING: Text("a.m."),
    HalfDay.AFTERNOON: Text("p.m."),
    HalfDay.EVENING: Text("eve."),
}
KINDS: Mapping[ClinicKind, Text] = {
    ClinicKind.GENERAL: Text("General clinic"),
    ClinicKind.EXPERT: Text("Expert clinic"),
    ClinicKind.SPECIAL: Text("Special clinic"),
}
#: Why patients cancel; what else there is to say is typed beside it.
REASONS: tuple[Text, ...] = (
    Text("no time on that day"),
    Text("feels better"),
    Text("goes to another hospital"),
    Text("wrong department"),
    Text("booked twice"),
    Text("the patient did not say"),
)


@frozen(kw_only=True)
class ShownPatient:
    """A patient in a line: telephone masked, the name too for who may not see patients."""

    id: int
    name: str
    about: str
    phone: str
    phones: int
    vip: bool


def shown_patient(patient: Patient | None, visit: Visit, id: int = 0) -> ShownPatient:
    """A record as lists show it; one that is gone by its number."""
    if patient is None:
        return ShownPatient(id=id, name=f"#{id}", about="", phone="", phones=0, vip=False)
    name = patient.name if visit.may("patients.view") else masked_name(patient.name)
    sexes = {Sex.MALE: Text("male"), Sex.FEMALE: Text("female")}
    sex = sexes[patient.sex].to(visit.language) if patient.sex in sexes else ""
    age = patient.age(visit.now.date())
    years = visit._("{age} years", age=age) if age is not None else ""
    return ShownPatient(
        id=patient.id,
        name=name,
        about=" · ".join(part for part in (sex, years) if part),
        phone=masked(patient.preferred_phone) if patient.preferred_phone else "",
        phones=len(patient.phones),
        vip=patient.vip,
    )


@frozen(kw_only=True)
class ShownBooking:
    """One booking in words."""

    booking: Booking
    campus: str
    department: str
    doctor: str
    """The doctor's name, or the kind of clinic."""
    half: str
    state: str
    tone: str
    source: str
    patient: ShownPatient | None
    can_move: bool
    can_cancel: bool

    @property
    def campus_code(self) -> str:
        """The codes, for addresses."""
        return self.booking.campus

    @property
    def department_code(self) -> str:
        """Of the department."""
        return self.booking.department

    @property
    def doctor_code(self) -> str:
        """Of the doctor, or empty."""
        return self.booking.doctor

    def __getattr__(self, name: str) -> Any:
        """``id``, ``day``, ``start`` ... are the booking's own."""
        return getattr(self.booking, name)


def shown_booking(
    ground: Ground, visit: Visit, booking: Booking, patient: Patient | None = None
) -> ShownBooking:
    """A booking as the visitor's language has it."""
    doctor = ground.doctor(visit, booking.campus, booking.doctor, booking.doctor_name)
    open_ = booking.state in (BookingState.BOOKED, BookingState.UNSURE)
    ahead = booking.day >= visit.now.astimezone(visit.zone).date()
    return ShownBooking(
        booking=booking,
        campus=ground.campus(visit, booking.campus),
        department=ground.department(
            visit, booking.campus, booking.department, booking.department_name
        ),
        doctor=doctor or KINDS[booking.kind].to(visit.language),
        half=HALVES[HalfDay.of(booking.start)].to(visit.language),
        state=STATES[booking.state].to(visit.language),
        tone=TONES.get(booking.state, "neutral"),
        source=SOURCES[booking.source].to(visit.language),
        patient=shown_patient(patient, visit, booking.patient),
        can_move=booking.state is BookingState.BOOKED and ahead and visit.may("appointments.book"),
        can_cancel=open_ and ahead and visit.may("appointments.cancel"),
    )
