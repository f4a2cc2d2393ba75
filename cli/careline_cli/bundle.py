"""``careline bundle``: named sets of plugins, looked at before they are switched on."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from careline.errors import Invalid, NotFound
from careline.i18n import Text, translate
from careline.terminal.frame import group, json_option, option
from careline.terminal.language import language
from careline.terminal.say import _, listing, print_json, say
from careline_cli.plugin import enable
from careline_cli.site import Site, pass_site

if TYPE_CHECKING:
    from collections.abc import Sequence

    from careline.plugins import Brings, Bundle, BundlePreview


#: What a preview says of each plugin, and what of it is titles, in the user's language.
TITLES = ("menus", "panels", "reports", "steps")
BROUGHT = {
    "tables": _("  tables: {names}"),
    "menus": _("  menus: {names}"),
    "panels": _("  parts of pages: {names}"),
    "reports": _("  reports: {names}"),
    "steps": _("  steps of flows: {names}"),
    "look_ups": _("  what flows can look up: {names}"),
    "commands": _("  commands: {names}"),
    "permissions": _("  permissions: {names}"),
}


@group("bundle", _("Named sets of plugins, ours and your own from careline.toml."))
def bundle() -> None:
    """Bundles."""


def _all(site: Site) -> dict[str, Bundle]:
    from careline.plugins import bundles

    return bundles(site.settings.bundle)


@bundle.command("list", help=_("All bundles."))
@json_option
@pass_site
def _list(site: Site, as_json: bool) -> None:
    rows = [
        {
            "name": one.name,
            "title": one.title if language() == "zh" else one.title_en,
            "plugins": list(one.plugins),
        }
        for one in _all(site).values()
    ]
    columns = {"name": _("short name"), "title": _("title"), "plugins": _("plugins")}
    listing(rows, columns, as_json=as_json)


@bundle.command("enable", help=_("Switch on all plugins of a bundle, or none. Asks before."))
@click.argument("name")
@option("--yes", is_flag=True, help=_("Do not ask."))
@option("--preview", is_flag=True, help=_("Only say what would change."))
@json_option
@pass_site
def _enable(site: Site, name: str, yes: bool, preview: bool, as_json: bool) -> None:
    seen, brings = _preview(site, name)
    if as_json:
        print_json(_plain(seen) | {"brings": [_shown(one) for one in brings]})
    else:
        _tell(seen, brings)
    if preview:
        return
    if seen.problems or seen.not_installed:
        raise Invalid(
            "bundle.impossible",
            "nothing was changed: not all of it can run",
            problems=seen.problems,
        )
    if not seen.added:
        return
    if not yes:
        click.confirm(Text("Switch them on?").to(language()), abort=True)
    for one in enable(site, list(seen.added)):
        say(_("plugin {plugin} is on"), plugin=one)


def _preview(site: Site, name: str) -> tuple[BundlePreview, Sequence[Brings]]:
    from careline.app import App

    found = _all(site)
    if name not in found:
        raise NotFound(
            "bundle.unknown",
            "there is no bundle {name}; there are: {known}",
            name=name,
            known=list(found),
        )
    return App(None, site.settings, site.clock).plugins.preview(found[name])


def _plain(seen: BundlePreview) -> dict[str, Any]:
    return {
        "bundle": seen.bundle.name,
        "added": list(seen.added),
        "already": list(seen.already),
        "required": list(seen.required),
        "not_installed": list(seen.not_installed),
        "result": list(seen.result),
        "problems": [str(one) for one in seen.problems],
    }


def _shown(one: Brings) -> dict[str, Any]:
    shown: dict[str, Any] = {key: list(getattr(one, key)) for key in BROUGHT}
    shown["settings"] = [key.name for key in one.settings]
    return {"plugin": one.plugin, **shown, "problem": str(one.problem or "")}


def _tell(seen: BundlePreview, brings: Sequence[Brings]) -> None:
    lines = (
        (_("switched on: {names}"), seen.added),
        (_("on already: {names}"), seen.already),
        (_("needed by them: {names}"), seen.required),
        (_("not installed: {names}"), seen.not_installed),
    )
    for text, names in lines:
        if names:
            say(text, names=names)
    for one in brings:
        _tell_of(one)
    if not seen.added:
        say(_("nothing changes"))


def _tell_of(one: Brings) -> None:
    """What one plugin brings, below its name; kinds of things that it has none of are not said."""
    click.echo(f"\n{translate(one.title, language())} ({one.plugin})")
    for key, text in BROUGHT.items():
        names = dict.fromkeys(getattr(one, key))
        if names:
            titled = key in TITLES
            say(text, names=[translate(each, language()) if titled else each for each in names])
    needed = [key.name for key in one.settings if key.default is None]
    if one.settings:
        say(
            _("  settings in careline.toml: {count}; must be given: {names}"),
            count=len(one.settings),
            names=needed or "-",
        )
    if one.problem is not None:
        say("  {problem}", problem=one.problem)
