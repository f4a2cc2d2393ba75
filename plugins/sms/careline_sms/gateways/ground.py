"""What a gateway stands on, so that it needs no more of careline than this."""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Any

from attrs import frozen
from twisted.internet.error import ConnectingCancelledError

from careline.clock import Clock
from careline.tasks import Tasks


@frozen
class Ground:
    """``reactor`` opens connections; ``chance`` gives a number from 0 to 1, for jitter."""

    reactor: Any
    clock: Clock
    tasks: Tasks
    chance: Callable[[], float] = random.random


def is_cancelled(error: BaseException, took: float, limit: float) -> bool:
    """True when who waited for a connection was told to stop, and it was not the time-out.

    Twisted's endpoints say ConnectingCancelledError to both.
    """
    return isinstance(error, ConnectingCancelledError) and took < limit
