"""``careline followup``: lists, coverage and comparing with the hospital on the command line."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import click
from attrs import asdict, evolve

from careline.audit.model import Entry as AuditLine
from careline.audit.store import add_entry
from careline.campuses.store import get_campus
from careline.hooks import Command
from careline.jobs import Job
from careline.terminal import (
    Group,
    _,
    command,
    complain,
    json_option,
    listing,
    option,
    say,
    who,
)
from careline_followup.cases.listed import Places, read_list
from careline_followup.cases.rows import Brought
from careline_followup.cases.service import Imported, imported
from careline_followup.cases.store import places_of
from careline_followup.figures.service import BY, coverage
from careline_followup.pages.plans import KINDS
from careline_followup.plans import store as plans
from careline_followup.services import Services
from careline_followup.tasks import store as tasks
from careline_followup.tasks.model import STATE_TITLES, State, Wanted
from careline_followup.work import RECONCILE

DAY = click.DateTime(["%Y-%m-%d"])
#: Cases in one transaction.
BATCH = 50
TASKS: Mapping[str, str] = {
    "id": _("id"),
    "state": _("state"),
    "day": _("date"),
    "campus": _("campus"),
    "ward": _("ward"),
    "plan": _("plan"),
}
COVERAGE: Mapping[str, str] = {
    "key": _("group"),
    "cases": _("cases"),
    "covered": _("covered"),
    "bare": _("without plan"),
    "tasks": _("tasks"),
    "due": _("due"),
    "done": _("closed"),
    "reached": _("reached"),
    "no_number": _("without a number"),
    "overdue": _("overdue"),
    "flags": _("red flags"),
}
PLANS: Mapping[str, str] = {
    "name": _("short name"),
    "title": _("title"),
    "kind": _("kind"),
    "days": _("on the days"),
}


def commands(services: Services) -> list[Command]:
    """The command group, on the plugin's services."""
    group = Group("followup", help=_("Follow-up of patients: lists, coverage, plans."))
    for one in (_list, _coverage, _import, _reconcile, _plans):
        group.add_command(one(services))
    return [Command(name="followup", command=group)]


def _list(services: Services) -> click.Command:
    @command("list", _("Follow-ups, those that are due first."))
    @option(
        "--state",
        type=click.Choice([one.value for one in State]),
        help=_("Only those in this state."),
    )
    @option("--campus", default="", help=_("Of this campus only."))
    @option("--ward", default="", help=_("Of this ward only."))
    @option("--overdue", is_flag=True, help=_("Only those that are overdue."))
    @option("--most", default=50, show_default=True, help=_("At most so many."))
    @json_option
    def listed(
        state: str | None, campus: str, ward: str, overdue: bool, most: int, as_json: bool
    ) -> None:
        wanted = Wanted(
            states=(State(state),) if state else (),
            campuses=(campus,) if campus else (),
            wards=(ward,) if ward else (),
            overdue=overdue,
        )
        now = services.core.clock.now()
        found = services.core.db.run_sync(tasks.listed, wanted, now, most, 0)
        rows: list[dict[str, Any]] = [
            {name: getattr(one.task, name) for name in TASKS} for one in found.entries
        ]
        if not as_json:
            rows = [row | {"state": STATE_TITLES[row["state"]]} for row in rows]
        listing(rows, TASKS, as_json=as_json, none=_("there are none"))
        if found.count > len(rows) and not as_json:
            say(_("{shown} of {count} are shown"), shown=len(rows), count=found.count)

    return listed


def _coverage(services: Services) -> click.Command:
    @command("coverage", _("What was done for the cases of some days."))
    @option("--from", "first", type=DAY, required=True, help=_("First day."))
    @option("--to", "last", type=DAY, required=True, help=_("Last day."))
    @option("--by", type=click.Choice([one for one in BY if one]), help=_("A line for each."))
    @json_option
    def covered(first: datetime, last: datetime, by: str | None, as_json: bool) -> None:
        now = services.core.clock.now()
        days = first.date(), last.date()
        found = services.core.db.run_sync(coverage, *days, by or "", (), now)
        rows = [asdict(one) | {"done": one.done, "reached": one.reached} for one in found]
        listing(rows, COVERAGE, as_json=as_json)

    return covered


def _import(services: Services) -> click.Command:
    @command("import", _("Take in a list of discharges or operations, CSV or XLSX."))
    @click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
    @option("--campus", required=True, help=_("Where these patients were."))
    @option("--dry", is_flag=True, help=_("Only look."))
    def take_in(file: Path, campus: str, dry: bool) -> None:
        db, now = services.core.db, services.core.clock.now()
        zone = ZoneInfo(db.run_sync(get_campus, campus).timezone)
        places = Places(*db.run_sync(places_of, campus))
        read = read_list(file, campus, zone, now, places)
        brought: list[Brought] = []
        for start in range(0, len(read), BATCH):
            brought += db.run_sync(services.cases.bring, read[start : start + BATCH], dry)
        found = imported(brought)
        if not dry:
            line = AuditLine(at=now, act="followup.imported", actor=who(), kind="followup")
            what = f"{found.added} + {found.known}"
            db.run_sync(add_entry, evolve(line, whose=campus, what=what))
        _tell(found, len(read), dry)

    return take_in


def _tell(found: Imported, rows: int, dry: bool) -> None:
    for one in sorted((*found.rejected, *found.noted), key=lambda one: one.line):
        complain(_("row {line}: {why}"), line=one.line, why=one.why)
    text = _("{rows} rows, {new} new, {known} known, {rejected} rejected")
    if dry:
        text = _("{rows} rows, {new} new, {known} known, {rejected} rejected; nothing is taken in")
    counts = {"new": found.added, "known": found.known, "rejected": len(found.rejected)}
    say(text, rows=rows, **counts)


def _reconcile(services: Services) -> click.Command:
    @command("reconcile", _("Have the running core compare with the hospital's system."))
    def reconcile() -> None:
        job = services.core.db.run_sync(services.core.outbox.put, Job(RECONCILE, {}))
        say(_("the running core compares; how it went: careline job list (job {job})"), job=job)

    return reconcile


def _plans(services: Services) -> click.Command:
    @command("plans", _("All plans."))
    @json_option
    def listed(as_json: bool) -> None:
        rows = [
            {
                "name": one.name,
                "title": one.title,
                "kind": one.kind if as_json else KINDS[one.kind],
                "days": [step.days for step in one.steps],
            }
            for one in services.core.db.run_sync(plans.plans)
        ]
        listing(rows, PLANS, as_json=as_json, none=_("there are none"))

    return listed
