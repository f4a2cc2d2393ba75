"""``careline status``: what goes on at this moment."""

from __future__ import annotations

from collections import Counter
from typing import Any

import click

from careline.terminal.frame import Command, json_option
from careline.terminal.language import language
from careline.terminal.say import _, print_json, say, table
from careline_cli.site import Site, pass_site
from careline_cli.words import LINKS, PLUGINS, REASONS, STATES, worded


@click.command("status", cls=Command, help=_("What goes on now: link, calls, queues, agents."))
@json_option
@pass_site
def status(site: Site, as_json: bool) -> None:
    """Ask the running core."""
    now = site.control.call("status")
    if as_json:
        print_json(now)
        return
    say(_("link to Asterisk: {link}"), link=LINKS.get(now["link"], now["link"]))
    _workspace(now["workspace"])
    say(_("calls: {count}"), count=len(now["calls"]))
    _calls(now["calls"])
    _queues(now)
    _agents(now["agents"])
    say(_("callbacks owed: {count}"), count=now["callbacks"])
    wrong = [one for one in now["plugins"] if one["enabled"] and one["state"] != "running"]
    for one in wrong:
        state = PLUGINS.get(one["state"], one["state"])
        say(
            _("plugin {plugin}: {state} {error}"),
            plugin=one["name"],
            state=state,
            error=one["error"],
        )


def _workspace(now: dict[str, Any]) -> None:
    if now["failure"]:
        say(_("the workspace cannot be opened: {failure}"), failure=now["failure"])
    else:
        say(_("workspace: {url}, open in {count} tabs"), url=now["url"], count=now["streams"])


def _calls(calls: list[dict[str, Any]]) -> None:
    from careline.numbers.phone import masked

    rows = [{**one, "number": masked(one["number"])} for one in calls]
    columns = {"id": _("id"), "number": _("number"), "queue": _("waits in"), "agents": _("agents")}
    if rows:
        click.echo(table(rows, columns))


def _queues(now: dict[str, Any]) -> None:
    waiting = Counter(one["queue"] for one in now["calls"] if one["queue"])
    for queue in now["queues"]:
        say(_("queue {queue}: {count} waiting"), queue=queue, count=waiting[queue])


def _agents(agents: list[dict[str, Any]]) -> None:
    here = [one for one in agents if one["state"] != "signed_out"]
    if not here:
        say(_("no agent is signed in"))
    for one in here:
        row = worded(one, state=STATES, reason=REASONS)
        reason = f" ({row['reason'].to(language())})" if one["reason"] else ""
        say(
            _("agent {agent} on phone {phone}: {state}{reason}"),
            agent=one["agent"],
            phone=one["phone"],
            state=row["state"],
            reason=reason,
        )
