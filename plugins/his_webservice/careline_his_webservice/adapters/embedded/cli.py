"""``careline his embedded``: the tables of a small clinic, taken over from CSV and shown."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import click

from careline.campuses.store import get_campus
from careline.clinic import Department, Doctor, HalfDay
from careline.errors import NotFound
from careline.i18n import Text
from careline.plugins import Core
from careline.storage import Tx
from careline.terminal import Group, _, command, json_option, listing, option, say
from careline_his_webservice.adapters.embedded.plan import Planned, put_plan, read_plan, roll
from careline_his_webservice.adapters.embedded.settings import EmbeddedSettings
from careline_his_webservice.adapters.embedded.store import (
    put_departments,
    put_doctors,
    read_directory,
)
from careline_his_webservice.adapters.embedded.tables_in import (
    read_departments,
    read_doctors,
    read_planned,
)

FILE = click.Path(exists=True, dir_okay=False, path_type=Path)
HALVES: Mapping[HalfDay, Text] = {
    HalfDay.MORNING: Text("morning"),
    HalfDay.AFTERNOON: Text("afternoon"),
    HalfDay.EVENING: Text("evening"),
}
WEEKDAYS = (
    Text("Monday"),
    Text("Tuesday"),
    Text("Wednesday"),
    Text("Thursday"),
    Text("Friday"),
    Text("Saturday"),
    Text("Sunday"),
)
COLUMNS: Mapping[str, str] = {
    "weekday": _("day of the week"),
    "half": _("half-day"),
    "start": _("begins"),
    "places": _("places"),
    "department": _("department"),
    "doctor": _("doctor"),
}


def embedded(core: Core, campuses: Mapping[str, EmbeddedSettings]) -> click.Group:
    """The command group; ``campuses`` are those that have the embedded system."""
    group = Group("embedded", help=_("The embedded system of a small clinic."))
    group.add_command(_import(core, campuses))
    group.add_command(_show(core, campuses))
    return group


def _import(core: Core, campuses: Mapping[str, EmbeddedSettings]) -> click.Command:
    @command("import", _("Replace tables by CSV files, and make the coming clinics."))
    @click.argument("campus")
    @option("--departments", type=FILE, help=_("Columns: code, name, and more."))
    @option("--doctors", type=FILE, help=_("Columns: code, name, department, and more."))
    @option("--plan", type=FILE, help=_("Columns: department, weekday, half, start, and more."))
    def take_in(
        campus: str, departments: Path | None, doctors: Path | None, plan: Path | None
    ) -> None:
        settings = _known(campuses, campus)
        made = core.db.run_sync(
            _put,
            campus,
            read_departments(departments, campus) if departments else None,
            read_doctors(doctors, campus) if doctors else None,
            read_planned(plan) if plan else None,
        )
        new = core.db.run_sync(_roll, campus, core, settings.days) if made else 0
        text = _("{count} clinics made for the next {days} days")
        say(text, count=new, days=settings.days)

    return take_in


def _show(core: Core, campuses: Mapping[str, EmbeddedSettings]) -> click.Command:
    @command("show", _("The weekly plan of a campus."))
    @click.argument("campus")
    @json_option
    def show(campus: str, as_json: bool) -> None:
        _known(campuses, campus)
        directory = core.db.run_sync(read_directory, campus)
        names = {one.code: one.name for one in directory.departments}
        names |= {one.code: one.name for one in directory.doctors}
        rows = [
            {
                "weekday": one.weekday if as_json else WEEKDAYS[one.weekday - 1],
                "half": one.half if as_json else HALVES[one.half],
                "start": f"{one.start:%H:%M}",
                "places": one.slots * one.capacity,
                "department": names.get(one.department, one.department),
                "doctor": names.get(one.doctor, one.doctor),
            }
            for one in core.db.run_sync(read_plan, campus)
        ]
        listing(rows, COLUMNS, as_json=as_json, none=_("there are none"))

    return show


def _known(campuses: Mapping[str, EmbeddedSettings], campus: str) -> EmbeddedSettings:
    if campus not in campuses:
        text = "campus {campus} does not have the embedded system"
        raise NotFound("his.campus", text, campus=campus)
    return campuses[campus]


def _put(
    tx: Tx,
    campus: str,
    departments: Sequence[Department] | None,
    doctors: Sequence[Doctor] | None,
    plan: Sequence[Planned] | None,
) -> bool:
    """Replace what is given; True when clinics may have to be made."""
    if departments is not None:
        put_departments(tx, campus, departments)
    if doctors is not None:
        put_doctors(tx, campus, doctors)
    if plan is not None:
        put_plan(tx, campus, plan)
    return plan is not None


def _roll(tx: Tx, campus: str, core: Core, days: int) -> int:
    today = get_campus(tx, campus).local(core.clock.now()).date()
    return roll(tx, campus, today, days)
