"""What ``careline run`` does: prepare, supervise, say how to call."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import time
from collections.abc import Callable

import click

from careline.clock import Clock
from careline.config import Settings
from careline.errors import CarelineError
from careline.setup.prepare import settings_of
from careline.supervisor import alone, check_ports, supervise
from careline.tasks import Tasks
from careline.terminal.language import VARIABLE, language
from careline.terminal.say import _, say
from careline_cli.children import children, listening
from careline_cli.preparing import the_reactor
from careline_cli.site import Site
from careline_cli.welcome import Welcome

#: A line of the core's log that is neither a warning nor an error (Twisted's own have no level).
CHATTER = re.compile(r"core: \S+ \[(-|[^\]]*#(info|debug))\]")


def run_site(site: Site, *, demo: bool, verbose: bool) -> int:
    """Prepare and run until Ctrl-C; the exit code. Raises CarelineError when that is impossible."""
    began = time.monotonic()
    os.environ[VARIABLE] = language()  # what we start speaks like us
    settings = settings_of(site.home, os.environ)
    with alone(site.home.root / "run.lock"):
        if not _is_left_over(settings):
            check_ports(listening(settings))
        code = _init(site, demo=demo)
        return code or _supervise(site, began, _printer(verbose))


def _is_left_over(settings: Settings) -> bool:
    """True when a killed careline may have left processes, whose ports are then our own."""
    home = settings.home
    return (home.root / "core.pid").exists() or any(home.asterisk.glob("run/asterisk.pid"))


def _init(site: Site, *, demo: bool) -> int:
    """A process of its own, since a reactor runs once; it tells its errors itself."""
    command = [sys.executable, "-P", "-m", "careline_cli", "--home", str(site.home.root), "init"]
    made = subprocess.run([*command, *(["--demo"] if demo else [])], check=False)  # noqa: S603
    return made.returncode


def _supervise(site: Site, began: float, say_line: Callable[[str], None]) -> int:
    reactor = the_reactor()
    clock, tasks = Clock(reactor), Tasks()
    failures: list[CarelineError] = []

    def hopeless(error: CarelineError) -> None:
        failures.append(error)
        reactor.stop()

    welcome = Welcome(site, clock, hopeless, lambda: time.monotonic() - began)
    reactor.callWhenRunning(lambda: tasks.spawn(welcome.watch(), "waiting for the hotline"))
    code = supervise(reactor, clock, children(site.settings), say_line, language())
    if failures:
        raise failures[0]
    say(_("careline has ended"))
    return code


def _printer(verbose: bool) -> Callable[[str], None]:
    """Shows the children's lines; the core's everyday ones are in its log file."""

    def show(line: str) -> None:
        if verbose or not CHATTER.match(line):
            click.echo(line)

    return show
