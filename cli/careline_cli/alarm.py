"""``careline alarm``: what is wrong now, what was, and who has taken notice."""

from __future__ import annotations

from typing import Any

import click

from careline.terminal.frame import group, json_option, option
from careline.terminal.language import language
from careline.terminal.say import _, listing, say
from careline_cli.site import Site, pass_site
from careline_cli.words import LEVELS, worded


@group("alarm", _("Alarms."))
def alarm() -> None:
    """Alarms."""


@alarm.command("list", help=_("What is wrong now, the worst first."))
@option("--past", is_flag=True, help=_("What was, and is over."))
@json_option
@pass_site
def _list(site: Site, past: bool, as_json: bool) -> None:
    from careline.alarms.model import unpacked

    found = site.control.call("alarms", past=past)
    rows = [
        {**one, **{key: unpacked(one[key]).to(language()) for key in ("title", "detail", "remedy")}}
        for one in found
    ]
    if not as_json:
        rows = [worded(_short(row), level=LEVELS) for row in rows]
    columns = {
        "level": _("level"),
        "raised": _("since"),
        **({"cleared": _("until")} if past else {}),
        "title": _("alarm"),
        "detail": _("details"),
        "remedy": _("what to do"),
        "acked_by": _("seen by"),
        "id": _("id"),
    }
    listing(rows, columns, as_json=as_json, none=_("there is no alarm"))


def _short(row: dict[str, Any]) -> dict[str, Any]:
    from datetime import datetime

    times = {
        key: datetime.fromisoformat(row[key]) if row[key] else None for key in ("raised", "cleared")
    }
    return {**row, **times}


@alarm.command("ack", help=_("Note that you have taken notice of an alarm; ID from the list."))
@click.argument("alarm_id", metavar="ID")
@pass_site
def _ack(site: Site, alarm_id: str) -> None:
    import getpass

    site.control.call("alarm_ack", alarm=alarm_id, who=f"cli:{getpass.getuser()}")
    say(_("noted"))
