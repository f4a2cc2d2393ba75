"""After a gap (a new core, a lost link, a restarted Asterisk): make the records whole again.

First Asterisk's journal tells what happened meanwhile, then the list of live channels closes what
nobody told. Live events that arrive meanwhile are held back and taken in with the journal's, in the
order in which things happened: a hang-up before the talk that it ends would hide the talk.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from datetime import datetime, timedelta
from pathlib import Path

from attrs import frozen
from twisted.internet.defer import Deferred
from twisted.logger import Logger

from careline.calls import facts as f
from careline.calls import journal, store
from careline.calls.model import CallRecord
from careline.calls.service import Calls
from careline.clock import Clock
from careline.storage import Database
from careline.telephony.switch import Channel

log = Logger()

#: How far before the known begin of a gap the journal is read: a dead link is noticed after 15 s at
#: most, and what is told twice does no harm.
MARGIN = timedelta(seconds=30)

#: A channel may outlive its call's record (a desk phone's transfer): what follows it so long is
#: no call of its own.
LASTS = timedelta(hours=12)

InThread = Callable[..., Deferred[list[journal.Line]]]


@frozen
class Recovery:
    """Brings ``calls`` of ``node`` up to date; ``in_thread`` defers blocking file access."""

    calls: Calls
    db: Database
    clock: Clock
    node: str
    journal_path: Path
    agent_of: Callable[[str], str]
    in_thread: InThread

    async def load(self) -> datetime | None:
        """Take up the calls an earlier core left open; when its last fact was."""
        for stored in await self.db.run(store.load_open, self.node):
            self.calls.resume(stored)
        since: datetime | None = await self.db.run(store.last_fact, self.node)
        if since is not None:
            self.calls.remember(await self.db.run(store.finished_since, self.node, since - LASTS))
        return since

    async def catch_up(
        self, since: datetime | None, listed: datetime, channels: Collection[Channel]
    ) -> None:
        """Replay the journal from ``since`` and close calls whose channels are gone.

        ``channels`` is the switch's own list, asked for at ``listed``, after the link was up.
        """
        begun = self.clock.now() if since is None else since - MARGIN
        lines = await self._journal(begun)
        self.calls.catch_up(
            (line.call, fact) for line in lines for fact in journal.facts_of(line, self.agent_of)
        )
        self._close(channels, since, listed)

    async def _journal(self, begun: datetime) -> list[journal.Line]:
        """Without it records of the gap stay incomplete, but callers are led on."""
        try:
            return await self.in_thread(journal.read_since, self.journal_path, begun)
        except OSError as error:
            log.warn("the journal of calls cannot be read: {error}", error=error)
            return []

    def _close(
        self, channels: Collection[Channel], since: datetime | None, listed: datetime
    ) -> None:
        alive = {channel.unique_id for channel in channels}
        for call in self.calls.open:
            for leg in call.legs:
                if leg.ended is None and leg.channel not in alive and leg.started < listed:
                    self._lost(call, leg.channel, max(since or listed, leg.started))

    def _lost(self, call: CallRecord, channel: str, at: datetime) -> None:
        """Close a leg whose end nobody saw, at the last moment it was known to be there."""
        log.info("call {call}: end of {channel} was not seen", call=call.id, channel=channel)
        self.calls.note(call.id, f.Noted(at=at, channel=channel, what="end_not_seen"))
        self.calls.note(call.id, f.ChannelGone(at=at, channel=channel))
