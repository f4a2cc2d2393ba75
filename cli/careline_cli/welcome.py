"""Waits until the hotline answers, then says how to call it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from twisted.internet.threads import deferToThread

from careline.agents.store import list_phones
from careline.clock import Clock
from careline.control import ControlClient
from careline.errors import CarelineError, Refused, Unavailable
from careline.ivr.store import list_dnis
from careline.setup.demo import NUMBER
from careline.storage import Tx
from careline_cli.say import _, say
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
        told = False
        while True:
            status = await deferToThread(self._status)
            if status.get("in_step"):
                break
            if status.get("link") == "refused":
                self._hopeless(self._refused())
                return
            if self._elapsed() > PATIENCE_S and not told:
                told = True
                log = str(self._site.home.log / "core.log")
                say(
                    _("the hotline does not answer yet; see {log}, or run: careline doctor"),
                    log=log,
                )
            await self._clock.sleep(ASK_S)
        greet(self._site, self._elapsed())

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


def greet(site: Site, seconds: float) -> None:
    """Say how to call the hotline, and what else there is."""
    own = site.settings.asterisk
    numbers, phones = site.run(_numbers), site.run(list_phones)
    say("")
    say(_("The hotline answers (after {seconds:.1f} s)."), seconds=seconds)
    if not numbers:
        say(_("No number leads to a flow yet: careline dnis set NUMBER --campus ID --flow NAME"))
        return
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
