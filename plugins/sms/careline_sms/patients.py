"""What is kept of a patient: told, given out, forgotten, and moved with a merge."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from attrs import evolve
from sqlalchemy import delete, insert, select, update

from careline.hooks import ExportPart, TimelineEntry
from careline.i18n import Text
from careline.patients.store import all_ids
from careline.plugins import Core
from careline.storage import Tx
from careline_sms import store
from careline_sms.groups.store import erase_patient as erase_from_groups
from careline_sms.groups.store import merge_patients as merge_in_groups
from careline_sms.links import hidden
from careline_sms.model import Message, State, plain
from careline_sms.replies.store import r, reply_table
from careline_sms.sending.endings import Endings
from careline_sms.store import m
from careline_sms.tables import message_table, moved_table

MOST = 100
SENT = Text("Message").msgid
v = moved_table.c


class PatientData:
    """Answers the core's hooks about patients."""

    def __init__(self, core: Core, endings: Endings) -> None:
        self._core = core
        self._endings = endings

    async def timeline(self, patient: int) -> Sequence[TimelineEntry]:
        """The last messages; their words stand behind the link."""
        found = await self._core.db.run(_last, patient)
        return [
            TimelineEntry(
                at=one.sent or one.created,
                kind="sms",
                title=SENT,
                detail=hidden(one.text)[:60],
                link=f"/sms/messages/{one.id}",
            )
            for one in found
        ]

    async def export(self, patient: int) -> Sequence[ExportPart]:
        """All messages and replies with their words."""
        messages, replies = await self._core.db.run(_everything, patient)
        parts = {"messages": messages, "message_replies": replies}
        return [ExportPart(name=name, rows=tuple(rows)) for name, rows in parts.items() if rows]

    async def erase(self, patient: int) -> None:
        """That something was sent stays for the count; to whom and what does not."""
        await self._core.db.run(self._erase, patient)

    def _erase(self, tx: Tx, patient: int) -> None:
        now = self._core.clock.now()
        waiting = select(message_table).where(
            m.patient == patient, m.state.in_((State.HELD, State.QUEUED))
        )
        for row in tx.all(waiting):
            state = State.UNCERTAIN if row.bound else State.WITHDRAWN
            store.move(tx, [row.id], state, now, code="erased")
            self._endings.ended(tx, store.message_of(row), state, "erased", row.round, now)
        blank = {"text": "", "values": {}, "to": "", "detail": "", "patient": 0}
        tx.execute(update(message_table).where(m.patient == patient).values(blank))
        mine = update(reply_table).where(r.patient == patient)
        tx.execute(mine.values(text="", answer="", number="", patient=0))
        tx.execute(delete(moved_table).where((v.kept == patient) | (v.gone == patient)))
        erase_from_groups(tx, patient)

    async def merge(self, kept: int, gone: int) -> None:
        """What was of ``gone`` is of ``kept``; told twice it is the same."""
        await self._core.db.run(_merge, kept, gone)

    async def unmerge(self, kept: int, gone: int) -> None:
        """What came from ``gone`` is of ``gone`` again."""
        await self._core.db.run(_unmerge, kept, gone)


def _last(tx: Tx, patient: int) -> list[Message]:
    sent = (State.SENT, State.DELIVERED, State.FAILED, State.UNCERTAIN)
    mine = (m.patient.in_(all_ids(tx, patient)), m.state.in_(sent))
    query = select(message_table).where(*mine).order_by(m.created.desc()).limit(MOST)
    return [store.message_of(row) for row in tx.all(query)]


def _everything(tx: Tx, patient: int) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    ids = all_ids(tx, patient)
    query = select(message_table).where(m.patient.in_(ids)).order_by(m.id)
    found = (store.message_of(row) for row in tx.all(query))
    messages = [plain(evolve(one, text=hidden(one.text))) for one in found]
    written = tx.all(select(reply_table).where(r.patient.in_(ids)).order_by(r.id))
    replies = [
        {"at": row.at.isoformat(timespec="seconds"), "from": row.number, "text": row.text}
        for row in written
    ]
    return messages, replies


def _merge(tx: Tx, kept: int, gone: int) -> None:
    ids = tx.scalars(select(m.id).where(m.patient == gone))
    if ids:
        tx.execute(delete(moved_table).where(v.message.in_(ids), v.gone == gone))
        rows = [{"message": id, "gone": gone, "kept": kept} for id in ids]
        tx.execute(insert(moved_table), rows)
        tx.execute(update(message_table).where(m.id.in_(ids)).values(patient=kept))
        tx.execute(update(reply_table).where(r.patient == gone).values(patient=kept))
    merge_in_groups(tx, kept, gone)


def _unmerge(tx: Tx, kept: int, gone: int) -> None:
    ids = tx.scalars(select(v.message).where(v.gone == gone, v.kept == kept))
    if ids:
        tx.execute(update(message_table).where(m.id.in_(ids)).values(patient=gone))
        tx.execute(update(reply_table).where(r.message.in_(ids)).values(patient=gone))
    tx.execute(delete(moved_table).where(v.gone == gone, v.kept == kept))
