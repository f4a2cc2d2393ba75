"""``careline db``: the tables of the core and of the plugins."""

from __future__ import annotations

import click

from careline.terminal.frame import group, json_option
from careline.terminal.say import _, listing, say
from careline_cli.site import Site, pass_site
from careline_cli.words import STANDINGS, worded


@group("db", _("The database's tables."))
def db() -> None:
    """Database."""


@db.command("upgrade", help=_("Bring the tables of the core and of enabled plugins up to date."))
@pass_site
def _upgrade(site: Site) -> None:
    def tell(revision: str) -> None:
        say(_("migration {revision}"), revision=revision)

    site.migrations.upgrade(site.settings.plugins, tell)
    say(_("the database is up to date"))


@db.command("check", help=_("Whether the tables are what the program needs; exit code 2 if not."))
@json_option
@pass_site
def _check(site: Site, as_json: bool) -> None:
    states = site.migrations.check(site.settings.plugins)
    rows = [
        {
            "name": one.name,
            "standing": one.standing.value,
            "current": one.current,
            "head": one.head,
            "tables": list(one.tables),
        }
        for one in states
    ]
    columns = {
        "name": _("name"),
        "standing": _("state"),
        "current": _("database"),
        "head": _("program"),
        "tables": _("wrong tables"),
    }
    shown = rows if as_json else [worded(row, standing=STANDINGS) for row in rows]
    listing(shown, columns, as_json=as_json)
    if not as_json:
        site.migrations.require_current(site.settings.plugins)
    elif any(one.standing.value != "current" for one in states if _needed(site, one.name)):
        click.get_current_context().exit(2)


def _needed(site: Site, name: str) -> bool:
    return name == "core" or name in site.settings.plugins
