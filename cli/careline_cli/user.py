"""``careline user``: who signs in to the workspace."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import click

from careline.terminal.frame import group, option
from careline.terminal.say import _, listing, say
from careline_cli.made import given
from careline_cli.people import change, user_of
from careline_cli.site import Site, pass_site

login_argument = click.argument("login")
json_option = option("--json", "as_json", is_flag=True, help=_("For a program to read."))
roles_option = option(
    "--role", "roles", multiple=True, help=_("A role; see careline role list. May be repeated.")
)
name_option = option("--name", help=_("The person's name."))
agent_option = option("--agent", help=_("The number as an agent."))
campus_option = option("--campus", help=_("The user's campus; else the agent's."))
team_option = option("--team", help=_("The user's team; else the agent's."))


@group("user", _("Users of the workspace."))
def user() -> None:
    """Users."""


@user.command("list", help=_("All users with their roles."))
@json_option
@pass_site
def _list(site: Site, as_json: bool) -> None:
    from careline.auth.store import list_users

    rows = [
        {
            "login": one.login,
            "name": one.name,
            "roles": list(one.roles),
            "agent": one.agent,
            "campus": one.campus,
            "team": one.team,
            "active": one.active,
            "password": one.has_password,
            "second_factor": one.has_totp,
            "seen": one.seen,
        }
        for one in site.run(list_users)
    ]
    columns = {
        "login": _("login"),
        "name": _("person"),
        "roles": _("roles"),
        "agent": _("agent number"),
        "campus": _("campus"),
        "team": _("team"),
        "active": _("active"),
        "password": _("password"),
        "second_factor": _("second factor"),
        "seen": _("last signed in"),
    }
    listing(rows, columns, as_json=as_json, none=_("there are no users; see: careline user add"))


@user.command("add", help=_("Add a user, and print the one-time link that sets the password."))
@login_argument
@click.argument("name")
@roles_option
@agent_option
@campus_option
@team_option
@pass_site
def _add(site: Site, login: str, name: str, roles: Sequence[str], **options: Any) -> None:
    from careline.auth.model import User
    from careline.auth.people import add_user
    from careline.site.made import made

    values = given(login=login, name=name, roles=tuple(sorted(roles)), **options)
    new = made(User, values)
    change(site, "user.added", login, lambda tx: add_user(tx, new), what=", ".join(roles))
    say(_("user {login} added"), login=login)
    _print_link(site, login)


@user.command("change", help=_("Change a user; what is not named stays."))
@login_argument
@name_option
@agent_option
@campus_option
@team_option
@pass_site
def _change(site: Site, login: str, **options: Any) -> None:
    told = ", ".join(f"{name}: {value}" for name, value in given(**options).items())
    _evolve(site, login, "user.changed", told, **given(**options))
    say(_("user {login} changed"), login=login)


def _evolve(site: Site, login: str, act: str, told: str, **values: Any) -> None:
    import attrs

    from careline.auth.people import change_user

    before = user_of(site, login)
    after = attrs.evolve(before, **values)
    change(site, act, before.login, lambda tx: change_user(tx, after), what=told)


@user.command("role", help=_("Give a user exactly these roles; all their sessions end."))
@login_argument
@click.argument("roles", nargs=-1)
@pass_site
def _role(site: Site, login: str, roles: Sequence[str]) -> None:
    _evolve(site, login, "user.changed", f"roles: {', '.join(roles)}", roles=tuple(sorted(roles)))
    say(_("user {login} changed"), login=login)


@user.command("disable", help=_("Let a user sign in no more; who is signed in is thrown out."))
@login_argument
@pass_site
def _disable(site: Site, login: str) -> None:
    _evolve(site, login, "user.disabled", "", active=False)
    say(_("user {login} is disabled"), login=login)


@user.command("enable", help=_("Let a user sign in again."))
@login_argument
@pass_site
def _enable(site: Site, login: str) -> None:
    _evolve(site, login, "user.enabled", "", active=True)
    say(_("user {login} is enabled"), login=login)


@user.command("password", help=_("Set a user's password; all their sessions end."))
@login_argument
@click.option("--password", prompt=True, hide_input=True, confirmation_prompt=True)
@pass_site
def _password(site: Site, login: str, password: str) -> None:
    from argon2 import PasswordHasher

    from careline.auth.passwords import hashed, password_problems
    from careline.auth.people import set_password

    found = user_of(site, login)
    problems = password_problems(password, found.login)
    if problems:
        raise problems[0]
    stored = hashed(PasswordHasher(), password)
    change(site, "user.password", found.login, lambda tx: set_password(tx, found.id, stored))
    say(_("user {login} has a new password"), login=found.login)


@user.command("link", help=_("Print a one-time link with which a user sets a new password."))
@login_argument
@pass_site
def _link(site: Site, login: str) -> None:
    _print_link(site, login)


def _print_link(site: Site, login: str) -> None:
    from careline.auth.links import link_path
    from careline.auth.people import make_link

    found = user_of(site, login)
    now = site.clock.now()
    token = change(site, "user.link", found.login, lambda tx: make_link(tx, found.id, now))
    url = site.settings.web.address + link_path(token)
    say(_("works once, for 24 hours: {url}"), url=url)


@user.command("totp-reset", help=_("Take a user's second factor away; all their sessions end."))
@login_argument
@pass_site
def _totp_reset(site: Site, login: str) -> None:
    from careline.auth.people import reset_totp

    found = user_of(site, login)
    change(site, "user.totp_off", found.login, lambda tx: reset_totp(tx, found.id))
    say(_("user {login} has no second factor any more"), login=found.login)


@user.command("sign-out", help=_("End all sessions of a user."))
@login_argument
@pass_site
def _sign_out(site: Site, login: str) -> None:
    from careline.auth.people import throw_out

    found = user_of(site, login)
    change(site, "user.thrown_out", found.login, lambda tx: throw_out(tx, found.id))
    say(_("user {login} is signed out everywhere"), login=found.login)
