"""``careline dnis``: which flow a called number leads to, by opening hours."""

from __future__ import annotations

import click

from careline.terminal.frame import group, json_option, option
from careline.terminal.say import _, listing, say
from careline_cli.site import Site, pass_site


@group("dnis", _("Called numbers, and the flow that answers each."))
def dnis() -> None:
    """Called numbers."""


@dnis.command("list", help=_("All called numbers."))
@json_option
@pass_site
def _list(site: Site, as_json: bool) -> None:
    import attrs

    from careline.ivr.store import list_dnis

    rows = [attrs.asdict(one) for one in site.run(list_dnis)]
    columns = {
        "number": _("number"),
        "title": _("title"),
        "campus": _("campus"),
        "open": _("flow when open"),
        "after_hours": _("after hours"),
        "holiday": _("on holidays"),
    }
    listing(rows, columns, as_json=as_json, none=_("no number is set; see: careline dnis set"))


@dnis.command(
    "set",
    help=_(
        "Let calls to NUMBER run a flow. NUMBER is as the trunk sends it; 40012345* is every number"
        " that begins so, * every number."
    ),
)
@click.argument("number")
@option("--campus", required=True, help=_("Its calendar says whether it is open."))
@option("--flow", required=True, help=_("The flow while open."))
@option("--after-hours", default="", help=_("The flow after hours; else the same."))
@option("--holiday", default="", help=_("The flow on holidays; else the same."))
@option("--title", default="", help=_("What the number is for."))
@pass_site
def _set(
    site: Site, number: str, campus: str, flow: str, after_hours: str, holiday: str, title: str
) -> None:
    from careline.ivr.routes import Dnis
    from careline.site.called import set_called

    entry = Dnis(
        number=number,
        campus=campus,
        open=flow,
        after_hours=after_hours,
        holiday=holiday,
        title=title,
    )

    site.run(set_called, entry)
    site.apply()
    say(_("calls to {number} lead to flow {flow} now"), number=number, flow=flow)


@dnis.command("remove", help=_("Forget a called number."))
@click.argument("number")
@pass_site
def _remove(site: Site, number: str) -> None:
    from careline.ivr.store import remove_dnis

    site.run(remove_dnis, number)
    site.apply()
    say(_("calls to {number} lead to no flow any more"), number=number)
