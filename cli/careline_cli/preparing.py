"""What ``careline init`` does, with its progress told."""

from __future__ import annotations

import os
import signal
import time
from typing import Any

import click
from twisted.internet.defer import Deferred
from twisted.internet.threads import deferToThread

from careline.clock import Clock
from careline.i18n import Text
from careline.setup.prepare import Preparation, settings_of
from careline.storage import open_database
from careline.tasks import Tasks
from careline.terminal.language import language
from careline_cli.site import Site


def prepare(site: Site, *, demo: bool) -> None:
    """Make the home ready on this process's reactor, which is run here and cannot be again."""
    settings = settings_of(site.home, os.environ)
    reactor = the_reactor()
    failures: list[BaseException] = []

    async def work() -> None:
        clock = Clock(reactor)
        db = open_database(settings.database_url, clock=clock, tasks=Tasks(), reactor=reactor)
        try:
            await Preparation(settings, db, clock, deferToThread, _tell).run(demo=demo)
        finally:
            await db.close()

    def done(result: Any) -> None:
        if result is not None:
            failures.append(result.value)
        reactor.stop()

    reactor.callWhenRunning(lambda: Deferred.fromCoroutine(work()).addBoth(done))
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, _stopped)
    reactor.run(installSignalHandlers=False)
    if failures:
        raise failures[0]


def _stopped(number: int, frame: object) -> None:
    """End at once: threads that fetch and unpack would be waited for, and all can be resumed."""
    os._exit(128 + number)


def _tell(text: Text) -> None:
    click.echo(text.to(language()))


def the_reactor() -> Any:
    """The one reactor of this process; a step of the wall clock freezes none of its timers."""
    from twisted.internet import reactor  # noqa: TID251  a process of its own

    one: Any = reactor
    one.seconds = time.monotonic
    return one
