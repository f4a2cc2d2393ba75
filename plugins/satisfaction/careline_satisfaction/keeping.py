"""What is kept of patients, and whether surveys can be reached."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Column, Table, delete, insert, select, update

from careline.hooks import ExportPart, HealthCheck, Level
from careline.i18n import Text
from careline.ivr.store import published
from careline.storage import BigId, Tx, metadata
from careline_satisfaction.answers.store import answer_table, reply_table
from careline_satisfaction.survey.book import QueueSurveys

merged_table = Table(
    "satisfaction_merged",
    metadata,
    Column("answer", BigId, primary_key=True, autoincrement=False),
    Column("gone", BigId, primary_key=True, autoincrement=False),
    Column("kept", BigId, nullable=False),
)
REMEDY = Text("Publish a flow of this name with a step satisfaction_survey.")
m, a, r = merged_table.c, answer_table.c, reply_table.c


class Keeping:
    """Answers of patients who are merged, exported or erased; the check of the house."""

    def __init__(self, core: Any, book: QueueSurveys, flow: str) -> None:
        self._db = core.db
        self._book = book
        self._flow = flow

    async def health(self) -> Sequence[HealthCheck]:
        """Somebody shall be asked, and the flow to it is missing."""
        flows = await self._db.run(_flows)
        missing = any(self._book.queues.values()) and self._flow not in flows
        return [
            HealthCheck(
                name="satisfaction_flow",
                title=Text("Way to the survey").msgid,
                level=Level.MINOR if missing else Level.OK,
                detail=self._flow if missing else "",
                remedy=REMEDY.msgid if missing else "",
            )
        ]

    async def merge(self, kept: int, gone: int) -> None:
        """What was of ``gone`` is of ``kept``; told twice it is the same."""
        await self._db.run(_merge, kept, gone)

    async def unmerge(self, kept: int, gone: int) -> None:
        """What came from ``gone`` is of ``gone`` again."""
        await self._db.run(_unmerge, kept, gone)

    async def export(self, patient: int) -> Sequence[ExportPart]:
        """All answers with their words."""
        rows = await self._db.run(_everything, patient)
        return [ExportPart(name="satisfaction", rows=tuple(rows))] if rows else []

    async def erase(self, patient: int) -> None:
        """Forget whose answers they were, and all words."""
        await self._db.run(_erase, patient)


def _flows(tx: Tx) -> set[str]:
    return {one.flow for one in published(tx)}


def _merge(tx: Tx, kept: int, gone: int) -> None:
    ids = tx.scalars(select(a.id).where(a.patient == gone))
    if ids:
        tx.execute(delete(merged_table).where(m.answer.in_(ids), m.gone == gone))
        rows = [{"answer": one, "gone": gone, "kept": kept} for one in ids]
        tx.execute(insert(merged_table), rows)
        tx.execute(update(answer_table).where(a.id.in_(ids)).values(patient=kept))


def _unmerge(tx: Tx, kept: int, gone: int) -> None:
    ids = tx.scalars(select(m.answer).where(m.gone == gone, m.kept == kept))
    if ids:
        tx.execute(update(answer_table).where(a.id.in_(ids)).values(patient=gone))
    tx.execute(delete(merged_table).where(m.gone == gone, m.kept == kept))


def _everything(tx: Tx, patient: int) -> list[dict[str, Any]]:
    found = {
        row.id: {
            "call": row.call,
            "at": row.at.isoformat(),
            "department": row.department,
            "level": row.level,
            "replies": [],
        }
        for row in tx.all(select(answer_table).where(a.patient == patient))
    }
    for row in tx.all(select(reply_table).where(r.answer.in_(found))):
        reply = {"question": row.question, "value": row.value, "text": row.text}
        found[row.answer]["replies"].append(reply)
    return list(found.values())


def _erase(tx: Tx, patient: int) -> None:
    theirs = select(a.id).where(a.patient == patient).scalar_subquery()
    tx.execute(update(reply_table).where(r.answer.in_(theirs)).values(text=""))
    tx.execute(update(answer_table).where(a.patient == patient).values(patient=0))
    tx.execute(delete(merged_table).where((m.kept == patient) | (m.gone == patient)))
