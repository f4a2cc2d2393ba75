"""``careline role``: what people of one kind may do."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import click

from careline.errors import NotFound
from careline.terminal.frame import group, option
from careline.terminal.say import _, listing, print_json, say
from careline_cli.people import change, scopes_of
from careline_cli.site import Site, pass_site

if TYPE_CHECKING:
    from careline.auth.model import Role
    from careline.storage import Tx

name_argument = click.argument("name")
json_option = option("--json", "as_json", is_flag=True, help=_("For a program to read."))


@group("role", _("Roles and what they permit."))
def role() -> None:
    """Roles."""


def _roles(tx: Tx) -> list[Role]:
    from careline.auth.people import ensure_roles
    from careline.auth.store import list_roles

    ensure_roles(tx)
    return list_roles(tx)


@role.command("list", help=_("All roles."))
@json_option
@pass_site
def _list(site: Site, as_json: bool) -> None:
    rows = [
        {
            "name": one.name,
            "title": one.title,
            "title_en": one.title_en,
            "permissions": len(one.grants),
        }
        for one in site.run(_roles)
    ]
    columns = {
        "name": _("name"),
        "title": _("title"),
        "title_en": _("title in English"),
        "permissions": _("permissions"),
    }
    listing(rows, columns, as_json=as_json)


@role.command("show", help=_("What a role permits, and how far."))
@name_argument
@json_option
@pass_site
def _show(site: Site, name: str, as_json: bool) -> None:
    from careline.auth.permissions import CORE
    from careline.i18n import Text

    found = next((one for one in site.run(_roles) if one.name == name), None)
    if found is None:
        raise NotFound("role.unknown", "there is no role {role}", role=name)
    rows = [
        {"permission": permission, "scope": scope.word}
        for permission, scope in found.grants.items()
    ]
    if as_json:
        print_json({"name": found.name, "title": found.title, "grants": rows})
        return
    titled = [{**row, "what": CORE.get(row["permission"], Text(row["permission"]))} for row in rows]
    columns = {"permission": _("permission"), "scope": _("scope"), "what": _("what")}
    listing(titled, columns, as_json=False, none=_("this role permits nothing"))


@role.command(
    "set",
    help=_(
        "Make or change a role. --may PERMISSION=SCOPE grants (own, group, campus or all),"
        " --may-not PERMISSION takes away; what is not named stays."
    ),
)
@name_argument
@option("--title", help=_("Its Chinese title."))
@option("--title-en", help=_("Its English title."))
@option("--may", multiple=True, metavar="PERMISSION[=SCOPE]", help=_("Grant. May be repeated."))
@option("--may-not", multiple=True, metavar="PERMISSION", help=_("Take away. May be repeated."))
@pass_site
def _set(
    site: Site,
    name: str,
    title: str | None,
    title_en: str | None,
    may: Sequence[str],
    may_not: Sequence[str],
) -> None:
    from careline.auth.model import Role
    from careline.auth.people import put_role
    from careline.site.made import made

    before = next((one for one in site.run(_roles) if one.name == name), None)
    grants = {**(before.grants if before else {}), **scopes_of(tuple(may))}
    values = {
        "name": name,
        "title": title or (before.title if before else name),
        "title_en": title_en if title_en is not None else (before.title_en if before else ""),
        "grants": {one: scope for one, scope in grants.items() if one not in may_not},
    }
    changed = made(Role, values)
    known = known_permissions(site)
    told = "; ".join((*may, *(f"-{one}" for one in may_not)))
    change(site, "role.changed", name, lambda tx: put_role(tx, changed, known), what=told)
    say(_("role {role} stored"), role=name)


def known_permissions(site: Site) -> set[str]:
    """Every permission that there is: the core's, and those of enabled plugins."""
    from careline.auth.permissions import CORE

    if not site.settings.plugins:
        return set(CORE)
    from careline_cli.offline import loaded_app

    provided = loaded_app(site.settings, site.clock).hub.provided("permissions")
    return set(CORE) | {one.name for those in provided.values() for one in those}


@role.command("remove", help=_("Remove a role that nobody has."))
@name_argument
@pass_site
def _remove(site: Site, name: str) -> None:
    from careline.auth.people import remove_role

    site.run(_roles)
    change(site, "role.removed", name, lambda tx: remove_role(tx, name))
    say(_("role {role} removed"), role=name)
