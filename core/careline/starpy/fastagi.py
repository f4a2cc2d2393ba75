"""StarPy's ``fastagi``: a server to which Asterisk hands calls, one protocol for each."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from twisted.internet.defer import Deferred
from twisted.internet.protocol import Factory
from twisted.python.failure import Failure

from careline.starpy.call import FAILURE_CODE, Answer, log
from careline.starpy.commands import AGICommands
from careline.starpy.rim import clock_of
from careline.starpy.sequence import InSequence

__all__ = ["FAILURE_CODE", "FastAGIFactory", "FastAGIProtocol", "InSequence", "log"]


class FastAGIProtocol(AGICommands):
    """One call: ``variables`` say which, the methods are the commands."""

    def wait(self, duration: float) -> Answer:
        """Do nothing for ``duration`` seconds; fires with 0."""
        df: Answer = Deferred()
        clock_of(self.factory).callLater(duration, df.callback, 0)
        return df

    def jumpOnError(self, reason: Failure, difference: int = 100, forErrors: Any = None) -> Answer:
        """As an errback: go on in the dialplan at the call's priority plus ``difference``.

        ``forErrors``: only for these classes. Fires when the session is over.
        """
        if forErrors:
            reason.trap(*(forErrors if isinstance(forErrors, (tuple, list)) else (forErrors,)))  # type: ignore[no-untyped-call]  # Twisted's
        sequence = InSequence()
        sequence.append(self.setContext, self.variables["agi_context"])
        sequence.append(self.setExtension, self.variables["agi_extension"])
        sequence.append(self.setPriority, int(self.variables["agi_priority"]) + difference)
        sequence.append(self.finish)
        return sequence()


class FastAGIFactory(Factory):
    """Serves calls: ``mainFunction(protocol)`` is called for each, with its variables read.

    When that fails, or its Deferred does, it is logged and the call goes on in the dialplan.
    """

    protocol = FastAGIProtocol
    noisy = False

    def __init__(
        self, mainFunction: Callable[[FastAGIProtocol], object], *, clock: Any = None
    ) -> None:
        self.mainFunction = mainFunction
        self.clock = clock
