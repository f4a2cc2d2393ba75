"""``careline audit``: who did what to whom and why."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta, tzinfo
from pathlib import Path
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import click

from careline.terminal.frame import group, option
from careline.terminal.say import _, listing, say
from careline_cli.site import Site, pass_site

if TYPE_CHECKING:
    from careline.audit.model import Search
    from careline.i18n import Text


@group("audit", _("The audit log."))
def audit() -> None:
    """Audit log."""


def _wanted(command: Callable[..., Any]) -> Callable[..., Any]:
    """Decorator: options that say what is looked for."""
    options = (
        option("--since", type=click.DateTime(["%Y-%m-%d"]), help=_("From this day on.")),
        option("--until", type=click.DateTime(["%Y-%m-%d"]), help=_("Up to this day.")),
        option("--who", help=_("A login, or cli:NAME for commands.")),
        option("--act", help=_("What was done, such as patient.view.")),
        option("--kind", help=_("To what: patient, call, user ...")),
        option("--whose", help=_("Its number or name.")),
        option("--text", help=_("Words in details and reasons.")),
    )
    for one in reversed(options):
        command = one(command)
    return command


def _search(zone: tzinfo, since: datetime | None, until: datetime | None, **texts: Any) -> Search:
    from careline.audit.model import Search

    texts = {name: value or "" for name, value in texts.items()}
    return Search(
        since=since.replace(tzinfo=zone) if since else None,
        until=until.replace(tzinfo=zone) + timedelta(days=1) if until else None,
        actor=texts.pop("who"),
        **texts,
    )


def _zone(site: Site) -> tzinfo:
    """The first campus's."""
    from careline.campuses.store import list_campuses

    zones = [one.timezone for one in site.run(list_campuses)]
    return ZoneInfo(zones[0] if zones else "Asia/Shanghai")


def _titles(site: Site) -> Mapping[str, Text]:
    """What enabled plugins call their acts."""
    from careline.audit.model import titles_of

    if not site.settings.plugins:
        return {}
    from careline_cli.offline import loaded_app

    return titles_of(loaded_app(site.settings, site.clock).hub.acts())


@audit.command("search", help=_("Lines of the audit log, the newest first."))
@_wanted
@option("--limit", type=click.IntRange(1, 10_000), default=100, show_default=True)
@option("--json", "as_json", is_flag=True, help=_("For a program to read."))
@pass_site
def _search_command(site: Site, limit: int, as_json: bool, **wanted: Any) -> None:
    from attrs import asdict

    from careline.audit.model import act_title
    from careline.audit.store import search

    zone = _zone(site)
    found = site.run(search, _search(zone, **wanted), limit)
    rows = [asdict(one) for one in found.entries]
    if not as_json:
        titles = _titles(site)
        rows = [
            {**row, "at": _shown(row["at"], zone), "act": act_title(row["act"], titles)}
            for row in rows
        ]
    columns = {
        "at": _("when"),
        "actor": _("who"),
        "act": _("what was done"),
        "kind": _("kind"),
        "whose": _("whose"),
        "what": _("details"),
        "why": _("why"),
        "address": _("address"),
    }
    listing(rows, columns, as_json=as_json, none=_("nothing was found"))


def _shown(moment: datetime, zone: tzinfo) -> str:
    return f"{moment.astimezone(zone):%Y-%m-%d %H:%M:%S}"


@audit.command("export", help=_("Write what was found into FILE, by its ending .csv or .xlsx."))
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
@_wanted
@pass_site
def _export(site: Site, file: Path, **wanted: Any) -> None:
    from careline.audit.service import MOST, make_file
    from careline.audit.store import search
    from careline.terminal.language import language
    from careline_cli.people import change

    zone = _zone(site)
    form = file.suffix.removeprefix(".").lower()
    what = "; ".join(f"{name}: {value}" for name, value in wanted.items() if value)

    def read(tx: Any) -> Any:
        return search(tx, _search(zone, **wanted), MOST)

    found = change(site, "audit.exported", "", read, what=f"{form}; {what}")
    file.write_bytes(make_file(found, form, zone, language(), _titles(site)))
    file.chmod(0o600)
    say(_("{count} lines in {file}"), count=len(found.entries), file=str(file))
