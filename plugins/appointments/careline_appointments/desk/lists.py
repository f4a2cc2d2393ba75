"""``/appointments``: bookings by day, department, doctor, patient and state; marks and export."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date

from attrs import evolve, frozen

from careline.errors import CarelineError, Invalid, NotFound
from careline.i18n import Text, error_text
from careline.i18n.when import parse_days
from careline.patients.criteria import Criteria as PatientCriteria
from careline.spreadsheet import FORMATS, MIME, table_bytes
from careline.web import Answer, Download, Empty, FormState, Page, Visit, get, post, toast
from careline_appointments.campuses import campuses_of
from careline_appointments.desk.asked import today
from careline_appointments.desk.ground import EDIT, VIEW, Ground
from careline_appointments.desk.words import SOURCES, STATES, ShownBooking, shown_booking
from careline_appointments.directory import Hit
from careline_appointments.model import Booking, BookingState, Criteria

FIELDS = ("days", "campus", "department", "doctor", "patient", "state")
PAGE = 50
MOST_EXPORTED = 20_000
MOST_PATIENTS = 20
#: Lists that are asked for most, and the states in each.
LISTS: Mapping[str, frozenset[BookingState]] = {
    "open": frozenset({BookingState.BOOKED, BookingState.UNSURE, BookingState.HOLDING}),
    "cancelled": frozenset({BookingState.CANCELLED, BookingState.CANCELLING}),
    "missed": frozenset({BookingState.MISSED}),
}
LIST_TITLES: Mapping[str, Text] = {
    "": Text("all"),
    "open": Text("to come"),
    "cancelled": Text("cancelled ones"),
    "missed": Text("missed ones"),
}
TITLES = (
    Text("Day"),
    Text("Time"),
    Text("Campus"),
    Text("Department"),
    Text("Doctor"),
    Text("Number in the queue"),
    Text("Patient"),
    Text("Telephone"),
    Text("State"),
    Text("Reason"),
    Text("Booked by"),
    Text("Reference"),
)
MARKS = {"visited": BookingState.VISITED, "missed": BookingState.MISSED}


@frozen
class ListRoutes:
    """Routes of the list of bookings."""

    ground: Ground

    @get("/appointments", permission=VIEW)
    async def search(self, visit: Visit) -> Answer:
        """Bookings that fit; today's and later ones when nothing is asked for."""
        form, criteria = await self._wanted(visit, visit.args)
        number_ = visit.page_number()
        found, count = await self._found(criteria, (number_ - 1) * PAGE)
        people = await self.ground.people(one.patient for one in found)
        if form.value("patient"):
            await self.ground.looked(visit, "appointments", people)
        typed = {name: form.value(name) for name in FIELDS if form.value(name)}
        values = {
            "form": form,
            "bookings": [
                shown_booking(self.ground, visit, one, people.get(one.patient)) for one in found
            ],
            "count": count,
            "page": number_,
            "pages": max(1, -(-count // PAGE)),
            "typed": typed,
            "campuses": self.ground.campus_choices(visit, visit._("all")),
            "states": [
                *((name, text.to(visit.language)) for name, text in LIST_TITLES.items()),
                *((one.value, text.to(visit.language)) for one, text in STATES.items()),
            ],
            "may_mark": visit.may(EDIT),
            "may_dial": visit.may("calls.dial") and visit.may("patients.view"),
            "may_export": visit.may("patients.export"),
            "today": today(visit),
        }
        return Page(
            "appointments/bookings.html",
            values,
            title=Text("Appointments"),
            status=200 if form.ok else 422,
        )

    async def _wanted(
        self, visit: Visit, args: Mapping[str, str]
    ) -> tuple[FormState, list[Criteria]]:
        """What is looked for; several criteria when several patients fit what was typed."""
        form = FormState(
            {name: [args.get(name, "")[:100]] for name in FIELDS}, language=visit.language
        )
        try:
            first, last = self._days(visit, form.value("days"))
            places = self._places(form)
        except CarelineError as error:
            return form.with_error(error), []
        state = form.value("state")
        states = LISTS.get(state) or frozenset(one for one in BookingState if one.value == state)
        wanted = Criteria(first=first, last=last, states=states)
        criteria = [
            evolve(wanted, campus=campus, department=department, doctor=doctor)
            for campus, department, doctor in places
        ]
        return form, await self._with_patients(visit, form, self._within(visit, criteria))

    def _within(self, visit: Visit, criteria: list[Criteria]) -> list[Criteria]:
        """At the campuses that the visitor's permission reaches."""
        allowed = campuses_of(self.ground.core, visit, VIEW)
        if len(allowed) == len(self.ground.core.campuses.directory.campuses):
            return criteria
        return [
            evolve(one, campus=campus)
            for one in criteria
            for campus in allowed
            if one.campus in ("", campus)
        ]

    def _days(self, visit: Visit, typed: str) -> tuple[date | None, date | None]:
        if not typed.strip():
            return (None, None) if visit.args.get("patient") else (today(visit), None)
        try:
            return parse_days(typed, today(visit), ahead=True)
        except CarelineError as error:
            text = error_text(error, visit.language)
            raise Invalid("appointments.days", "{text}", text=text) from None

    def _places(self, form: FormState) -> list[tuple[str, str, str]]:
        """Campus, department and doctor: a department at each campus that has it."""
        campus = form.value("campus")
        if form.value("doctor").strip():
            one = self._best(form, "doctor")
            return [(one.campus, "", one.code)]
        if form.value("department").strip():
            codes = self.ground.directory.department_codes(self._best(form, "department").name)
            return [(at, code, "") for at, code in codes.items() if campus in ("", at)]
        return [(campus, "", "")]

    def _best(self, form: FormState, kind: str) -> Hit:
        hits = self.ground.directory.find(form.value(kind), form.value("campus"), 40)
        found = next((one for one in hits if one.kind == kind), None)
        if found is None:
            raise Invalid(f"appointments.{kind}", "nothing fits this; try its initials")
        return found

    async def _with_patients(
        self, visit: Visit, form: FormState, criteria: list[Criteria]
    ) -> list[Criteria]:
        typed = form.value("patient").strip()
        if not typed:
            return criteria
        if not visit.may("patients.view"):
            return []
        found = await self.ground.core.patients.search(PatientCriteria(text=typed), MOST_PATIENTS)
        return [evolve(one, patient=who.id) for one in criteria for who in found.patients]

    async def _found(
        self, criteria: Sequence[Criteria], offset: int, most: int = PAGE
    ) -> tuple[Sequence[Booking], int]:
        """A page of what fits any of the criteria, and how many there are."""
        if len(criteria) == 1:
            page = await self.ground.booker.search(criteria[0], offset, most)
            return page.bookings, page.count
        found = [await self.ground.booker.search(one, 0, offset + most) for one in criteria]
        merged = [booking for one in found for booking in one.bookings]
        merged.sort(key=lambda one: (one.day, one.start, one.id))
        return merged[offset : offset + most], sum(one.count for one in found)

    # Marks

    @post("/appointments/<int:booking_id>/mark", permission=EDIT)
    async def mark(self, visit: Visit, booking_id: int) -> Answer:
        """The patient came, or did not."""
        state = MARKS.get(visit.form.get("state", ""))
        if state is None:
            raise NotFound("appointments.mark", "a visit is marked as visited or missed")
        booking = await self.ground.booking_of(visit, booking_id, EDIT)
        await self.ground.booker.mark(booking_id, state, visit.user.login)
        await visit.audit(
            "appointment.marked",
            kind="patient",
            whose=str(booking.patient),
            what=f"{booking_id} {state.value}",
        )
        return Empty(trigger=toast(visit, Text("Marked.")))

    # Export

    @post("/appointments/export", permission="patients.export", timeout=120.0)
    async def export(self, visit: Visit) -> Answer:
        """What fits, as a file; who took it along is written down with the reason."""
        visit.need(VIEW)
        format_ = visit.form.get("format", "csv")
        if format_ not in FORMATS:
            raise NotFound("appointments.format", "there is no such format")
        form, criteria = await self._wanted(visit, visit.form)
        if not form.ok:
            raise Invalid("appointments.days", "These conditions cannot be read.")
        found, _count = await self._found(criteria, 0, MOST_EXPORTED)
        people = await self.ground.people(one.patient for one in found)
        shown = [shown_booking(self.ground, visit, one, people.get(one.patient)) for one in found]
        body = await self.ground.core.in_thread(table_bytes, rows(visit, shown), format_)
        what = "; ".join(f"{name}: {form.value(name)}" for name in FIELDS if form.value(name))
        await visit.audit(
            "appointments.exported",
            kind="appointment",
            what=f"{format_}; {len(found)}; {what}",
            why=visit.form.get("reason", ""),
        )
        return Download(f"appointments-{today(visit)}.{format_}", MIME[format_], body)


def rows(visit: Visit, shown: Sequence[ShownBooking]) -> list[list[str]]:
    """The table that leaves the house: titles first; telephone numbers stay masked."""
    table = [[one.to(visit.language) for one in TITLES]]
    for one in shown:
        booking, patient = one.booking, one.patient
        table.append(
            [
                str(booking.day),
                f"{booking.start:%H:%M}",
                one.campus,
                one.department,
                one.doctor,
                booking.number,
                patient.name if patient else "",
                patient.phone if patient else "",
                one.state,
                visit.text(booking.reason),
                f"{SOURCES[booking.source].to(visit.language)} {booking.by}".strip(),
                booking.reference,
            ]
        )
    return table
