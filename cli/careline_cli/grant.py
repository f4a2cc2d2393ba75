"""``careline grant``: permissions for a while, which end by themselves."""

from __future__ import annotations

from datetime import timedelta

import click

from careline.terminal.frame import group, option
from careline.terminal.say import _, cell, listing, say
from careline_cli.people import SCOPES, change, user_of
from careline_cli.site import Site, pass_site

json_option = option("--json", "as_json", is_flag=True, help=_("For a program to read."))


@group("grant", _("Temporary grants: they end by themselves."))
def grant() -> None:
    """Grants."""


@grant.command("list", help=_("Grants that run."))
@json_option
@pass_site
def _list(site: Site, as_json: bool) -> None:
    from careline.auth.store import list_grants, list_users

    users = {one.id: one.login for one in site.run(list_users)}
    rows = [
        {
            "id": one.id,
            "user": users[one.user],
            "permission": one.permission,
            "scope": one.scope.word,
            "until": one.until,
            "why": one.why,
            "by": one.by,
        }
        for one in site.run(list_grants, site.clock.now())
    ]
    columns = {
        "id": _("id"),
        "user": _("user"),
        "permission": _("permission"),
        "scope": _("scope"),
        "until": _("until"),
        "why": _("why"),
        "by": _("given by"),
    }
    listing(rows, columns, as_json=as_json, none=_("no temporary grant runs"))


@grant.command("add", help=_("Give USER a PERMISSION for some hours."))
@click.argument("user")
@click.argument("permission")
@option("--scope", type=click.Choice(SCOPES), default="own", show_default=True, help=_("How far."))
@option("--hours", type=click.FloatRange(0.01, 720), required=True, help=_("For how long."))
@option("--why", required=True, help=_("Why; it is kept in the audit log."))
@pass_site
def _add(site: Site, user: str, permission: str, scope: str, hours: float, why: str) -> None:
    from careline.auth.model import Scope, TemporaryGrant
    from careline.auth.people import give
    from careline.errors import Invalid
    from careline_cli.role import known_permissions

    found = user_of(site, user)
    if permission not in known_permissions(site):
        raise Invalid("role.grants", "there is no permission {permission}", permission=permission)
    now = site.clock.now()
    wanted = TemporaryGrant(
        user=found.id,
        permission=permission,
        scope=Scope[scope.upper()],
        until=now + timedelta(hours=hours),
        why=why,
        by="cli",
    )
    told = f"{permission}: {scope}, {hours:g} h"
    made = change(
        site, "grant.given", found.login, lambda tx: give(tx, wanted, now), what=told, why=why
    )
    say(_("grant {id} runs until {until}"), id=made.id, until=cell(made.until))


@grant.command("end", help=_("End a grant before its time."))
@click.argument("number", type=int)
@pass_site
def _end(site: Site, number: int) -> None:
    from careline.auth.people import end_grant

    now = site.clock.now()
    change(site, "grant.ended", str(number), lambda tx: end_grant(tx, number, now))
    say(_("grant {id} has ended"), id=number)
