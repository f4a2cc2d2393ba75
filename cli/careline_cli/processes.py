"""``init``, ``run`` and the core process itself."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Mapping
from typing import Any

import click
from twisted.internet.defer import Deferred
from twisted.internet.threads import deferToThread

from careline.app import run_core
from careline.asterisk.model import Ports
from careline.clock import Clock
from careline.config import Home, Settings
from careline.i18n import translate
from careline.setup.prepare import Preparation, instance_of, settings_of
from careline.storage import open_database
from careline.supervisor import (
    ChildSpec,
    Listening,
    alone,
    asterisk_child,
    check_ports,
    supervise,
)
from careline.tasks import Tasks
from careline_cli.language import language

DEMO = click.option("--demo", is_flag=True, help="With a demonstration hospital.")


def say(msgid: str, params: Mapping[str, object]) -> None:
    """Tell the user what is being done."""
    click.echo(translate(msgid, language(), **params))


@click.command("init")
@DEMO
@click.pass_obj
def init_command(home: Home, demo: bool) -> None:
    """Make the home ready: database, Asterisk, prompts. Safe to repeat."""
    settings = settings_of(home, os.environ)
    failures: list[BaseException] = []
    reactor = _reactor()

    async def work() -> None:
        tasks = Tasks()
        clock = Clock(reactor)
        db = open_database(settings.database_url, clock=clock, tasks=tasks, reactor=reactor)
        try:
            await Preparation(settings, db, clock, deferToThread, say).run(demo=demo)
        finally:
            await db.close()

    def done(result: Any) -> None:
        if result is not None:
            failures.append(result.value)
        reactor.stop()

    reactor.callWhenRunning(lambda: Deferred.fromCoroutine(work()).addBoth(done))
    reactor.run()
    if failures:
        raise failures[0]


@click.command("run")
@DEMO
@click.pass_obj
def run_command(home: Home, demo: bool) -> None:
    """Run careline: Asterisk and the core, kept alive. Ctrl-C ends everything."""
    with alone(home.root / "run.lock"):
        sys.exit(_run(home, demo))


def _run(home: Home, demo: bool) -> int:
    settings = settings_of(home, os.environ)
    command = [sys.executable, "-m", "careline_cli", "--home", str(home.root), "init"]
    made = subprocess.run([*command, *(["--demo"] if demo else [])], check=False)  # noqa: S603
    if made.returncode:
        return made.returncode
    reactor = _reactor()
    reactor.seconds = time.monotonic
    return supervise(reactor, Clock(reactor), children(settings), click.echo, language())


def children(settings: Settings) -> list[ChildSpec]:
    """What the supervisor keeps alive."""
    home = settings.home
    home.log.mkdir(parents=True, exist_ok=True)
    core = ChildSpec(
        name="core",
        command=(sys.executable, "-m", "careline_cli", "--home", str(home.root), "core"),
        log=home.log / "core.log",
        pid_file=home.root / "core.pid",
        beats=True,
        silence_s=5.0,
        check=lambda: check_ports(
            [Listening(settings.core.agi_bind, settings.core.agi_port, "core.agi_port")]
        ),
    )
    return [_asterisk(settings), core] if settings.asterisk.embedded else [core]


def _asterisk(settings: Settings) -> ChildSpec:
    own = settings.asterisk
    ports = Ports(sip=own.sip_port, ami=own.ami_port, http=own.http_port)
    log = settings.home.log / "asterisk.log"
    return asterisk_child(instance_of(settings), ports, own.bind, log=log)


@click.command("core", hidden=True)
@click.pass_obj
def core_command(home: Home) -> None:
    """Run the core process (the supervisor does)."""
    run_core(settings_of(home, os.environ))


def _reactor() -> Any:
    from twisted.internet import reactor  # noqa: TID251  a process of its own

    return reactor
