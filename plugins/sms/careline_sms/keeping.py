"""What is due each night, and how things are: gateways, what waits, what nobody knows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, time, timedelta
from typing import Any

from sqlalchemy import delete, func, select

from careline.hooks import HealthCheck, JobHandler, Level, Schedule
from careline.i18n import Text
from careline.plugins import Core
from careline.storage import Tx
from careline_sms import store
from careline_sms.config import SmsConfig
from careline_sms.model import OPEN, State
from careline_sms.receipts import KEPT
from careline_sms.replies.store import r, reply_table
from careline_sms.sending.lines import GatewayLine, Lines
from careline_sms.store import m
from careline_sms.tables import message_table

NIGHTLY = "sms.nightly"
AT = time(3, 40)
HANDFUL = 2000
LATE = timedelta(minutes=10)
YOUNG = timedelta(days=2)


class Keeping:
    """Forgets what is old, and watches."""

    def __init__(self, core: Core, config: SmsConfig, lines: Lines) -> None:
        self._core = core
        self._config = config
        self._lines = lines

    def job_handlers(self) -> list[JobHandler]:
        """The night's work."""
        return [JobHandler(kind=NIGHTLY, do=self._nightly, timeout=3600.0, max_tries=5)]

    def schedules(self) -> list[Schedule]:
        """Each night."""
        return [Schedule(name=NIGHTLY, kind=NIGHTLY, at=AT)]

    async def _nightly(self, args: Mapping[str, Any], job: object) -> None:
        now = self._core.clock.now()
        await self._core.db.run(store.forget_early, now - KEPT)
        before = now - timedelta(days=self._config.keep_days)
        while await self._core.db.run(_forget, before):
            pass

    # How things are

    async def health(self) -> Sequence[HealthCheck]:
        """Each gateway, what waits too long, and what a person has to decide."""
        now = self._core.clock.now()
        late = await self._core.db.run(_waiting, now - LATE)
        unsure = await self._core.db.run(_uncertain, now - YOUNG)
        listed = self._lines.listed()
        gateways = [self._gateway(one) for one in listed] or [self._none()]
        return [*gateways, self._late(late), self._unsure(unsure)]

    def _none(self) -> HealthCheck:
        lang = self._core.settings.language
        return HealthCheck(
            name="gateways",
            title=Text("Gateways for messages").msgid,
            level=Level.MINOR,
            detail=Text("there is none, so no message is sent").to(lang),
            remedy=Text("add a table [plugin.sms.gateway.<name>] to careline.toml").to(lang),
        )

    def _gateway(self, one: GatewayLine) -> HealthCheck:
        lang = self._core.settings.language
        title = Text("Gateway {name}", {"name": one.name}).to(lang)
        if one.state.up:
            return HealthCheck(name=f"gateway_{one.name}", title=title)
        return HealthCheck(
            name=f"gateway_{one.name}",
            title=title,
            level=Level.MAJOR,
            detail=Text(one.state.detail).to(lang) if one.state.detail else "",
            remedy=Text("see whether its address and account are right; others send meanwhile").to(
                lang
            ),
        )

    def _late(self, many: int) -> HealthCheck:
        lang = self._core.settings.language
        return HealthCheck(
            name="waiting",
            title=Text("Messages that wait too long").msgid,
            level=Level.MAJOR if many else Level.OK,
            detail=Text("{count} are overdue", {"count": many}).to(lang) if many else "",
            remedy=Text("see whether a gateway takes them: careline sms gateways").to(lang)
            if many
            else "",
        )

    def _unsure(self, many: int) -> HealthCheck:
        lang = self._core.settings.language
        return HealthCheck(
            name="uncertain",
            title=Text("Messages of which nobody knows whether they were sent").msgid,
            level=Level.NOTICE if many else Level.OK,
            detail=Text("{count} since two days ago", {"count": many}).to(lang) if many else "",
            remedy=Text("ask the gateway's operator, then send them again or not").to(lang)
            if many
            else "",
        )


def _waiting(tx: Tx, before: datetime) -> int:
    """Due for so long, and nobody has them in hand."""
    late = (m.state == State.QUEUED, m.not_before <= before)
    return int(tx.scalar(select(func.count()).select_from(message_table).where(*late)))


def _uncertain(tx: Tx, since: datetime) -> int:
    unsure = (m.state == State.UNCERTAIN, m.changed >= since)
    return int(tx.scalar(select(func.count()).select_from(message_table).where(*unsure)))


def _forget(tx: Tx, before: datetime) -> int:
    """Forget some messages and replies that are older; gives how many."""
    old = select(m.id).where(m.created < before, m.state.not_in(OPEN)).limit(HANDFUL)
    gone = tx.execute(delete(message_table).where(m.id.in_(old.scalar_subquery()))).rowcount
    written = select(r.id).where(r.received < before).limit(HANDFUL).scalar_subquery()
    return gone + tx.execute(delete(reply_table).where(r.id.in_(written))).rowcount
