"""Errors that nobody handled: what Twisted logs on behalf of code that lost them.

A Deferred dropped with a failure, a protocol method or a timed call that raised: Twisted catches
them, logs them and goes on, so a test would pass over them. :class:`Unhandled` collects them.
Failures that our own code logs on purpose (a contained plugin, a task) are not among them.
"""

from __future__ import annotations

import gc
import logging
from types import TracebackType
from typing import Self

from twisted.logger import (
    ILogObserver,
    LogEvent,
    STDLibLogObserver,
    globalLogBeginner,
    globalLogPublisher,
)
from twisted.python.failure import Failure
from zope.interface import implementer

_begun: list[bool] = []


def begin_logging() -> None:
    """Send Twisted's log to :mod:`logging` once, where pytest shows it for a failed test.

    Until somebody begins logging, Twisted keeps the last 65,536 events, with the failures and the
    frames and sockets that hang on them.
    """
    if not _begun:
        _begun.append(True)
        logging.getLogger("twisted").setLevel(logging.DEBUG)
        globalLogBeginner.beginLoggingTo([STDLibLogObserver()], redirectStandardIO=False)


@implementer(ILogObserver)
class Unhandled:
    """Context manager that collects unhandled errors while it is entered.

    ``failures`` holds them in the order in which they were logged.
    """

    def __init__(self) -> None:
        self.failures: list[Failure] = []

    def __enter__(self) -> Self:
        begin_logging()
        globalLogPublisher.addObserver(self)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        globalLogPublisher.removeObserver(self)

    def __call__(self, event: LogEvent) -> None:
        """Look at one log event (ILogObserver)."""
        failure = event.get("log_failure")
        source = str(event.get("log_namespace", ""))
        if failure is not None and source.startswith(("twisted", "log_legacy")):
            self.failures.append(failure)

    def flush(self, *kinds: type[BaseException]) -> list[BaseException]:
        """Take out and return the errors of ``kinds`` (all when none is named): they were meant."""
        gc.collect(1)
        wanted = kinds or (BaseException,)
        errors = [one.value for one in self.failures if one.value is not None]
        self.failures = [one for one in self.failures if not isinstance(one.value, wanted)]
        return [error for error in errors if isinstance(error, wanted)]

    def check(self) -> None:
        """Raise AssertionError with the tracebacks when anything was collected."""
        # A failed Deferred reports when it is freed; the young generations hold this test's.
        gc.collect(1)
        lost, self.failures = self.failures, []
        if lost:
            texts = "\n".join(one.getTraceback() for one in lost)
            raise AssertionError(f"errors that nobody handled:\n{texts}")
