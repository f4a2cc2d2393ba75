"""``careline trunk``: the lines of providers, and what they do to numbers."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import click

from careline.terminal.frame import group, json_option, option
from careline.terminal.say import _, listing, say
from careline_cli.made import given
from careline_cli.site import Site, pass_site

RULES = ("area_code", "strip", "prefix", "long_distance", "international", "shown")
id_argument = click.argument("trunk_id", metavar="ID")


@group("trunk", _("Lines to the outside: providers and gateways."))
def trunk() -> None:
    """Trunks."""


@trunk.command("list", help=_("All trunks."))
@json_option
@pass_site
def _list(site: Site, as_json: bool) -> None:
    import attrs

    from careline.campuses.store import list_trunks

    rows = [attrs.asdict(one) for one in site.run(list_trunks)]
    columns = {
        "id": _("id"),
        "title": _("title"),
        "host": _("address"),
        "campus": _("campus"),
        "channels": _("channels"),
        "enabled": _("enabled"),
    }
    listing(rows, columns, as_json=as_json, none=_("there is no trunk; see: careline trunk add"))


def _options(command: Callable[..., Any]) -> Callable[..., Any]:
    for one in reversed(
        [
            option("--channels", type=int, help=_("Calls at a time.")),
            option("--enabled/--disabled", default=None, help=_("Whether it is used.")),
            option("--area-code", help=_("Area code of the place, with the 0; else the campus'.")),
            option(
                "--strip",
                multiple=True,
                help=_("A prefix that the provider puts before caller numbers. May be repeated."),
            ),
            option("--prefix", help=_("Dialled before every number, such as 9.")),
            option("--long-distance", help=_("Dialled before mobiles of other cities, mostly 0.")),
            option("--international", help=_("Dialled in place of +, mostly 00.")),
            option("--shown", help=_("The number that people see whom we call.")),
        ]
    ):
        command = one(command)
    return command


@trunk.command("add", help=_("Add a trunk: HOST is the address that its calls come from."))
@id_argument
@click.argument("host", metavar="HOST[:PORT]")
@option("--campus", required=True, help=_("The campus whose line it is."))
@option("--title", help=_("Its name."))
@_options
@pass_site
def _add(site: Site, trunk_id: str, host: str, **options: Any) -> None:
    from careline.site.trunks import add_trunk

    site.run(add_trunk, {"id": trunk_id, "host": host, **_said(options)})
    site.apply()
    say(_("trunk {trunk} added"), trunk=trunk_id)


@trunk.command("change", help=_("Change a trunk; what is not named stays."))
@id_argument
@option("--host", metavar="HOST[:PORT]", help=_("The address that its calls come from."))
@option("--campus", help=_("The campus whose line it is."))
@option("--title", help=_("Its name."))
@_options
@pass_site
def _change(site: Site, trunk_id: str, **options: Any) -> None:
    from careline.site.trunks import change_trunk

    site.run(change_trunk, trunk_id, _said(options))
    site.apply()
    say(_("trunk {trunk} changed"), trunk=trunk_id)


def _said(options: dict[str, Any]) -> dict[str, Any]:
    """What was given; a prefix that is not named leaves the others as they are."""
    return {name: value for name, value in given(**options).items() if value != ()}


@trunk.command("remove", help=_("Remove a trunk."))
@id_argument
@pass_site
def _remove(site: Site, trunk_id: str) -> None:
    from careline.campuses.store import remove_trunk

    site.run(remove_trunk, trunk_id)
    site.apply()
    say(_("trunk {trunk} removed"), trunk=trunk_id)
