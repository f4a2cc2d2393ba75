"""``careline callback``: calls that are owed, by whom, and which are done."""

from __future__ import annotations

from typing import Any

import click

from careline.i18n import Text
from careline.terminal.frame import group, json_option, option
from careline.terminal.say import _, listing, say
from careline_cli.site import Site, pass_site

STATES = {"waiting": Text("waits"), "calling": Text("is being called")}
REASONS = {
    "asked": Text("asked for it"),
    "missed": Text("gave up waiting"),
    "promised": Text("promised"),
}


@group("callback", _("Calls that are owed to callers (回拨)."))
def callback() -> None:
    """Callbacks."""


@callback.command("list", help=_("What is owed, in the order in which it is due."))
@option("--agent", default="", help=_("Of this agent only."))
@option("--queue", default="", help=_("Of this queue only."))
@option("--full-numbers", is_flag=True, help=_("Show the callers' numbers whole."))
@json_option
@pass_site
def _list(site: Site, agent: str, queue: str, full_numbers: bool, as_json: bool) -> None:
    from careline.callbacks.store import open_callbacks
    from careline.numbers.phone import masked
    from careline_cli.words import worded

    rows: list[dict[str, Any]] = [
        {
            "call": one.call,
            "due": one.due,
            "queue": one.queue,
            "agent": one.agent,
            "number": one.number if full_numbers else masked(one.number),
            "why": one.why.value,
            "tries": one.tries,
            "state": one.state.value,
            "note": one.note,
        }
        for one in sorted(site.run(open_callbacks), key=lambda one: one.due)
        if agent in ("", one.agent) and queue in ("", one.queue)
    ]
    if not as_json:
        rows = [worded(row, state=STATES, why=REASONS) for row in rows]
    columns = {
        "call": _("call"),
        "due": _("due"),
        "queue": _("queue"),
        "agent": _("agent"),
        "number": _("number"),
        "why": _("why"),
        "tries": _("tries"),
        "state": _("state"),
    }
    listing(rows, columns, as_json=as_json, none=_("no call is owed"))


@callback.command("assign", help=_("Give the callback of a call to an agent."))
@click.argument("call")
@click.argument("agent", default="")
@pass_site
def _assign(site: Site, call: str, agent: str) -> None:
    site.control.call("callback", verb="assign", call=call, agent=agent)
    if agent:
        say(_("agent {agent} makes the callback of call {call}"), agent=agent, call=call)
    else:
        say(_("the callback of call {call} is its queue's again"), call=call)


@callback.command("done", help=_("Mark the callback of a call as done."))
@click.argument("call")
@pass_site
def _done(site: Site, call: str) -> None:
    site.control.call("callback", verb="done", call=call)
    say(_("the callback of call {call} is done"), call=call)
