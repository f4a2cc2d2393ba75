"""``careline flow``: IVR flows as files: checked, published, shown."""

from __future__ import annotations

import getpass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from careline.errors import NotFound
from careline.terminal.frame import group, json_option, option
from careline.terminal.language import language
from careline.terminal.say import _, listing, print_json, say
from careline_cli.site import Site, pass_site

if TYPE_CHECKING:
    from careline.ivr.store import FlowVersion
    from careline.storage import Tx

file_argument = click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))


@group("flow", _("IVR flows (语音导航流程): TOML or JSON files."))
def flow() -> None:
    """Flows."""


@flow.command(
    "check",
    help=_(
        "Check the flows of a file and list every fault: dead ends, missing prompts, unknown"
        " queues. Nothing is changed."
    ),
)
@file_argument
@pass_site
def _check(site: Site, file: Path) -> None:
    from careline.setup.flows import flows_of

    found = flows_of(site.db, site.clock, _known(site)).check(_read(file))
    say(_("nothing wrong: {flows}"), flows=[one.name for one in found])


def _known(site: Site) -> Any:
    from careline.setup.flows import known_of
    from careline_cli.offline import kinds_of

    return site.run(known_of, kinds_of(site.settings, site.clock))


def _read(file: Path) -> dict[str, Any]:
    from careline.ivr.parse import load

    syntax = "json" if file.suffix.lower() == ".json" else "toml"
    return load(file.read_text(encoding="utf-8-sig"), syntax)


@flow.command(
    "publish",
    help=_(
        "Check a file's flows and give them to new calls at once, all or none; calls that are up"
        " go on with the version they began with."
    ),
)
@file_argument
@pass_site
def _publish(site: Site, file: Path) -> None:
    from careline.setup.flows import flows_of

    service = flows_of(site.db, site.clock, _known(site))
    published = site.wait(service.publish_all(_read(file), getpass.getuser()))
    site.apply()
    for one in published:
        say(_("flow {flow}: version {version} published"), flow=one.name, version=one.version)


@flow.command("list", help=_("All flows."))
@json_option
@pass_site
def _list(site: Site, as_json: bool) -> None:
    rows = [_row(one) for one in site.run(_newest)]
    columns = {
        "flow": _("flow"),
        "title": _("title"),
        "version": _("version"),
        "state": _("state"),
        "who": _("by"),
        "changed_at": _("changed"),
    }
    listing(rows, columns, as_json=as_json, none=_("there is no flow; see: careline flow publish"))


def _newest(tx: Tx) -> list[FlowVersion]:
    from careline.ivr.store import flow_names, newest_version

    found = [newest_version(tx, name) for name in flow_names(tx)]
    return [one for one in found if one is not None]


def _row(one: FlowVersion) -> dict[str, Any]:
    titles = one.document.get("title") or {}
    return {
        "flow": one.flow,
        "title": titles.get(language(), "") if isinstance(titles, dict) else str(titles),
        "version": one.version,
        "state": one.state.value,
        "who": one.who,
        "changed_at": one.changed_at,
    }


@flow.command("show", help=_("Draw a flow as a tree."))
@click.argument("name")
@option("--version", type=int, help=_("An earlier version."))
@option("--json", "as_json", is_flag=True, help=_("The flow as data, to be changed and published."))
@pass_site
def _show(site: Site, name: str, version: int | None, as_json: bool) -> None:
    found = site.run(_find, name, version)
    if as_json:
        print_json(found.document)
        return
    from attrs import evolve

    from careline.ivr.draw import draw
    from careline.ivr.parse import parse
    from careline_cli.offline import kinds_of

    kinds = kinds_of(site.settings, site.clock)
    read, _problems = parse(found.document, kinds)
    if read is not None:
        click.echo(draw(evolve(read, version=found.version), kinds, language()))


def _find(tx: Tx, name: str, version: int | None) -> FlowVersion:
    from careline.ivr.store import get_version, newest_version

    found = newest_version(tx, name) if version is None else get_version(tx, name, version)
    if found is None:
        raise NotFound("flow.unknown", "there is no flow {flow}", flow=name)
    return found
