"""``careline job``: work that waits, and work that was set aside after repeated failures."""

from __future__ import annotations

from typing import Any

import click

from careline.i18n import Text
from careline.terminal.frame import group, json_option, option
from careline.terminal.say import _, listing, say
from careline_cli.site import Site, pass_site
from careline_cli.words import worded

JOBS = {
    "waiting": Text("waiting"),
    "running": Text("under way"),
    "done": Text("done"),
    "parked": Text("set aside"),
}
id_argument = click.argument("job_id", metavar="ID", type=int)


@group("job", _("Jobs: what is done behind, later or again."))
def job() -> None:
    """Jobs."""


@job.command("list", help=_("Jobs that were set aside, or those of another state."))
@option(
    "--state", type=click.Choice([*JOBS]), default="parked", show_default=True, help=_("Its state.")
)
@option("--kind", help=_("Of this kind only."))
@json_option
@pass_site
def _list(site: Site, state: str, kind: str | None, as_json: bool) -> None:
    from careline.jobs import store
    from careline.jobs.model import JobState
    from careline.jobs.shown import masked_args, masked_text

    rows: list[dict[str, Any]] = [
        {
            "id": one.id,
            "kind": one.kind,
            "state": one.state.value,
            "tries": one.tries,
            "created": one.created_at,
            "run_at": one.run_at,
            "args": masked_args(one.args),
            "error": masked_text(one.error or ""),
        }
        for one in site.run(store.listing, JobState(state), kind)
    ]
    if not as_json:
        rows = [worded({**row, "args": _short(row["args"])}, state=JOBS) for row in rows]
    columns = {
        "id": _("id"),
        "kind": _("kind"),
        "tries": _("tries"),
        "created": _("since"),
        "args": _("details"),
        "error": _("what is wrong"),
    }
    listing(rows, columns, as_json=as_json, none=_("there is no such job"))


def _short(args: dict[str, str]) -> str:
    return " ".join(f"{key}={value}" for key, value in args.items())


@job.command("retry", help=_("Try a job again that was set aside."))
@id_argument
@pass_site
def _retry(site: Site, job_id: int) -> None:
    from careline.jobs import store

    site.run(store.unpark, job_id, site.clock.now())
    say(_("job {id} is tried again"), id=job_id)


@job.command("drop", help=_("Forget a job that was set aside, for good."))
@id_argument
@pass_site
def _drop(site: Site, job_id: int) -> None:
    from careline.jobs import store

    site.run(store.drop, job_id)
    say(_("job {id} is dropped"), id=job_id)
