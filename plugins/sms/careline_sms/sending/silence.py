"""Messages of which no gateway says what became of them: after a while that is the last word."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from sqlalchemy import select, update

from careline.hooks import JobHandler, Schedule
from careline.plugins import Core
from careline.storage import Tx
from careline_sms import store
from careline_sms.config import SmsConfig
from careline_sms.links import hide
from careline_sms.model import Message, State
from careline_sms.sending.endings import Endings
from careline_sms.store import m
from careline_sms.tables import message_table

KIND = "sms.silence"
EVERY = timedelta(hours=1)
HANDFUL = 500
LOOKS_BACK = timedelta(days=7)
"""What was sent longer ago was looked at before, or is of a time when nobody asked."""


class Silence:
    """Tells whoever asked for a message how it ended, where no receipt will tell."""

    def __init__(self, core: Core, config: SmsConfig, endings: Endings) -> None:
        self._core = core
        self._endings = endings
        self._wait = timedelta(hours=config.receipt_hours)

    def job_handlers(self) -> list[JobHandler]:
        """One round."""
        return [JobHandler(kind=KIND, do=self._round, timeout=600.0)]

    def schedules(self) -> list[Schedule]:
        """Each hour."""
        return [Schedule(name=KIND, kind=KIND, every=EVERY)]

    async def _round(self, args: Mapping[str, object], job: object) -> None:
        while await self._core.db.run(self._some):
            pass

    def _some(self, tx: Tx) -> bool:
        now = self._core.clock.now()
        found = _silent(tx, now - self._wait, now - self._wait - LOOKS_BACK)
        for message in found:
            self._endings.silent(tx, message, now)
        ids = [one.id for one in found]
        hide(tx, ids)
        tx.execute(update(message_table).where(m.id.in_(ids)).values(told=True))
        return len(found) == HANDFUL


def _silent(tx: Tx, before: datetime, since: datetime) -> Sequence[Message]:
    """What was sent, or perhaps, before a moment, and nobody was told of since."""
    open_ones = (m.state.in_((State.SENT, State.UNCERTAIN)), m.told.is_(False))
    query = select(message_table).where(*open_ones, m.changed >= since, m.changed <= before)
    query = query.order_by(m.id).limit(HANDFUL).with_for_update(skip_locked=True)
    return [store.message_of(row) for row in tx.all(query)]
