"""Callers who have waited long enough, or for nobody: plugins may know where else they can go."""

from __future__ import annotations

from datetime import timedelta

from attrs import frozen
from twisted.logger import Logger

from careline.calls import facts as f
from careline.calls.model import CallRecord
from careline.calls.service import Calls
from careline.clock import Clock
from careline.hooks.hub import Hub
from careline.ivr import exits
from careline.queues.model import PERSONAL
from careline.reception.arrival import Arrival

log = Logger()


@frozen
class Overflow:
    """Asks the hook ``overflow`` and notes in the timeline where it led."""

    clock: Clock
    calls: Calls
    hub: Hub
    arrival: Arrival

    async def after(self, call: CallRecord, queue: str) -> exits.Exit | None:
        """Where to go from ``queue``, whose time is up; the familiar agent's own is passed over."""
        return None if queue.startswith(PERSONAL) else await self._ask(call, queue)

    async def instead(self, call: CallRecord, exit_: exits.Exit) -> exits.Exit:
        """``exit_``, or where a plugin sends the caller of a queue in which nobody is signed in."""
        if not isinstance(exit_, exits.ToQueue) or self.arrival.is_staffed(exit_.queue):
            return exit_
        return await self._ask(call, exit_.queue) or exit_

    async def _ask(self, call: CallRecord, queue: str) -> exits.Exit | None:
        now = self.clock.now()
        stays = [stay.span.length(now) for stay in call.stays if stay.queue == queue]
        waited = round(sum(stays, timedelta()).total_seconds())
        answer: exits.Exit | None = await self.hub.overflow(call=call, queue=queue, waited_s=waited)
        if isinstance(answer, exits.ToQueue) and not self.arrival.is_staffed(answer.queue):
            log.warn("no overflow to {queue}: nobody is signed in there", queue=answer.queue)
            return None
        if answer is not None:
            detail = {"queue": queue, "to": type(answer).__name__}
            noted = f.Noted(at=now, channel=call.id, what="overflow", detail=detail)
            self.calls.note(call.id, noted)
        return answer
