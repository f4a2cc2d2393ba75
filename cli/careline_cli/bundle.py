"""``careline bundle``: named sets of plugins, looked at before they are switched on."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from careline.errors import Invalid, NotFound
from careline.i18n import Text
from careline_cli.agent import json_option
from careline_cli.frame import group, option
from careline_cli.language import language
from careline_cli.plugin import enable
from careline_cli.say import _, listing, print_json, say
from careline_cli.site import Site, pass_site

if TYPE_CHECKING:
    from careline.plugins import Bundle, BundlePreview


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
    seen = _preview(site, name)
    if as_json:
        print_json(_plain(seen))
    else:
        _tell(seen)
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


def _preview(site: Site, name: str) -> BundlePreview:
    from careline.plugins import preview, read_catalog

    found = _all(site)
    if name not in found:
        raise NotFound(
            "bundle.unknown",
            "there is no bundle {name}; there are: {known}",
            name=name,
            known=list(found),
        )
    return preview(found[name], site.settings.plugins, read_catalog())


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


def _tell(seen: BundlePreview) -> None:
    lines = (
        (_("switched on: {names}"), seen.added),
        (_("on already: {names}"), seen.already),
        (_("needed by them: {names}"), seen.required),
        (_("not installed: {names}"), seen.not_installed),
    )
    for text, names in lines:
        if names:
            say(text, names=names)
    if not seen.added:
        say(_("nothing changes"))
