"""Settles tries whose calls are over, also those that an earlier core has begun."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta

from twisted.logger import Logger

from careline.calls import facts as f
from careline.calls import store as calls_store
from careline.calls.model import CallRecord
from careline.errors import Unavailable
from careline.outbound import store
from careline.outbound.footing import Footing
from careline.outbound.model import Kept, Mode
from careline.outbound.outcomes import outcome_of
from careline.outbound.through import ThroughQueue

AGAIN = timedelta(minutes=1)
AGAIN_S = 2.0
#: A try of this core that is not up after so long will never be heard of again.
LOST = timedelta(hours=1)
#: The same of another core, whose calls are not seen from here, and of wrap-ups.
LONG_LOST = timedelta(hours=4)

log = Logger()


class Ends:
    """Reads from the records of calls what came of the tries."""

    def __init__(self, footing: Footing, through: ThroughQueue) -> None:
        self._clock = footing.clock
        self._db = footing.db
        self._calls = footing.calls
        self._outbound = footing.outbound
        self._tries = footing.tries
        self._node = footing.node
        self._through = through

    async def take_up(self, kept: Kept) -> None:
        """Judge a try that is written down as running, now that it is known which calls are up."""
        if kept.call in self._tries:
            if not self._tries.is_awaited(kept.call) and self._calls.get(kept.call) is None:
                await self.closed(kept.call)
            return
        stored = await self._db.run(calls_store.load, kept.call) if kept.call else None
        here = self._calls.get(kept.call)
        call = here or (stored.record if stored else None)
        if call is None:
            await self._db.run(self._outbound.not_tried, kept, "outbound.restart", AGAIN)
        elif call.ended is None or call.wrapping_up:
            self._tries.found(kept, call.trunk)
            if kept.task.mode is Mode.PROGRESSIVE:
                self._through.found(kept.call, kept.task.queue)
            if here is None and not call.wrapping_up:  # it ended while its record was read
                await self.closed(kept.call)
        else:
            await self._settle(kept, call, [one.fact for one in stored.facts] if stored else [])

    async def lost(self) -> None:
        """Give up tries that are long written down as running, and of which nothing is up.

        Their core has gone for ever, or has another name now.
        """
        now = self._clock.now()
        for kept in await self._db.run(store.calling_since, now - LOST):
            is_fresh = kept.since > now - LONG_LOST
            if self._calls.get(kept.call) is not None or (kept.node != self._node and is_fresh):
                continue
            stored = await self._db.run(calls_store.load, kept.call) if kept.call else None
            if stored is not None and stored.record.wrapping_up and is_fresh:
                continue
            self._tries.drop(kept.call)
            if stored is None or stored.record.ended is None:
                await self._db.run(self._outbound.not_tried, kept, "outbound.lost", AGAIN)
            else:
                await self._settle(kept, stored.record, [one.fact for one in stored.facts])

    async def closed(self, call_id: str) -> None:
        """A call is finished and stored: settle its try, waiting for the database if need be."""
        running = self._tries.get(call_id)
        while running is not None and call_id in self._tries:
            try:
                stored = await self._db.run(calls_store.load, call_id)
                if stored is None:
                    again = "outbound.restart", AGAIN
                    await self._db.run(self._outbound.not_tried, running.kept, *again)
                else:
                    told = [one.fact for one in stored.facts]
                    await self._settle(running.kept, stored.record, told)
            except Unavailable as error:
                log.warn("an outbound call is not settled yet: {error}", error=error)
                await self._clock.sleep(AGAIN_S)
            else:
                self._tries.drop(call_id)

    async def _settle(self, kept: Kept, call: CallRecord, told: Iterable[f.Fact]) -> None:
        outcome, reason = outcome_of(call, kept.task.mode, told)
        if outcome is None:
            await self._db.run(self._outbound.not_tried, kept, reason, AGAIN)
        else:
            await self._db.run(self._outbound.over, kept, outcome, reason)
