"""``careline agent``: who takes calls, on which phone, in which queues, and in what state."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import click

from careline.terminal.frame import group, json_option, option
from careline.terminal.say import _, listing, print_json, say
from careline_cli.made import given
from careline_cli.site import Site, pass_site
from careline_cli.words import REASONS, STATES, worded

if TYPE_CHECKING:
    from careline.agents.model import Agent

number_argument = click.argument("number")


@group("agent", _("Agents and their phones."))
def agent() -> None:
    """Agents."""


@agent.command("list", help=_("All agents, with what they do now when the core runs."))
@json_option
@pass_site
def _list(site: Site, as_json: bool) -> None:
    from careline.agents.store import list_agents

    now = _states(site)
    rows = [_row(one, now.get(one.id, {})) for one in site.run(list_agents)]
    if not as_json:
        rows = [worded(row, state=STATES, reason=REASONS) for row in rows]
    columns = {
        "number": _("agent number"),
        "name": _("person"),
        "phone": _("phone"),
        "browser_phone": _("phone in the browser"),
        "campus": _("campus"),
        "team": _("team"),
        "queues": _("queues"),
        "state": _("state"),
        "reason": _("reason"),
        "active": _("active"),
    }
    listing(rows, columns, as_json=as_json, none=_("there are no agents; see: careline agent add"))


def _states(site: Site) -> dict[str, Any]:
    if not site.control.running():
        return {}
    return {one["agent"]: one for one in site.control.call("status")["agents"]}


def _row(one: Agent, now: dict[str, Any]) -> dict[str, Any]:
    return {
        "number": one.id,
        "name": one.name,
        "phone": one.phone,
        "browser_phone": one.browser_phone,
        "campus": one.campus,
        "team": one.team,
        "queues": [f"{skill.queue}:{skill.level}" for skill in one.skills],
        "pin": bool(one.pin_hash),
        "active": one.active,
        "state": now.get("state", ""),
        "reason": now.get("reason", ""),
    }


queue_option = option(
    "--queue",
    "queues",
    multiple=True,
    metavar="QUEUE[:LEVEL]",
    help=_("A queue that the agent serves; level 1 is asked first, 9 last. May be repeated."),
)
phone_option = option("--phone", help=_("The agent's phone; it is made when there is none."))
browser_option = option(
    "--browser-phone", help=_("The agent's phone in the browser; it is made when there is none.")
)
campus_option = option("--campus", help=_("The agent's campus."))
team_option = option("--team", help=_("The agent's team, which a shift leader looks after."))


@agent.command("add", help=_("Add an agent: NUMBER is announced to callers."))
@number_argument
@click.argument("name")
@phone_option
@browser_option
@campus_option
@team_option
@queue_option
@pass_site
def _add(
    site: Site,
    number: str,
    name: str,
    phone: str | None,
    queues: Sequence[str],
    **options: str | None,
) -> None:
    from careline.site.people import add_agent, parse_skills

    skills = parse_skills(queues)
    values = given(id=number, name=name, phone=phone, skills=skills, **options)
    site.run(add_agent, values)
    _announce(site, number)
    site.apply()
    say(_("agent {number} {name} added"), number=number, name=name)
    if phone:
        say(_("login of the phone: careline agent phone {phone}"), phone=phone)


@agent.command("change", help=_("Change an agent; what is not named stays."))
@number_argument
@option("--name", help=_("The agent's name."))
@phone_option
@browser_option
@campus_option
@team_option
@queue_option
@option("--no-queues", is_flag=True, help=_("Serve no queue."))
@option("--active/--inactive", default=None, help=_("Whether the agent may sign in."))
@pass_site
def _change(
    site: Site, number: str, queues: Sequence[str], no_queues: bool, **options: Any
) -> None:
    from careline.site.people import change_agent, parse_skills

    changes = given(**options)
    if queues or no_queues:
        changes["skills"] = parse_skills(queues)
    site.run(change_agent, number, changes)
    site.apply()
    say(_("agent {number} changed"), number=number)


def _announce(site: Site, number: str) -> None:
    """Speak the agent's number (报工号), before the first call needs it."""
    from careline.prompts.announce import announce
    from careline.setup.prepare import prompts_of
    from careline.setup.waiting import at_once

    prompts = prompts_of(site.settings, site.db, site.clock, at_once)
    site.wait(announce(prompts, [number]))


@agent.command("phone", help=_("How a phone logs in. NAME is a phone or an agent's number."))
@click.argument("name")
@option("--new-secret", is_flag=True, help=_("Give it a new secret first."))
@option("--webrtc/--desk", default=None, help=_("A browser's phone, or a desk phone."))
@json_option
@pass_site
def _phone(site: Site, name: str, new_secret: bool, webrtc: bool | None, as_json: bool) -> None:
    from careline.site.people import find_phone, renew_phone

    found = site.run(find_phone, name)
    if new_secret or webrtc not in (None, found.webrtc):
        found = site.run(renew_phone, found, secret=new_secret, webrtc=webrtc)
        site.apply()
    own = site.settings.asterisk
    login = {
        "server": own.bind,
        "port": own.sip_port,
        "transport": "ws" if found.webrtc else "udp",
        "login": found.name,
        "password": found.secret,
    }
    if as_json:
        print_json(login)
        return
    say(_("SIP server: {server}, port {port} ({transport})"), **login)
    say(_("login:      {login}"), **login)
    say(_("password:   {password}"), **login)
    if own.bind == "127.0.0.1":
        say(_("Only this machine can reach it: set asterisk.bind in careline.toml for others."))


@agent.command("pin", help=_("Set the PIN with which an agent signs in on somebody else's phone."))
@number_argument
@click.option("--pin", prompt=True, hide_input=True, confirmation_prompt=True)
@pass_site
def _pin(site: Site, number: str, pin: str) -> None:
    from careline.agents.model import hash_pin
    from careline.agents.store import set_pin

    site.run(set_pin, number, hash_pin(pin))
    site.apply()
    say(_("agent {number} has a new PIN"), number=number)


def _live(site: Site, verb: str, number: str, **more: str) -> None:
    """Change a state in the running core and say what came of it."""
    status = site.control.call("agent", verb=verb, agent=number, **more)
    shown = worded(status, state=STATES, reason=REASONS, afterwards=STATES)
    reason = f" ({shown['reason'].to(_lang())})" if status["reason"] else ""
    say(_("agent {number}: {state}{reason}"), number=number, state=shown["state"], reason=reason)
    if status["state"] in ("talking", "ringing", "holding", "consulting"):
        say(_("after this call: {state}"), state=shown["afterwards"])


def _lang() -> str:
    from careline.terminal.language import language

    return language()


@agent.command("sign-in", help=_("Sign an agent in, on the own phone or another; not ready yet."))
@number_argument
@option("--phone", default="", help=_("Another phone."))
@pass_site
def _sign_in(site: Site, number: str, phone: str) -> None:
    _live(site, "sign_in", number, phone=phone)


@agent.command("sign-out", help=_("Sign an agent out, after the call if in one."))
@number_argument
@pass_site
def _sign_out(site: Site, number: str) -> None:
    _live(site, "sign_out", number)


@agent.command("ready", help=_("Let an agent take calls."))
@number_argument
@pass_site
def _ready(site: Site, number: str) -> None:
    _live(site, "ready", number)


@agent.command("not-ready", help=_("Let an agent take no calls for a while."))
@number_argument
@option(
    "--reason",
    type=click.Choice(["break", "meal", "training", "meeting"]),
    default="break",
    show_default=True,
    help=_("Why."),
)
@pass_site
def _not_ready(site: Site, number: str, reason: str) -> None:
    _live(site, "not_ready", number, reason=reason)
