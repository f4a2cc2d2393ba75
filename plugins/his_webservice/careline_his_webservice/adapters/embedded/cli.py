"""``careline his embedded``: the tables of a small clinic, taken over from CSV and shown."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import click

from careline.campuses.store import get_campus
from careline.clinic import Department, Doctor
from careline.errors import NotFound
from careline.i18n import Text
from careline.plugins import Core
from careline.storage import Tx
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


def embedded(core: Core, campuses: Mapping[str, EmbeddedSettings]) -> click.Group:
    """The command group; ``campuses`` are those that have the embedded system."""
    group = click.Group("embedded", help="The embedded system of a small clinic.")
    group.add_command(_import(core, campuses))
    group.add_command(_show(core, campuses))
    return group


def _import(core: Core, campuses: Mapping[str, EmbeddedSettings]) -> click.Command:
    @click.command("import", help="Replace tables by CSV files, and make the coming clinics.")
    @click.argument("campus")
    @click.option("--departments", type=FILE, help="Columns: code, name, and more.")
    @click.option("--doctors", type=FILE, help="Columns: code, name, department, and more.")
    @click.option("--plan", type=FILE, help="Columns: department, weekday, half, start, and more.")
    def command(
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
        told: dict[str, object] = {"count": new, "days": settings.days}
        text = Text("{count} clinics made for the next {days} days", told)
        click.echo(text.to(core.settings.language))

    return command


def _show(core: Core, campuses: Mapping[str, EmbeddedSettings]) -> click.Command:
    @click.command("show", help="The weekly plan of a campus.")
    @click.argument("campus")
    def command(campus: str) -> None:
        _known(campuses, campus)
        directory = core.db.run_sync(read_directory, campus)
        names = {one.code: one.name for one in directory.departments}
        names |= {one.code: one.name for one in directory.doctors}
        for one in core.db.run_sync(read_plan, campus):
            places = one.slots * one.capacity
            when = f"{one.weekday} {one.half.value:<9} {one.start:%H:%M} {places:>4}"
            who = (names.get(code, code) for code in (one.department, one.doctor))
            click.echo(f"{when}  {' '.join(who)}".rstrip())

    return command


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
