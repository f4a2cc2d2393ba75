"""``careline figures``: today by queue, agent and campus, and the proof that it is right."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import click

from careline.terminal.frame import group, json_option, option
from careline.terminal.say import _, listing, print_json, say, table
from careline_cli.site import Site, pass_site
from careline_cli.words import STATES, worded

COUNTS = {
    "offered": _("offered"),
    "answered": _("answered"),
    "abandoned": _("abandoned"),
    "level": _("service level"),
    "asa": _("speed of answer"),
    "aht": _("handling"),
}


@group("figures", _("Figures of today and of other days."))
def figures() -> None:
    """Figures."""


@figures.command("today", help=_("Queues, agents and campuses: now, and since midnight."))
@option(
    "--by",
    type=click.Choice(["campus", "queue", "team", "agent"]),
    multiple=True,
    help=_("Only these; may be repeated."),
)
@json_option
@pass_site
def _today(site: Site, by: Sequence[str], as_json: bool) -> None:
    found = site.control.call("figures")
    if as_json:
        print_json(found)
        return
    tables = {
        "campus": show_campuses,
        "queue": show_queues,
        "team": show_teams,
        "agent": show_agents,
    }
    for name in by or tables:
        tables[name](found)


def show_campuses(found: dict[str, Any]) -> None:
    """Incoming calls of each campus."""
    for one in found["campuses"]:
        say(
            _("{campus}: {incoming} calls, last week by this time {before}"),
            campus=one["title"],
            incoming=one["incoming"],
            before=one["last_week"]["incoming"],
        )


def show_queues(found: dict[str, Any]) -> None:
    """A table of the queues."""
    rows = [
        {
            **_row(one),
            "queue": one["queue"],
            "waiting": one["waiting"],
            "longest": _seconds(one["longest_ms"] if one["waiting"] else None),
            "staff": f"{one['ready']}/{one['signed_in']}",
            "target": f"{one['target_pct']} % / {one['target_s']} s",
        }
        for one in found["queues"]
    ]
    columns = {
        "queue": _("queue"),
        "waiting": _("waiting"),
        "longest": _("longest wait"),
        "staff": _("ready/signed in"),
        **COUNTS,
        "target": _("target"),
    }
    if rows:
        click.echo(table(rows, columns))


def show_teams(found: dict[str, Any]) -> None:
    """A table of the teams."""
    rows = [{**_row(one), "team": one["team"]} for one in found["teams"]]
    columns = {
        "team": _("team"),
        "taken": _("taken"),
        "missed": _("not answered"),
        "aht": _("handling"),
    }
    if rows:
        click.echo(table(rows, columns))


def show_agents(found: dict[str, Any]) -> None:
    """A table of the agents."""
    rows = [
        worded(
            {
                **_row(one),
                "agent": one["agent"],
                "name": one["name"],
                "state": one["state"],
                "occupancy": _percent(one["occupancy"]),
                "taken": one["taken"],
                "missed": one["missed"],
            },
            state=STATES,
        )
        for one in found["agents"]
    ]
    columns = {
        "agent": _("agent number"),
        "name": _("person"),
        "state": _("state"),
        "taken": _("taken"),
        "missed": _("not answered"),
        "aht": _("handling"),
        "occupancy": _("occupancy"),
    }
    if rows:
        click.echo(table(rows, columns))


def _row(one: dict[str, Any]) -> dict[str, Any]:
    return {
        **one,
        "level": _percent(one["service_level"]),
        "asa": _seconds(one["asa_ms"]),
        "aht": _seconds(one["aht_ms"]),
    }


def _percent(share: float | None) -> str:
    return "-" if share is None else f"{share * 100:.1f} %"


def _seconds(ms: int | None) -> str:
    return "-" if ms is None else f"{ms / 1000:.0f} s"


@figures.command("day", help=_("A day that is over, DAY as 2026-11-22."))
@click.argument("day", type=click.DateTime(["%Y-%m-%d"]))
@json_option
@pass_site
def _day(site: Site, day: Any, as_json: bool) -> None:
    found = site.control.call("figures_of", day=day.date().isoformat())
    rows = found if as_json else [_row(one) for one in found]
    columns = {"kind": _("what"), "name": _("short name"), "incoming": _("incoming"), **COUNTS}
    listing(rows, columns, as_json=as_json, none=_("nothing was counted on that day"))


@figures.command("check", help=_("Compute a day anew from the calls' records and compare."))
@click.argument("day", type=click.DateTime(["%Y-%m-%d"]), required=False)
@json_option
@pass_site
def _check(site: Site, day: Any, as_json: bool) -> None:
    found = site.control.call("figures_check", day=day.date().isoformat() if day else "")
    if as_json:
        print_json(found)
    elif found["wrong"]:
        say(_("{day}: {count} figures differ from the records"), day=found["day"],
            count=len(found["wrong"]))  # fmt: skip
    else:
        say(_("{day}: all {count} figures equal the records"), day=found["day"],
            count=found["checked"])  # fmt: skip
    click.get_current_context().exit(1 if found["wrong"] else 0)
