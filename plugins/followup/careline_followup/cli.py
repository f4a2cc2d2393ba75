"""``careline followup``: lists, coverage and comparing with the hospital on the command line."""

from __future__ import annotations

import getpass
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import click
from attrs import evolve

from careline.audit.model import Entry as AuditLine
from careline.audit.store import add_entry
from careline.campuses.store import list_campuses
from careline.hooks import Command
from careline.jobs import Job
from careline.storage import Tx
from careline_followup.cases.listed import read_list
from careline_followup.cases.model import Case
from careline_followup.figures.service import BY, coverage
from careline_followup.plans import store as plans
from careline_followup.services import Services
from careline_followup.tasks import store as tasks
from careline_followup.tasks.model import State, Wanted
from careline_followup.work import RECONCILE

DAY = click.DateTime(["%Y-%m-%d"])
LINE = "{id:>8}  {state:<12} {day}  {campus}  {ward}  {plan}"
#: Cases in one transaction.
BATCH = 50


def commands(services: Services) -> list[Command]:
    """The command group, on the plugin's services."""
    group = click.Group("followup", help="Follow-up of patients (随访).")
    for one in (_list, _coverage, _import, _reconcile, _plans):
        group.add_command(one(services))
    return [Command(name="followup", command=group)]


def _list(services: Services) -> click.Command:
    @click.command("list", help="Follow-ups, those that are due first.")
    @click.option("--state", type=click.Choice([one.value for one in State]))
    @click.option("--campus", default="", help="Of this campus only.")
    @click.option("--ward", default="", help="Of this ward only.")
    @click.option("--overdue", is_flag=True, help="Only those that are overdue.")
    @click.option("--most", default=50, show_default=True)
    def command(state: str | None, campus: str, ward: str, overdue: bool, most: int) -> None:
        wanted = Wanted(
            states=(State(state),) if state else (),
            campuses=(campus,) if campus else (),
            wards=(ward,) if ward else (),
            overdue=overdue,
        )
        now = services.core.clock.now()
        found = services.core.db.run_sync(tasks.listed, wanted, now, most, 0)
        for entry in found.entries:
            one = entry.task
            values = {"id": one.id, "state": one.state.value, "day": one.day}
            click.echo(LINE.format(**values, campus=one.campus, ward=one.ward, plan=one.plan))
        click.echo(f"{len(found.entries)} / {found.count}")

    return command


def _coverage(services: Services) -> click.Command:
    @click.command("coverage", help="What was done for the cases of some days.")
    @click.option("--from", "first", type=DAY, required=True, help="First day.")
    @click.option("--to", "last", type=DAY, required=True, help="Last day.")
    @click.option("--by", type=click.Choice([one for one in BY if one]), help="A line for each.")
    def command(first: datetime, last: datetime, by: str | None) -> None:
        now = services.core.clock.now()
        days = first.date(), last.date()
        for one in services.core.db.run_sync(coverage, *days, by or "", (), now):
            click.echo(
                f"{one.key or '-'}: discharged {one.cases}, covered {one.covered}, "
                f"without plan {one.bare}, tasks {one.tasks}, due {one.due}, done {one.done}, "
                f"reached {one.reached}, overdue {one.overdue}, red flags {one.flags}"
            )

    return command


def _import(services: Services) -> click.Command:
    @click.command("import", help="Take in a list of discharges or operations, CSV or XLSX.")
    @click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
    @click.option("--campus", required=True, help="Where these patients were.")
    @click.option("--dry", is_flag=True, help="Only look.")
    def command(file: Path, campus: str, dry: bool) -> None:
        db, now = services.core.db, services.core.clock.now()
        zones = {one.id: one.timezone for one in db.run_sync(list_campuses)}
        if campus not in zones:
            raise click.UsageError(f"there is no campus {campus}")
        read = read_list(file, campus, ZoneInfo(zones[campus]), now)
        found = [one.case for one in read if one.case is not None]
        added = 0
        for start in range(0, len(found) if not dry else 0, BATCH):
            added += db.run_sync(_take_all, services, found[start : start + BATCH])
        if not dry:
            line = AuditLine(at=now, act="followup.imported", actor=_actor(), kind="followup")
            what = f"{added} + {len(found) - added}"
            db.run_sync(add_entry, evolve(line, whose=campus, what=what))
        for one in read:
            if one.why is not None:
                click.echo(f"{one.line}: {one.why}", err=True)
        click.echo(f"{len(read)} rows, {added} new, {len(read) - len(found)} rejected")

    return command


def _actor() -> str:
    try:
        return f"cli:{getpass.getuser()}"[:64]
    except (KeyError, OSError):
        return "cli:?"


def _take_all(tx: Tx, services: Services, cases: list[Case]) -> int:
    return services.cases.take_all(tx, cases)


def _reconcile(services: Services) -> click.Command:
    @click.command("reconcile", help="Have the running core compare with the hospital's system.")
    def command() -> None:
        click.echo(services.core.db.run_sync(services.core.outbox.put, Job(RECONCILE, {})))

    return command


def _plans(services: Services) -> click.Command:
    @click.command("plans", help="All plans.")
    def command() -> None:
        for plan in services.core.db.run_sync(plans.plans):
            days = ", ".join(str(step.days) for step in plan.steps) or "-"
            click.echo(f"{plan.name}  {plan.title}  {plan.kind.value}  {days}")

    return command
