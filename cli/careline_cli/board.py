"""``careline board``: who waits, who does what, and what a shift leader does about it."""

from __future__ import annotations

from typing import Any

import click

from careline.terminal.frame import group, json_option, option
from careline.terminal.say import _, listing, print_json, say
from careline_cli.figures import show_agents, show_queues
from careline_cli.site import Site, pass_site

VERBS = (
    "listen",
    "whisper",
    "barge",
    "intercept",
    "release",
    "ready",
    "not-ready",
    "sign-out",
)


@group("board", _("The floor now, and steering it."))
def board() -> None:
    """The board."""


@board.command("show", help=_("Queues in order of trouble, and agents."))
@json_option
@pass_site
def _show(site: Site, as_json: bool) -> None:
    found = site.control.call("board")
    if as_json:
        print_json(found)
        return
    show_queues(found)
    show_agents(found)


@board.command("do", help=_("Listen to an agent's call, take it over, end it, or force a state."))
@click.argument("verb", type=click.Choice(VERBS))
@click.argument("agent")
@option("--leader", default="", help=_("Your own agent number, whose phone rings."))
@pass_site
def _do(site: Site, verb: str, agent: str, leader: str) -> None:
    site.control.call("steer", verb=verb.replace("-", "_"), agent=agent, leader=leader)
    say(_("done"))


@board.command("screens", help=_("Addresses of wallboards; --add makes one, --revoke ends one."))
@option("--add", "title", help=_("Where the screen hangs."))
@option("--campus", default="", help=_("Of this campus only."))
@option("--revoke", type=int, metavar="ID", help=_("Take an address back."))
@json_option
@pass_site
def _screens(site: Site, title: str | None, campus: str, revoke: int | None, as_json: bool) -> None:
    verb, about = "list", dict[str, Any]()
    if title:
        verb, about = "add", {"title": title, "campus": campus}
    elif revoke is not None:
        verb, about = "revoke", {"id": revoke}
    rows = site.control.call("wallboard", verb=verb, **about)
    columns = {
        "id": _("id"),
        "title": _("title"),
        "campus": _("campus"),
        "by": _("by"),
        **({"path": _("opened at")} if verb == "add" else {}),
    }
    listing(rows, columns, as_json=as_json, none=_("no screen has an address"))
