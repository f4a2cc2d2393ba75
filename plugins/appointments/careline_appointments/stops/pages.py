"""Pages of stopped clinics: the list, a new one, one as it is settled."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date
from typing import Any

from attrs import evolve, field, frozen
from attrs.validators import max_len

from careline.auth.model import Subject
from careline.clinic import HalfDay
from careline.errors import CarelineError, Invalid, Refused
from careline.i18n import Text
from careline.web import (
    Answer,
    Empty,
    FormState,
    Fragment,
    Page,
    Redirect,
    Visit,
    get,
    post,
    read,
    toast,
)
from careline_appointments.desk.asked import LONGEST_CODE
from careline_appointments.directory import Directory
from careline_appointments.directory.index import Hit
from careline_appointments.stops.model import StoppedClinic, Substitute
from careline_appointments.stops.proposing import Proposing
from careline_appointments.stops.seeing import STOP, VIEW, Seeing
from careline_appointments.stops.service import Stopping, Wanted
from careline_appointments.stops.settling import Settling

MOST = 50
TITLE = Text("Stopped clinics")


@frozen(kw_only=True)
class StopForm:
    """What is to be stopped; ``clinic`` are ``2026-11-24 morning CODE`` each."""

    campus: str
    department: str
    doctor: str = ""
    clinic: tuple[str, ...] = ()
    reason: str = field(default="", validator=max_len(200))


@frozen
class StopPages:
    """Everything under /appointments/stops but the tasks."""

    stopping: Stopping
    settling: Settling
    proposing: Proposing
    seeing: Seeing
    directory: Directory

    @get("/appointments/stops", permission=VIEW)
    async def listed(self, visit: Visit) -> Answer:
        """Stops to come with how far each is; with ``over`` all there were."""
        over, page = "over" in visit.args, visit.page_number()
        allowed = self.seeing.campuses(visit, VIEW)
        rows = await self.stopping.listed(over=over, offset=(page - 1) * MOST, most=MOST + 1)
        values = {
            "rows": [one for one in rows[:MOST] if one[0].campus in allowed],
            "over": over,
            "page": page,
            "more": len(rows) > MOST,
            "may_stop": bool(self.seeing.campuses(visit, STOP)),
            **self.seeing.words(visit),
        }
        return Page("appointments/stops_list.html", values, title=TITLE)

    # A new one

    @get("/appointments/stops/new", permission=STOP)
    async def new(self, visit: Visit) -> Answer:
        """First the doctor or department, then the half-days and why."""
        campus, department = visit.args.get("campus", ""), visit.args.get("department", "")
        if not (campus and department):
            return self._search(visit)
        form = FormState.of(
            None,
            visit.language,
            campus=campus,
            department=department,
            doctor=visit.args.get("doctor", ""),
        )
        return await self._choose(visit, form)

    def _search(self, visit: Visit) -> Answer:
        allowed = self.seeing.campuses(visit, STOP)
        text = visit.args.get("q", "").strip()[:60]
        hits = [one for one in self.directory.find(text, most=40) if one.campus in allowed]
        values = {
            "q": text,
            "hits": list(self._with_doctors(hits if text else [])),
            **self.seeing.words(visit),
        }
        return Page("appointments/stops_search.html", values, title=TITLE)

    def _with_doctors(self, hits: Iterable[Hit]) -> Iterator[Hit]:
        """What was found, and below each department its doctors."""
        seen = set()
        for hit in hits:
            below = self.directory.doctors(hit.campus, hit.code) if _is_department(hit) else []
            doctors = (
                evolve(hit, kind="doctor", code=one.code, name=one.name, title=one.title)
                for one in below
            )
            for one in (hit, *doctors):
                if (one.kind, one.campus, one.code) not in seen:
                    seen.add((one.kind, one.campus, one.code))
                    yield one

    async def _choose(self, visit: Visit, form: FormState) -> Answer:
        campus, department = form.value("campus"), form.value("department")
        doctor = form.value("doctor")
        visit.need(STOP, Subject(campus=campus))
        self.stopping.need_place(campus, department, doctor)
        values = {
            "form": form,
            "choices": await self.stopping.choices(campus, department, doctor),
            **self._whose(campus, department, doctor),
            **self.seeing.words(visit),
        }
        status = 200 if form.ok else 422
        return Page("appointments/stops_new.html", values, title=TITLE, status=status)

    def _whose(self, campus: str, department: str, doctor: str) -> dict[str, str]:
        return {
            "campus_code": campus,
            "department_name": self.directory.department_name(campus, department),
            "doctor_name": self.directory.doctor_name(campus, doctor),
        }

    @post("/appointments/stops/preview", permission=STOP)
    async def preview(self, visit: Visit) -> Answer:
        """Everybody who would be struck, before anything is done."""
        value, form = read(visit, StopForm)
        if value is None:
            return await self._choose(visit, form)
        visit.need(STOP, Subject(campus=value.campus))
        try:
            wanted = _wanted(value)
        except Invalid as error:
            return await self._choose(visit, form.with_error(error))
        struck = await self.stopping.affected(wanted)
        choices = await self.stopping.choices(value.campus, value.department, value.doctor)
        chosen = {one.clinic for one in wanted.clinics}
        values = {
            "form": form,
            "wanted": wanted,
            "struck": struck,
            "people": await self.seeing.people(struck),
            "choices": [one for one in choices if one.clinic.clinic in chosen],
            **self._whose(value.campus, value.department, value.doctor),
            **self.seeing.words(visit),
        }
        return Page("appointments/stops_preview.html", values, title=TITLE)

    @post("/appointments/stops", permission=STOP)
    async def make(self, visit: Visit) -> Answer:
        """Stop them, and go to the page on which everybody is settled."""
        value, form = read(visit, StopForm)
        if value is None:
            return await self._choose(visit, form)
        visit.need(STOP, Subject(campus=value.campus))
        self.stopping.need_place(value.campus, value.department, value.doctor)
        try:
            stop = await self.stopping.stop(_wanted(value), visit.user.login)
        except CarelineError as error:
            return await self._choose(visit, form.with_error(error))
        what = ", ".join(f"{one.day} {one.half.value} {one.clinic}" for one in stop.clinics)
        await visit.audit("stop.made", kind="stop", whose=str(stop.id), what=what, why=stop.reason)
        if len(stop.clinics) < len(value.clinic):
            partly = Refused(
                "stop.partly",
                "Stop {id} is made, without the half-days that the hospital's system refuses.",
                id=stop.id,
            )
            return await self._choose(visit, form.with_error(partly))
        return Redirect(f"/appointments/stops/{stop.id}")

    # One

    @get("/appointments/stops/<int:stop_id>", permission=VIEW)
    async def one(self, visit: Visit, stop_id: int) -> Answer:
        """A stop as it is settled, live."""
        stop = await self.seeing.stop(visit, stop_id)
        values = await self.seeing.live(visit, stop)
        return Page("appointments/stops_one.html", values, title=TITLE)

    @get("/appointments/stops/<int:stop_id>/live", permission=VIEW, quiet=True)
    async def live(self, visit: Visit, stop_id: int) -> Answer:
        """The part that changes while people are called."""
        stop = await self.seeing.stop(visit, stop_id)
        return Fragment("appointments/stops_live.html", await self.seeing.live(visit, stop))

    @post("/appointments/stops/<int:stop_id>/undo", permission=STOP)
    async def undo(self, visit: Visit, stop_id: int) -> Answer:
        """Take it back."""
        await self.seeing.stop(visit, stop_id, STOP)
        await self.stopping.undo(stop_id, visit.user.login)
        await visit.audit("stop.undone", kind="stop", whose=str(stop_id))
        return Redirect(f"/appointments/stops/{stop_id}")

    @get("/appointments/stops/<int:stop_id>/substitute", permission=STOP)
    async def substitutes(self, visit: Visit, stop_id: int) -> Answer:
        """Clinics that could take the patients."""
        stop = await self.seeing.stop(visit, stop_id, STOP)
        values = {
            "stop": stop,
            "offered": await self.proposing.substitutes(stop),
            **self.seeing.words(visit),
        }
        return Page("appointments/stops_substitute.html", values, title=TITLE)

    @post("/appointments/stops/<int:stop_id>/substitute", permission=STOP)
    async def substitute(self, visit: Visit, stop_id: int) -> Answer:
        """Name the substitute; each patient is then offered its nearest free time."""
        stop = await self.seeing.stop(visit, stop_id, STOP)
        campus, clinic = visit.form.get("campus", ""), visit.form.get("clinic", "")
        offered = await self.proposing.substitutes(stop)
        chosen = next(
            (one for one in offered if (one.clinic.campus, one.clinic.code) == (campus, clinic)),
            None,
        )
        if chosen is None:
            raise Invalid("stop.clinic", "This clinic has no free time; choose another one.")
        name = chosen.doctor or self.directory.department_name(campus, chosen.clinic.department)
        await self.settling.offer(
            stop_id,
            Substitute(
                campus=campus,
                department=chosen.clinic.department,
                clinic=clinic,
                day=chosen.clinic.day,
                name=name,
            ),
        )
        await visit.audit("stop.substitute", kind="stop", whose=str(stop_id), what=clinic)
        return Redirect(f"/appointments/stops/{stop_id}")

    @post("/appointments/stops/<int:stop_id>/move-all", permission=STOP)
    async def move_all(self, visit: Visit, stop_id: int) -> Answer:
        """Move everybody whom nobody is calling to the substitute."""
        await self.seeing.stop(visit, stop_id, STOP)
        await self.settling.move_all(stop_id, visit.user.login)
        await visit.audit("stop.move_all", kind="stop", whose=str(stop_id))
        return Empty(trigger=toast(visit, Text("They are being moved one by one.")))


def _is_department(hit: Hit) -> bool:
    return hit.kind == "department"


def _wanted(form: StopForm) -> Wanted:
    if not form.clinic:
        raise Invalid("stop.clinic", "Choose at least one half-day.")
    if not form.reason:
        raise Invalid("stop.reason", "Say why the clinic is stopped.")
    return Wanted(
        campus=form.campus,
        department=form.department,
        doctor=form.doctor,
        clinics=tuple(map(_clinic, form.clinic)),
        reason=form.reason,
    )


def _clinic(text: str) -> StoppedClinic:
    """``2026-11-24 morning CODE``, as the form's boxes say it."""
    parts: list[Any] = text.split(" ", 2)
    try:
        day, half, code = date.fromisoformat(parts[0]), HalfDay(parts[1]), parts[2]
    except (ValueError, IndexError):
        raise Invalid("stop.clinic", "This is no half-day.") from None
    return StoppedClinic(clinic=code[:LONGEST_CODE], day=day, half=half)
