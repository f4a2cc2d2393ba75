"""The child's side: heart-beats to the supervisor, and noticing that it is gone."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from contextlib import suppress

from twisted.internet.interfaces import IReactorFDSet, IReadDescriptor
from twisted.python.failure import Failure
from zope.interface import implementer

from careline.clock import Clock

#: Environment variables that name the two inherited file descriptors.
BEAT_VARIABLE = "CARELINE_BEAT_FD"
LIFE_VARIABLE = "CARELINE_LIFE_FD"
BEAT_S = 0.5


@implementer(IReadDescriptor)
class Lifeline:
    """A pipe whose other end only the supervisor holds: its end means that it is gone."""

    def __init__(self, reactor: IReactorFDSet, descriptor: int, gone: Callable[[], object]) -> None:
        self._reactor = reactor
        self._descriptor = descriptor
        self._gone = gone
        reactor.addReader(self)

    def fileno(self) -> int:
        """The pipe."""
        return self._descriptor

    def logPrefix(self) -> str:
        """A name for Twisted's log."""
        return "lifeline"

    def doRead(self) -> None:
        """Something happened at the pipe: its end, since nothing is ever written to it."""
        self._reactor.removeReader(self)
        self._gone()

    def connectionLost(self, reason: Failure) -> None:
        """The pipe ended (epoll tells it so), or merely the reactor stops: then it still blocks."""
        with suppress(OSError):
            if not os.read(self._descriptor, 64):
                self._gone()


def beat_to_supervisor(
    reactor: IReactorFDSet,
    clock: Clock,
    gone: Callable[[], object],
    environ: Mapping[str, str] = os.environ,
) -> bool:
    """Write a heart-beat twice a second, and call ``gone`` once when the supervisor has died.

    A reactor that is blocked or a process that is stopped writes none, which is the point.
    Returns False and does nothing when no supervisor started this process.
    """
    if BEAT_VARIABLE not in environ or LIFE_VARIABLE not in environ:
        return False
    beat_fd = int(environ[BEAT_VARIABLE])
    life_fd = int(environ[LIFE_VARIABLE])
    for descriptor in (beat_fd, life_fd):
        os.set_blocking(descriptor, False)
        os.set_inheritable(descriptor, False)

    def orphaned() -> None:
        # Nobody reads our output any more: what the end still logs must not fail on that.
        null = os.open(os.devnull, os.O_WRONLY)
        os.dup2(null, 1)
        os.dup2(null, 2)
        gone()

    Lifeline(reactor, life_fd, orphaned)

    def beat() -> None:
        # A full pipe (a slow supervisor) and a broken one (the lifeline tells) are no errors.
        with suppress(OSError):
            os.write(beat_fd, b".")
        clock.call_later(BEAT_S, beat)

    beat()
    return True
