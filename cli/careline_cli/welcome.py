"""Waits until the hotline answers, then says how to call it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import suppress
from datetime import datetime
from typing import Any

from attrs import frozen
from twisted.internet.threads import deferToThread

from careline.agents.store import list_phones
from careline.auth.links import link_path
from careline.auth.model import User
from careline.auth.people import first_administrator, make_link
from careline.auth.permissions import DEMO_PASSWORD
from careline.auth.store import list_users
from careline.clock import Clock
from careline.control import ControlClient
from careline.errors import CarelineError, Refused, Unavailable
from careline.ivr.store import list_dnis
from careline.setup.demo import NUMBER
from careline.storage import Tx
from careline.terminal.say import _, say
from careline_cli.site import Site

ASK_S = 0.2
PATIENCE_S = 60.0


class Welcome:
    """Asks the core until it is in step; ``hopeless`` is told what cannot mend itself.

    ``elapsed`` gives the seconds since the command was given.
    """

    def __init__(
        self,
        site: Site,
        clock: Clock,
        hopeless: Callable[[CarelineError], object],
        elapsed: Callable[[], float],
    ) -> None:
        self._site = site
        self._clock = clock
        self._hopeless = hopeless
        self._elapsed = elapsed
        self._client = ControlClient(site.settings.control_socket, timeout_s=5.0)

    async def watch(self) -> None:
        """Wait for the core, then say how to call; a slow start is told once."""
        told, began = False, self._clock.seconds()
        while True:
            status = await deferToThread(self._status)
            if status.get("in_step"):
                break
            if status.get("link") == "refused":
                self._hopeless(self._refused())
                return
            if self._clock.seconds() - began > PATIENCE_S and not told:
                told = True
                log = str(self._site.home.log / "core.log")
                say(
                    _("the hotline does not answer yet; see {log}, or run: careline doctor"),
                    log=log,
                )
            await self._clock.sleep(ASK_S)
        ways = self._site.run(
            ways_in, self._site.clock.now(), local=self._site.settings.web.is_local
        )
        if ways.first_admin:  # the core does not know that account yet
            await deferToThread(self._reload)
        greet(self._site, self._elapsed(), ways)

    def _reload(self) -> None:
        with suppress(Unavailable):  # it is told of again when careline is started anew
            self._client.call("reload")

    def _status(self) -> Mapping[str, Any]:
        try:
            status: Mapping[str, Any] = self._client.call("status")
        except Unavailable:
            return {}
        return status

    def _refused(self) -> Refused:
        own = self._site.settings.asterisk
        return Refused(
            "asterisk.secret",
            "Asterisk at {host}:{port} refuses the AMI user {user} or its secret. Write the secret "
            "that its manager.conf names into the file of asterisk.ami_secret_file",
            host=own.ami_host,
            port=own.ami_port,
            user=own.ami_user,
        )


@frozen
class Ways:
    """Tokens of the links that lead in: of the demonstration's people, of the first administrator.

    A link works once, so each start makes new ones.
    """

    demo: tuple[tuple[User, str], ...] = ()
    first_admin: str = ""


def ways_in(tx: Tx, now: datetime, *, local: bool) -> Ways:
    """Make the links that somebody who starts careline needs.

    ``local``: nobody but this machine can reach the workspace, so that the demonstration's accounts
    come in.
    """
    demo = [user for user in list_users(tx) if local and user.demo and user.active]
    if demo:
        return Ways(tuple((user, make_link(tx, user.id, now, sign_in=True)) for user in demo))
    return Ways(first_admin=first_administrator(tx, now) or "")


def workspace(site: Site, path: str = "") -> str:
    """An address of the workspace, as people on this machine or by its name reach it."""
    return site.settings.web.address + path


def tell_ways(site: Site, ways: Ways) -> None:
    """Say where the workspace is and how one gets in."""
    say(_("  Workspace: {url}"), url=workspace(site))
    for user, token in ways.demo:
        say(
            _("    come in as {name} ({login}), once: {url}"),
            name=user.name,
            login=user.login,
            url=workspace(site, link_path(token)),
        )
    if ways.demo:
        say(_("    afterwards with password {password}"), password=DEMO_PASSWORD)
        say(_("  A patient's phone, beside it: {url}"), url=workspace(site, "/phone"))
    if ways.first_admin:
        say(
            _("  Set the administrator's password (works once, for 24 hours): {url}"),
            url=workspace(site, link_path(ways.first_admin)),
        )


def greet(site: Site, seconds: float, ways: Ways) -> None:
    """Say how to call the hotline, and what else there is."""
    own = site.settings.asterisk
    numbers, phones = site.run(_numbers), site.run(list_phones)
    say("")
    say(_("The hotline answers (after {seconds:.1f} s)."), seconds=seconds)
    tell_ways(site, ways)
    if not numbers:
        say(_("No number leads to a flow yet: careline dnis set NUMBER --campus ID --flow NAME"))
        return
    if ways.demo:
        say(_("  Try it without a phone, in another terminal:  careline demo call"))
    if phones:
        say(
            _(
                "  With a soft phone: SIP server {host}:{port} (UDP), login {phone},"
                " password: {how}"
            ),
            host=own.bind if own.bind != "0.0.0.0" else _("this machine's address"),  # noqa: S104
            port=own.sip_port,
            phone=phones[0].name,
            how=f"careline agent phone {phones[0].name}",
        )
        say(_("  On an agent's phone: *11 sign in, *13 ready, *14 not ready, *12 sign out"))
    say(_("  Called numbers: {numbers}"), numbers=numbers)
    say(_("  Check everything: careline doctor      What is going on: careline status"))
    say(_("  Ctrl-C ends everything."))


def _numbers(tx: Tx) -> list[str]:
    """Numbers that lead to a flow; for ``*`` the demonstration's."""
    numbers = (NUMBER if entry.number == "*" else entry.number for entry in list_dnis(tx))
    return list(dict.fromkeys(numbers))
