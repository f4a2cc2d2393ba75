"""What gateways say became of messages, in whatever order, and however often they say it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import select

from careline.messaging.gateway import Fate
from careline.plugins import Core
from careline.storage import Tx
from careline_sms import store
from careline_sms.links import hide
from careline_sms.model import Message, State
from careline_sms.sending.endings import Endings
from careline_sms.store import Part, m, p
from careline_sms.tables import message_table

KEPT = timedelta(days=3)
"""So long a receipt waits for what it is about."""
LONGEST = 120


class Receipts:
    """Stores receipts and judges by them what became of a message."""

    def __init__(self, core: Core, endings: Endings) -> None:
        self._core = core
        self._endings = endings

    async def receipt(
        self,
        gateway: str,
        reference: str,
        fate: Fate,
        code: str = "",
        at: datetime | None = None,
        ours: int = 0,
        number: str = "",
    ) -> None:
        """Take a receipt; one that is known already changes nothing."""
        told = (gateway, reference[:LONGEST], fate, code[:64], at, ours, number)
        await self._core.db.run(self.take, *told)

    def take(
        self,
        tx: Tx,
        gateway: str,
        reference: str,
        fate: Fate,
        code: str,
        at: datetime | None,
        ours: int,
        number: str = "",
    ) -> None:
        """The same in a transaction."""
        now = self._core.clock.now()
        part = store.newest_part(tx, gateway, reference) if reference else None
        if part is not None and not self._is_meant(tx, part, number, now):
            part = None
        if part is None and ours and self._went_to(tx, ours, number):
            part = self._ours(tx, gateway, reference, ours, now)
        if part is None:
            if reference:
                store.add_early(tx, gateway, reference, fate, code, at or now, now, number)
            return
        if part.fate in (None, fate) or fate is Fate.DELIVERED:
            store.mark_part(tx, part, fate, code, now)
            self.judge(tx, part.message, now)

    def _is_meant(self, tx: Tx, part: Part, number: str, now: datetime) -> bool:
        """False for a part of old whose id the gateway has given again."""
        if not self._went_to(tx, part.message, number):
            return False
        if part.fate is None:
            return True
        mine = (p.message == part.message, p.round == part.round, p.reference == part.reference)
        ended: datetime = tx.scalar(select(p.at).where(*mine))
        return ended >= now - KEPT

    def _went_to(self, tx: Tx, id: int, number: str) -> bool:
        """Whether a message went to that number, written as gateways like; True if none is told."""
        tail = store.tail_of(number)
        to = tx.scalar(select(m.to).where(m.id == id)) if tail else ""
        return not to or store.tail_of(to) == tail

    def _ours(self, tx: Tx, gateway: str, reference: str, ours: int, now: datetime) -> Part | None:
        """A part of a message of which only the gateway knows that it has it."""
        row = tx.one(select(m.gateway, m.round, m.tries).where(m.id == ours))
        if row is None or row.gateway != gateway or not row.tries:
            return None
        part = Part(message=ours, round=row.round, gateway=gateway, reference=reference)
        store.add_parts(tx, [part], now)
        return part

    def judge(self, tx: Tx, id: int, now: datetime) -> None:
        """Set the state that the receipts of all parts together say."""
        row = tx.all(select(message_table).where(m.id == id))[0]
        message = store.message_of(row)
        said = fate_of(message, store.parts_of(tx, id, row.round))
        if said is None:
            return
        state, code = said
        values = {"code": code, "gateway": message.gateway, "owner": "", "bound": ""}
        if message.state is not State.SENT and "://" in message.text:
            hide(tx, [id])
        if store.move(tx, [id], state, now, detail="", **values):
            self._endings.ended(tx, message, state, code, row.round, now)
            self._endings.show(tx, [id])


def fate_of(message: Message, parts: Sequence[Part]) -> tuple[State, str] | None:
    """What the parts together say of a message; None as long as it is open.

    One part that failed spoils all. While it is not known how many parts there are, the parts that
    we counted must be there; many gateways have one reference for a long message.
    """
    failed = [part for part in parts if part.fate is Fate.FAILED]
    if failed:
        return State.FAILED, failed[0].code
    delivered = sum(part.fate is Fate.DELIVERED for part in parts)
    known = message.state in (State.SENT, State.FAILED, State.DELIVERED)
    if delivered and delivered >= max(len(parts), 1 if known else message.parts):
        return State.DELIVERED, ""
    return None
