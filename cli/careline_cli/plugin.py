"""``careline plugin``: what is installed, and which of it is on."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from careline.errors import Refused
from careline.terminal.frame import group, json_option, option
from careline.terminal.language import language, template
from careline.terminal.say import _, cell, listing, print_json, say, table
from careline_cli.people import written_down
from careline_cli.plugin_check import check
from careline_cli.plugin_new import new
from careline_cli.plugin_upgrade import forget, rollback, upgrade
from careline_cli.site import Site, pass_site
from careline_cli.words import PLUGINS, worded

if TYPE_CHECKING:
    from careline.plugins import Catalog, Plugin

name_argument = click.argument("name")


@group("plugin", _("Plugins: begin one, list, switch on and off."))
def plugin() -> None:
    """Plugins."""


plugin.add_command(new)
plugin.add_command(check)
plugin.add_command(upgrade)
plugin.add_command(rollback)
plugin.add_command(forget)


def _catalog() -> Catalog:
    from careline.plugins import read_catalog

    return read_catalog()


def statuses(site: Site) -> list[dict[str, Any]]:
    """What the running core says of its plugins, else what careline.toml says."""
    if site.control.running():
        found: list[dict[str, Any]] = site.control.call("status")["plugins"]
        return found
    import attrs

    from careline.setup import plugins

    rows = [attrs.asdict(one) for one in plugins.statuses(site.settings, _catalog())]
    return [{**row, "state": row["state"].value} for row in rows]


def _status_of(site: Site, name: str) -> dict[str, Any]:
    """The status of a plugin of our catalog; Refused when the running core is older than it."""
    for row in statuses(site):
        if row["name"] == name:
            return row
    raise Refused(
        "plugin.restart",
        "plugin {plugin} was installed while careline was running: end it, then start it again",
        plugin=name,
    )


@plugin.command("list", help=_("All installed plugins."))
@json_option
@pass_site
def _list(site: Site, as_json: bool) -> None:
    from careline.i18n import translate

    rows = statuses(site)
    if not as_json:
        rows = [
            worded(row, state=PLUGINS)
            | {
                "title": translate(row["title"], language()),
                "deprecated": [one["hook"] for one in row["deprecated"]],
            }
            for row in rows
        ]
    columns = {
        "name": _("short name"),
        "title": _("title"),
        "version": _("version"),
        "enabled": _("enabled"),
        "state": _("state"),
        "error": _("what is wrong"),
        "hooks_off": _("hooks switched off"),
        "deprecated": _("uses what goes"),
    }
    listing(rows, columns, as_json=as_json, none=_("no plugin is installed"))


@plugin.command("info", help=_("What a plugin is, and the settings it knows."))
@name_argument
@json_option
@pass_site
def _info(site: Site, name: str, as_json: bool) -> None:
    from careline.hooks import Deprecation
    from careline.plugins.checks import problems_of

    catalog = _catalog()
    if name not in catalog.plugins:
        raise problems_of([name], catalog)[0]
    row = _status_of(site, name)
    about = _about(catalog.plugins[name])
    if as_json:
        print_json(row | about)
        return
    worded_row = worded(row, state=PLUGINS) | {"title": template(row["title"])}
    for key, title in _titles().items():
        value = worded_row.get(key, about.get(key))
        say("{title}: {value}", title=title, value=cell(value))
    for one in row["deprecated"]:
        say("{text}", text=Deprecation(**one).text)
    if about["settings"]:
        say(_("Settings in careline.toml, table [plugin.{name}]:"), name=name)
        columns = {"name": _("key"), "type": _("type"), "default": _("default")}
        rows = [one | {"type": template(one["type"])} for one in about["settings"]]
        click.echo(table(rows, columns))


def _titles() -> dict[str, Any]:
    from careline.i18n import Text

    return {
        "name": Text("short name"),
        "title": Text("title"),
        "version": Text("version"),
        "state": Text("state"),
        "requires": Text("needs"),
        "core": Text("works with careline"),
        "api": Text("works with hooks of version"),
        "live": Text("switched without restart"),
        "error": Text("what is wrong"),
    }


def _about(one: Plugin) -> dict[str, Any]:
    return {
        "requires": list(one.requires),
        "core": one.core,
        "api": one.api,
        "live": one.live,
        "settings": [
            {
                "name": key.name,
                "type": key.type,
                "default": _("must be given") if key.default is None else key.default,
            }
            for key in one.config_keys
        ],
    }


@plugin.command("enable", help=_("Switch a plugin on, and what it needs; calls go on."))
@name_argument
@pass_site
def _enable(site: Site, name: str) -> None:
    new = enable(site, [name])
    for one in new:
        say(_("plugin {plugin} is on"), plugin=one)
    if not new:
        say(_("plugin {plugin} was on already"), plugin=name)


def enable(site: Site, names: list[str]) -> list[str]:
    """Enable in the running core, else in careline.toml; gives what is new."""
    new: list[str]
    if site.control.running():
        for name in _catalog().plugins.keys() & set(names):
            _status_of(site, name)
        new = site.control.call("bundle", names=names)
    else:
        from careline.setup import plugins

        new = list(plugins.enable(site.settings, _catalog(), site.migrations, names))
    for name in new:
        written_down(site, "plugin.enabled", name)
    return new


@plugin.command("disable", help=_("Switch a plugin off; its data stays, calls go on."))
@name_argument
@pass_site
def _disable(site: Site, name: str) -> None:
    if site.control.running():
        site.control.call("plugin", verb="disable", name=name)
    else:
        from careline.setup import plugins

        plugins.disable(site.settings, _catalog(), name)
    written_down(site, "plugin.disabled", name)
    say(_("plugin {plugin} is off; its data stays"), plugin=name)


@plugin.command("purge", help=_("Remove the data of a plugin that is off, for good."))
@name_argument
@option("--yes", is_flag=True, help=_("Do not ask."))
@pass_site
def _purge(site: Site, name: str, yes: bool) -> None:
    from careline.i18n import translate

    text = _("Remove all data of plugin {plugin} for good?")
    if not yes:
        click.confirm(translate(text, language(), plugin=name), abort=True)
    if site.control.running():
        site.control.call("plugin", verb="purge", name=name)
    else:
        from careline.setup import plugins

        plugins.purge(site.settings, _catalog(), site.migrations, name, site.run)
    written_down(site, "plugin.purged", name)
    say(_("the data of plugin {plugin} is removed"), plugin=name)
