"""The core as a process: the only module of the product that imports the reactor."""

from __future__ import annotations

import sys
import time
from typing import Any

from twisted.internet.defer import Deferred
from twisted.logger import Logger

from careline.app.life import App
from careline.config import Settings
from careline.log import begin_logging
from careline.setup.taking_up import came_up

log = Logger()


def run_core(settings: Settings) -> None:
    """Run the core process until it is told to stop; raises what kept it from starting."""
    from twisted.internet import reactor as installed  # noqa: TID251  the composition root

    reactor: Any = installed
    reactor.seconds = time.monotonic  # a step of the wall clock freezes no timer
    begin_logging(sys.stderr, settings.log.level, settings.log.format)
    app = App(reactor, settings)

    failures: list[BaseException] = []

    def failed(failure: Any) -> None:
        log.failure("the core cannot start", failure=failure)
        failures.append(failure.value)
        reactor.stop()

    async def start() -> None:
        await app.start()
        if not came_up(settings.home, lambda name: app.plugins.status(name)):
            log.error("a plugin's new version does not run: starting again with the one before")
            reactor.stop()

    reactor.callWhenRunning(lambda: Deferred.fromCoroutine(start()).addErrback(failed))
    reactor.addSystemEventTrigger("before", "shutdown", lambda: Deferred.fromCoroutine(app.stop()))
    reactor.run()
    if failures:  # for the exit code, which tells the supervisor
        raise failures[0]
