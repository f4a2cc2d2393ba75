"""``careline trunk``: the lines of providers, and what they do to numbers."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import click

from careline.errors import Conflict, Invalid, NotFound
from careline_cli.agent import CAMPUS, json_option
from careline_cli.frame import group, option
from careline_cli.made import given, unknown
from careline_cli.say import _, listing, say
from careline_cli.site import Site, pass_site

if TYPE_CHECKING:
    from careline.campuses.model import Trunk
    from careline.storage import Tx

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
    from careline.campuses.store import list_trunks, put_trunk

    def store(tx: Tx) -> None:
        if trunk_id in {one.id for one in list_trunks(tx)}:
            raise Conflict("trunk.exists", "there is a trunk {trunk} already", trunk=trunk_id)
        values = {"id": trunk_id, "host": host, "title": trunk_id, **given(**options)}
        put_trunk(tx, _checked(tx, values, {}))

    site.run(store)
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
    import attrs

    from careline.campuses.store import put_trunk

    def store(tx: Tx) -> None:
        old = attrs.asdict(_known(tx, trunk_id))
        rules = old.pop("rules")
        put_trunk(tx, _checked(tx, old | given(**options), rules))

    site.run(store)
    site.apply()
    say(_("trunk {trunk} changed"), trunk=trunk_id)


def _known(tx: Tx, trunk_id: str) -> Trunk:
    from careline.campuses.store import list_trunks

    for one in list_trunks(tx):
        if one.id == trunk_id:
            return one
    raise NotFound("trunk.unknown", "there is no trunk {trunk}", trunk=trunk_id)


def _checked(tx: Tx, values: dict[str, Any], rules: dict[str, Any]) -> Trunk:
    """A trunk of these values; Invalid with all their problems."""
    from careline.asterisk.model import NAME
    from careline.campuses.model import Trunk
    from careline.campuses.store import list_campuses
    from careline.numbers import NumberRules

    campuses = {one.id: one for one in list_campuses(tx)}
    problems = unknown(CAMPUS, [values["campus"]], campuses)
    if not NAME.fullmatch(values["id"]):
        message = "{name} is no name for a trunk: use letters, digits, - and _"
        problems.append(Invalid("trunk.name", message, name=values["id"]))
    problems += _host_problems(values["host"])
    if values.get("channels", 1) < 1:
        problems.append(Invalid("trunk.channels", "a trunk has at least one channel"))
    said = {name: values.pop(name) for name in RULES if values.get(name) not in (None, ())}
    for name in RULES:
        values.pop(name, None)
    if values["campus"] in campuses and not rules:
        said.setdefault("area_code", campuses[values["campus"]].area_code)
    made = NumberRules(**(rules | said))
    problems += made.problems()
    if problems:
        raise Invalid("input.invalid", "that cannot be stored:", problems=problems)
    return Trunk(**values, rules=made)


def _host_problems(host: str) -> Sequence[Invalid]:
    """An address, a network or a name, and a port if it must be."""
    import re

    name, colon, port = host.partition(":")
    right_port = not colon or (port.isdigit() and 0 < int(port) < 65536)
    if re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9.-]*(/\d{1,2})?", name) and right_port:
        return []
    return [Invalid("trunk.host", "{host} is no address such as 203.0.113.7:5060", host=host)]


@trunk.command("remove", help=_("Remove a trunk."))
@id_argument
@pass_site
def _remove(site: Site, trunk_id: str) -> None:
    from careline.campuses.store import remove_trunk

    site.run(remove_trunk, trunk_id)
    site.apply()
    say(_("trunk {trunk} removed"), trunk=trunk_id)
