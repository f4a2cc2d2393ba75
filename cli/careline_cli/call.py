"""``careline call``: records of calls with their timelines, and calls as they happen."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import click

from careline.errors import NotFound
from careline.i18n import translate
from careline.terminal.frame import group, json_option, option
from careline.terminal.language import language
from careline.terminal.say import _, listing, print_json, say
from careline_cli.site import Site, pass_site
from careline_cli.timeline import Names, figures, line, read_names
from careline_cli.words import DIRECTIONS, OUTCOMES, worded

if TYPE_CHECKING:
    from careline.storage import Tx


@group("call", _("Calls: their records, and how they go on now."))
def call() -> None:
    """Calls."""


@call.command("list", help=_("The latest calls, newest first."))
@option("--limit", type=click.IntRange(1, 1000), default=20, show_default=True, help=_("How many."))
@option("--full-numbers", is_flag=True, help=_("Show the callers' numbers whole."))
@json_option
@pass_site
def _list(site: Site, limit: int, full_numbers: bool, as_json: bool) -> None:
    rows = [_hidden(row, full_numbers) for row in site.run(_recent, site.clock.now(), limit)]
    names = site.run(read_names)
    if not as_json:
        rows = [_listed(row, names) for row in rows]
    columns = {
        "id": _("id"),
        "started": _("started"),
        "direction": _("direction"),
        "number": _("number"),
        "queues": _("queues"),
        "agents": _("agents"),
        "outcome": _("outcome"),
        "talk": _("talk s"),
    }
    listing(rows, columns, as_json=as_json, none=_("there are no calls yet"))


def _recent(tx: Tx, now: Any, limit: int) -> list[dict[str, Any]]:
    from careline.calls import store

    found = (store.load(tx, call_id) for call_id in store.recent(tx, limit))
    rows = [store.shown(one, now) for one in found if one is not None]
    for row in rows:
        del row["timeline"]
    return rows


def _hidden(row: dict[str, Any], full: bool) -> dict[str, Any]:
    """The record with its number masked, unless wanted whole."""
    from careline.numbers.phone import masked

    return row if full else {**row, "number": masked(row["number"])}


def _listed(row: Mapping[str, Any], names: Names) -> dict[str, Any]:
    from datetime import datetime

    return worded(row, direction=DIRECTIONS, outcome=OUTCOMES) | {
        "started": f"{datetime.fromisoformat(row['started']).astimezone(names.zone):%F %T}",
        "queues": list(dict.fromkeys(names.queue(one) for one in row["queues"])),
        "talk": f"{row['durations']['talk_ms'] / 1000:.1f}",
    }


@call.command("show", help=_("A call's record and timeline; ID may be: latest"))
@click.argument("call_id", metavar="ID")
@option("--full-numbers", is_flag=True, help=_("Show the callers' numbers whole."))
@json_option
@pass_site
def _show(site: Site, call_id: str, full_numbers: bool, as_json: bool) -> None:
    found = _hidden(_find(site, call_id), full_numbers)
    if as_json:
        print_json(found)
    else:
        tell(found, site.run(read_names))


def _find(site: Site, call_id: str) -> dict[str, Any]:
    from careline.calls import store

    if call_id == "latest":
        call_id = next(iter(site.run(store.recent, 1)), "")
        if not call_id:
            raise NotFound("call.none", "there are no calls yet")
    if site.control.running():
        told: dict[str, Any] = site.control.call("call", call_id=call_id)
        return told
    stored = site.run(store.load, call_id)
    if stored is None:
        raise NotFound("call.unknown", "there is no call {call}", call=call_id)
    return store.shown(stored, site.clock.now())


def tell(found: Mapping[str, Any], names: Names) -> None:
    """Print a record: what it was, its timeline, its figures."""
    row = worded(found, direction=DIRECTIONS, outcome=OUTCOMES)
    say(
        _("call {id}: {direction}, {number} → {dnis}, {outcome}"),
        id=row["id"],
        direction=row["direction"],
        number=row["number"] or "-",
        dnis=row["dnis"] or "-",
        outcome=row["outcome"],
    )
    for fact in found["timeline"]:
        words = line(fact, names)
        if words:
            click.echo(f"  {words}")
    tell_figures(found)


def tell_figures(found: Mapping[str, Any]) -> None:
    """Print the durations of a record."""
    lang = language()
    parts = [
        translate(_("{name} {seconds} s"), lang, name=name, seconds=f"{seconds:.1f}")
        for name, seconds in figures(found)
    ]
    click.echo("  " + (" · " if lang == "en" else "　").join(parts))


@call.command("follow", help=_("Show all calls as they happen, until Ctrl-C."))
@json_option
@pass_site
def _follow(site: Site, as_json: bool) -> None:
    import json

    names = site.run(read_names)
    site.control.call("ping")

    def told(fact: Mapping[str, Any]) -> None:
        words = json.dumps(fact, ensure_ascii=False) if as_json else line(fact, names)
        if words and fact["what"] != "Following":
            click.echo(words if as_json else f"{fact['call']}  {words}")

    from attrs import evolve

    evolve(site.control, timeout_s=86400.0).call("follow", told, seconds=86400.0)


#: What an agent's call can be told to do; those with a target are passed on to it.
ACTS = (
    *("hang-up", "hold", "resume", "complete", "cancel-consult", "conference"),
    *("dtmf", "dial", "blind-transfer", "consult", "pick-up"),
)


@call.command(
    "do",
    help=_(
        "Do with an agent's call what the agent's desk can do. VALUE is a number to dial, keys, "
        "a colleague whose call is picked up, or a target: agent:8002, queue:ID, outside:NUMBER, "
        "flow:NAME."
    ),
)
@click.argument("act", type=click.Choice(ACTS))
@click.argument("agent")
@click.argument("value", default="")
@pass_site
def _do(site: Site, act: str, agent: str, value: str) -> None:
    made = site.control.call("line", act=act.replace("-", "_"), agent=agent, value=value)
    say(_("call {call}"), call=made) if made else say(_("done"))
