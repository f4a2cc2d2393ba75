"""``careline outbound``: calls that the hospital begins, and the emergency stop."""

from __future__ import annotations

import getpass
from typing import TYPE_CHECKING, Any

import click

from careline.i18n import Text
from careline.terminal.frame import group, json_option, option
from careline.terminal.say import _, listing, say
from careline_cli.site import Site, pass_site

if TYPE_CHECKING:
    from careline.storage import Tx

MODES = {
    "preview": Text("preview"),
    "progressive": Text("progressive"),
    "automatic": Text("automatic"),
}
STAGES = {
    "waiting": Text("waits"),
    "taken": Text("with an agent"),
    "calling": Text("is being called"),
    "done": Text("finished"),
}
OUTCOMES = {
    "": Text("not yet"),
    "answered": Text("reached"),
    "busy": Text("line busy"),
    "no_answer": Text("not answered"),
    "machine": Text("answering machine"),
    "wrong_number": Text("wrong number"),
    "refused": Text("not to be called"),
    "failed": Text("technical failure"),
    "expired": Text("time over"),
    "withdrawn": Text("withdrawn"),
}


@group("outbound", _("Calls that the hospital begins (外呼)."))
def outbound() -> None:
    """Outbound tasks."""


@outbound.command("list", help=_("Tasks in the order in which they are called."))
@option("--all", "everything", is_flag=True, help=_("Those that are over too."))
@option("--purpose", default="", help=_("For this purpose only."))
@option("--most", default=200, show_default=True, help=_("At most so many."))
@json_option
@pass_site
def _list(site: Site, everything: bool, purpose: str, most: int, as_json: bool) -> None:
    from careline.numbers.phone import masked
    from careline.outbound.model import Stage
    from careline.outbound.store import Wanted, listed
    from careline_cli.words import worded

    stages = () if everything else (Stage.CALLING, Stage.TAKEN, Stage.WAITING)
    rows: list[dict[str, Any]] = [
        {
            "key": one.task.key,
            "next": one.next_at,
            "purpose": one.task.purpose,
            "mode": one.task.mode.value,
            "number": masked(one.number),
            "stage": one.stage.value,
            "tries": one.tries,
            "outcome": one.outcome.value if one.outcome else "",
            "agent": one.agent,
        }
        for one in site.run(listed, Wanted(stages=stages, purpose=purpose), 0, most)
    ]
    if not as_json:
        rows = [worded(row, mode=MODES, stage=STAGES, outcome=OUTCOMES) for row in rows]
    columns = {
        "key": _("task"),
        "next": _("next"),
        "purpose": _("purpose"),
        "mode": _("way"),
        "number": _("number"),
        "stage": _("state"),
        "tries": _("tries"),
        "outcome": _("outcome"),
        "agent": _("agent"),
    }
    listing(rows, columns, as_json=as_json, none=_("nobody is to be called"))


@outbound.command("pause", help=_("Dial nothing more for PURPOSE, or with --all for any."))
@click.argument("purpose", default="")
@option("--all", "everything", is_flag=True, help=_("Stop everything."))
@option("--reason", default="", help=_("Why; shift leaders see it."))
@pass_site
def _pause(site: Site, purpose: str, everything: bool, reason: str) -> None:
    from careline.outbound.store import Pause, put_pause

    purpose = _named(purpose, everything)
    who = getpass.getuser()
    site.run(put_pause, Pause(purpose, who, site.clock.now(), reason))
    site.run(_audited, site, "outbound.pause", purpose, reason)
    if purpose:
        say(_("calls for {purpose} are stopped"), purpose=purpose)
    else:
        say(_("all outbound calls are stopped"))


@outbound.command("resume", help=_("Let PURPOSE go on, or with --all what was stopped as a whole."))
@click.argument("purpose", default="")
@option("--all", "everything", is_flag=True, help=_("What was stopped as a whole."))
@pass_site
def _resume(site: Site, purpose: str, everything: bool) -> None:
    from careline.outbound.store import drop_pause

    purpose = _named(purpose, everything)
    found = site.run(drop_pause, purpose)
    if not found:
        say(_("it was not stopped"))
        return
    site.run(_audited, site, "outbound.resume", purpose, "")
    say(_("calls go on"))


@outbound.command("withdraw", help=_("Have the call of task KEY not made."))
@click.argument("key")
@pass_site
def _withdraw(site: Site, key: str) -> None:
    done = site.control.call("outbound", verb="withdraw", key=key, who=getpass.getuser())
    text = _("task {key} is withdrawn")
    say(text if done["done"] else _("task {key} is being called, or over"), key=key)


def _named(purpose: str, everything: bool) -> str:
    """The purpose, or "" for everything; exactly one of the two must be said."""
    if bool(purpose) == everything:
        raise click.UsageError(_("name a purpose, or say --all"))
    return purpose


def _audited(tx: Tx, site: Site, act: str, purpose: str, why: str) -> None:
    from careline.audit.model import Entry
    from careline.audit.store import add_entry

    who = f"cli:{getpass.getuser()}"
    entry = Entry(
        at=site.clock.now(), act=act, actor=who, kind="outbound", what=purpose or "*", why=why
    )
    add_entry(tx, entry)
