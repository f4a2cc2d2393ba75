"""``careline voicemail``: messages that callers left, and which are done."""

from __future__ import annotations

from typing import Any

import click

from careline.i18n import Text
from careline.terminal.frame import group, json_option, option
from careline.terminal.say import _, listing, say
from careline_cli.site import Site, pass_site

STATES = {
    "new": Text("new"),
    "assigned": Text("assigned"),
    "handled": Text("handled"),
}


@group("voicemail", _("Messages that callers left (语音留言)."))
def voicemail() -> None:
    """Voicemail."""


@voicemail.command("list", help=_("Messages still to do, oldest first; with --all the others too."))
@option("--box", default="", help=_("Of this box only."))
@option("--all", "everything", is_flag=True, help=_("Handled ones too."))
@json_option
@pass_site
def _list(site: Site, box: str, everything: bool, as_json: bool) -> None:
    from careline.voicemail.store import list_messages
    from careline_cli.words import worded

    rows: list[dict[str, Any]] = [
        {
            "call": one.call,
            "box": one.box,
            "number": one.number,
            "left": one.left,
            "seconds": round(one.seconds, 1),
            "state": one.state.value,
            "agent": one.agent,
            "file": str(site.home.voicemail / one.file),
        }
        for one in site.run(list_messages, box, handled=everything)
    ]
    if not as_json:
        rows = [worded(row, state=STATES) for row in rows]
    columns = {
        "call": _("call"),
        "left": _("left"),
        "box": _("box"),
        "number": _("number"),
        "seconds": _("seconds"),
        "state": _("state"),
        "agent": _("agent"),
        "file": _("file"),
    }
    listing(rows, columns, as_json=as_json, none=_("no messages"))


@voicemail.command("handled", help=_("Mark the message of a call as done."))
@click.argument("call")
@option("--agent", default="", help=_("By which agent."))
@pass_site
def _handled(site: Site, call: str, agent: str) -> None:
    from careline.voicemail.store import mark_handled

    site.run(mark_handled, call, agent, site.clock.now())
    say(_("the message of call {call} is done"), call=call)


@voicemail.command("assign", help=_("Give the message of a call to an agent."))
@click.argument("call")
@click.argument("agent")
@pass_site
def _assign(site: Site, call: str, agent: str) -> None:
    from careline.agents.store import get_agent
    from careline.errors import NotFound
    from careline.voicemail.store import assign

    if site.run(get_agent, agent) is None:
        raise NotFound("agent.unknown", "there is no agent {agent}", agent=agent)
    site.run(assign, call, agent)
    say(_("agent {agent} has the message of call {call}"), agent=agent, call=call)
