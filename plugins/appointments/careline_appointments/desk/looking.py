"""Looking things up: clinics of a week on a sheet, introductions of departments and doctors."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from attrs import frozen

from careline.clinic import Department, Doctor
from careline.errors import NotFound
from careline.i18n import Text
from careline.web import Answer, FormState, Page, Visit, get
from careline_appointments.desk.asked import day_of, today
from careline_appointments.desk.grid import DAYS, Row, week_of
from careline_appointments.desk.ground import BOOK, VIEW, Ground, named
from careline_appointments.desk.words import KINDS, SHORT_HALVES

MOST = 60


@frozen
class LookingRoutes:
    """Routes of the schedule page and the directory."""

    ground: Ground

    # Clinics of a week

    @get("/appointments/schedule", permission=VIEW)
    async def schedule(self, visit: Visit) -> Answer:
        """All clinics of seven days at one campus, by department; to be printed."""
        ground = self.ground
        campuses = ground.campus_choices(visit)
        known = [code for code, _title in campuses]
        own = str(visit.user.campus)
        campus = visit.args.get("campus", "") or (own if own in known else "")
        if campus not in known:
            campus = known[0] if known else ""
        departments = ground.directory.departments(campus) if campus else []
        department = visit.args.get("department", "")
        if department not in {one.code for one in departments}:
            department = (
                departments[0].code if departments and "department" not in visit.args else ""
            )
        first = day_of(visit.args.get("first", "")) or today(visit)
        answers = (
            await ground.schedules.days(first, DAYS, campus=campus, department=department)
            if campus
            else []
        )
        week = week_of(first, answers, ground.doctor_at)
        shown = [row for one in week.campuses for row in one.rows]
        values = {
            "form": FormState(
                {"campus": [campus], "department": [department], "first": [str(first)]},
                language=visit.language,
            ),
            "campuses": campuses,
            "departments": [
                ("", visit._("all")),
                *((one.code, named(one, visit)) for one in departments),
            ],
            "campus": campus,
            "campus_title": ground.campus(visit, campus),
            "week": week,
            "groups": [
                (ground.department(visit, campus, code), rows)
                for code, rows in _by_department(shown, [one.code for one in departments])
            ],
            "kinds": KINDS,
            "halves": SHORT_HALVES,
            "link": {"campus": campus, "department": department},
            "back": first - timedelta(days=DAYS),
            "next": first + timedelta(days=DAYS),
            "today": today(visit),
        }
        return Page("appointments/schedule.html", values, title=Text("Schedule"))

    # Introductions

    @get("/appointments/directory", permission=VIEW)
    async def directory(self, visit: Visit) -> Answer:
        """Departments of all campuses, or what fits the words."""
        ground = self.ground
        typed, campus = visit.args.get("q", "").strip()[:64], visit.args.get("campus", "")
        departments: list[Department] = []
        doctors: list[Doctor] = []
        if typed:
            for hit in ground.directory.find(typed, campus, MOST):
                department = ground.department_at(hit.campus, hit.code)
                doctor = ground.doctor_at(hit.campus, hit.code)
                if hit.kind == "department" and department is not None:
                    departments.append(department)
                elif doctor is not None:
                    doctors.append(doctor)
        else:
            shown = (
                [campus] if campus in ground.directory.campuses() else ground.directory.campuses()
            )
            departments = [one for code in shown for one in ground.directory.departments(code)]
        values = {
            "form": FormState({"q": [typed], "campus": [campus]}, language=visit.language),
            "campuses": ground.campus_choices(visit, visit._("all")),
            "departments": departments,
            "doctors": doctors,
            **self._names(visit),
        }
        return Page("appointments/directory.html", values, title=Text("Departments and doctors"))

    @get("/appointments/directory/<campus>/<code>", permission=VIEW)
    async def department(self, visit: Visit, campus: str, code: str) -> Answer:
        """One department with its doctors."""
        one = self.ground.directory.department(campus, code)
        values = {
            "one": one,
            "doctors": self.ground.directory.doctors(campus, code),
            "may_book": visit.may(BOOK),
            **self._names(visit),
        }
        return Page("appointments/department.html", values, title=named(one, visit))

    @get("/appointments/directory/<campus>/doctor/<code>", permission=VIEW)
    async def doctor(self, visit: Visit, campus: str, code: str) -> Answer:
        """One doctor's introduction."""
        one = self.ground.doctor_at(campus, code)
        if one is None:
            raise NotFound("appointments.doctor", "there is no such doctor at this campus")
        values = {"one": one, "may_book": visit.may(BOOK), **self._names(visit)}
        return Page("appointments/doctor.html", values, title=named(one, visit))

    def _names(self, visit: Visit) -> dict[str, Any]:
        ground = self.ground
        return {
            "campus_name": lambda code: ground.campus(visit, code),
            "department_name": lambda campus, code: ground.department(visit, campus, code),
            "name_of": lambda one: named(one, visit),
            "intro_of": lambda one: (
                one.intro_en or one.intro if visit.language == "en" else one.intro
            ),
        }


def _by_department(rows: Sequence[Row], order: Sequence[str]) -> list[tuple[str, list[Row]]]:
    """Rows under their department, in the hospital's order."""
    found: dict[str, list[Row]] = {}
    for row in rows:
        found.setdefault(row.department, []).append(row)
    known = {code: place for place, code in enumerate(order)}
    return sorted(found.items(), key=lambda one: known.get(one[0], len(known)))
