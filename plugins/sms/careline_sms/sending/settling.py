"""Writing down how sends ended, and what is to become of messages whose sender died."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any

from attrs import frozen
from sqlalchemy import select, update

from careline.messaging.gateway import Sent
from careline.storage import Tx
from careline_sms import store
from careline_sms.links import hide
from careline_sms.model import Message, State
from careline_sms.receipts import Receipts
from careline_sms.sending import beats
from careline_sms.sending.endings import Endings
from careline_sms.sending.lines import Lines
from careline_sms.sending.outcomes import Ending, Next, after_loss, after_send
from careline_sms.sending.turns import wait_for_turn
from careline_sms.store import Part, m
from careline_sms.tables import message_table

HANDFUL = 500


@frozen(kw_only=True)
class Done:
    """A send of ``owner`` that has ended; ``parts`` as counted by us, ``price`` for each."""

    message: Message
    owner: str
    ending: Ending
    parts: int
    price: int


class Settling:
    """Settles for one sender."""

    def __init__(self, lines: Lines, endings: Endings, receipts: Receipts) -> None:
        self._lines = lines
        self._endings = endings
        self._receipts = receipts

    def settle(self, tx: Tx, done: Sequence[Done], now: datetime) -> list[int]:
        """Write down some endings; gives the ids of those that others had taken meanwhile."""
        wait_for_turn(tx)
        lost = []
        for one in done:
            if isinstance(one.ending, Sent):
                self._sent(tx, one, one.ending, now)
            elif not self._not_sent(tx, one, now):
                lost.append(one.message.id)
        self._endings.show(tx, [one.message.id for one in done])
        return lost

    def _sent(self, tx: Tx, done: Done, sent: Sent, now: datetime) -> None:
        """It counts whoever holds it now: a gateway has it."""
        id, gateway = done.message.id, done.message.gateway
        parts = sent.parts or done.parts
        cost = parts * done.price
        values: dict[str, Any] = {"owner": "", "sent": now, "gateway": gateway, "bound": ""}
        values |= {"parts": parts, "cost": cost, "code": "", "detail": ""}
        if not store.move(tx, [id], State.SENT, now, **values):
            # A receipt was faster; or it was repeated under its key, which sent it once.
            tx.execute(update(message_table).where(m.id == id).values(values))
        if "://" in done.message.text and not self._lines.shows(gateway):
            hide(tx, [id])
        self._name_parts(tx, done.message, sent.reference, now)

    def _name_parts(
        self, tx: Tx, message: Message, references: Sequence[str], now: datetime
    ) -> None:
        """Store what the gateway calls the parts, with the receipts that have come already."""
        id, gateway = message.id, message.gateway
        _, round = _tried(tx, id)
        references = [store.kept(one, store.LONGEST_REFERENCE) for one in references]
        known = {part.reference for part in store.parts_of(tx, id, round)}
        early = store.take_early(tx, gateway, references, message.to)
        parts = [
            Part(
                message=id,
                round=round,
                gateway=gateway,
                reference=reference,
                fate=early[reference][0] if reference in early else None,
                code=early[reference][1] if reference in early else "",
            )
            for reference in dict.fromkeys(references)
            if reference not in known
        ]
        store.add_parts(tx, parts, now)
        if early or known:
            self._receipts.judge(tx, id, now)

    def _not_sent(self, tx: Tx, done: Done, now: datetime) -> bool:
        message = done.message
        refused, round = _tried(tx, message.id)
        others = self._others(message, refused)
        takes_key = self._lines.takes_key(message.gateway)
        after = after_send(done.ending, message, takes_key, others, now)
        values = _values(after)
        if after.unsent:
            values["tries"] = m.tries - 1
        if after.refused:
            values["refused"] = [*refused, after.refused]
        if not store.move(tx, [message.id], after.state, now, of_owner=done.owner, **values):
            return False
        self._endings.ended(tx, message, after.state, after.code, round, now)
        return True

    def _others(self, message: Message, refused: Sequence[str]) -> list[str]:
        return [
            one.name
            for one in self._lines.offers()
            if one.fits(message) and one.name != message.gateway and one.name not in refused
        ]

    def set_aside(self, tx: Tx, done: Done, now: datetime) -> None:
        """Give up an ending that cannot be written down: a person looks after the message."""
        wait_for_turn(tx)
        told = {"owner": "", "bound": "", "code": "lost", "detail": ""}
        store.move(tx, [done.message.id], State.UNCERTAIN, now, of_owner=done.owner, **told)
        self._endings.show(tx, [done.message.id])

    def lost(self, tx: Tx, owner: str, now: datetime, but: Collection[int] = ()) -> int:
        """Take what a dead sender had in its hands, ``but`` what it still sends; gives how many."""
        wait_for_turn(tx)
        query = select(m.id, m.gateway).where(m.state == State.LEASED, m.owner == owner)
        query = query.where(m.id.not_in(but))
        rows = tx.all(query.order_by(m.id).limit(HANDFUL))
        by_gateway: dict[str, list[int]] = {}
        for row in rows:
            by_gateway.setdefault(row.gateway, []).append(row.id)
        for gateway, ids in by_gateway.items():
            after = after_loss(self._lines.takes_key(gateway), gateway, now)
            store.move(tx, ids, after.state, now, of_owner=owner, gateway=gateway, **_values(after))
        self._endings.show(tx, [row.id for row in rows])
        return len(rows)

    def bury(self, tx: Tx, owner: str, at_beat: int) -> bool:
        """Take a sender for dead, unless it has moved meanwhile."""
        return beats.end(tx, owner, at_beat)


def _values(after: Next) -> dict[str, Any]:
    values: dict[str, Any] = {"owner": "", "bound": after.bound}
    values |= {"code": after.code, "detail": after.detail}
    if after.at is not None:
        values["not_before"] = after.at
    return values


def _tried(tx: Tx, id: int) -> tuple[list[str], int]:
    """Gateways that would not take it, and how often people had it sent again."""
    row = tx.all(select(m.refused, m.round).where(m.id == id))[0]
    return list(row.refused), row.round
