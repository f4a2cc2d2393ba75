"""Runs what plugins contribute to a flow: its failure costs the caller a detour, never the call."""

from __future__ import annotations

from collections.abc import Awaitable
from typing import TypeVar

from twisted.internet.defer import CancelledError, TimeoutError
from twisted.logger import Logger

from careline.clock import Clock
from careline.errors import Unavailable
from careline.ivr.line import CallerGone

log = Logger()
T = TypeVar("T")


async def contained(awaited: Awaitable[T], what: str, clock: Clock, limit_s: float = 0) -> T:
    """Await at most ``limit_s`` seconds (0: for ever); any failure is logged, then Unavailable.

    Only the caller's hang-up and cancellation pass through.
    """
    try:
        return await (clock.within(limit_s, awaited) if limit_s else awaited)
    except (CancelledError, CallerGone):
        raise
    except TimeoutError:
        log.warn("{what} took longer than {limit} s", what=what, limit=limit_s)
    except Exception:  # noqa: BLE001 - whatever a plugin raises, the caller must be served
        log.failure("{what} failed", what=what)
    raise Unavailable("ivr.part_failed", "{what} failed", what=what)
