"""Links that patients answer by: a secret of 128 bits, good for one questionnaire and some days."""

from __future__ import annotations

import hashlib
import secrets
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Column, Index, String, Table, delete, insert, select, update

from careline.errors import NotFound
from careline.storage import BigId, Tx, UTCDateTime, metadata
from careline_followup.config import FollowupConfig
from careline_followup.tasks import store as tasks
from careline_followup.tasks.model import State, Task

BYTES = 16
#: Longer than any token of ours: what is longer is not looked up.
LONGEST = 64
#: Tasks that are still answered over a link.
ASKED = (State.PLANNED, State.DUE, State.RUNNING, State.WITH_WARD, State.UNREACHABLE)

link_table = Table(
    "followup_link",
    metadata,
    # Who reads the table cannot answer for anybody.
    Column("digest", String(64), primary_key=True),
    Column("task", BigId, nullable=False),
    Column("ends", UTCDateTime, nullable=False),
    Column("spent", UTCDateTime),
    Index("ix_followup_link_task", "task"),
)
k = link_table.c


class Links:
    """Makes links and opens them; ``core`` is a ``careline.plugins.Core``."""

    def __init__(self, core: Any, config: FollowupConfig) -> None:
        self._core = core
        self._config = config

    def url(self, token: str) -> str:
        """What stands in the message."""
        return f"{self._config.public_url}/f/{token}"

    def make(self, tx: Tx, task_id: int) -> str:
        """A new token for a task; those given before stay good."""
        token = secrets.token_urlsafe(BYTES)
        ends = self._core.clock.now() + timedelta(days=self._config.link_days)
        tx.execute(insert(link_table).values(digest=_digest(token), task=task_id, ends=ends))
        return token

    async def open(self, token: str) -> Task:
        """The task of a token; NotFound for a guess, a spent one, one whose time or task is over.

        All of them look alike, so that guessing teaches nothing.
        """
        found: Task = await self._core.db.run(self._open, token)
        return found

    async def spend(self, token: str) -> None:
        """All links of the token's task lead nowhere from now on."""
        await self._core.db.run(self._spend, token)

    def _open(self, tx: Tx, token: str) -> Task:
        row = tx.one(select(link_table).where(k.digest == _digest(token[:LONGEST])))
        now = self._core.clock.now()
        if row is None or row.spent is not None or row.ends <= now:
            raise _nothing()
        task = tasks.get(tx, row.task)
        if task.state not in ASKED:
            raise _nothing()
        return task

    def _spend(self, tx: Tx, token: str) -> None:
        task = tx.scalar(select(k.task).where(k.digest == _digest(token[:LONGEST])))
        if task is not None:
            mine = (k.task == task, k.spent.is_(None))
            tx.execute(update(link_table).where(*mine).values(spent=self._core.clock.now()))


def forget(tx: Tx, before: datetime) -> int:
    """Delete links that ended before; gives how many."""
    return tx.execute(delete(link_table).where(k.ends < before)).rowcount


def forget_tasks(tx: Tx, ids: list[int]) -> None:
    """Delete the links of these tasks."""
    tx.execute(delete(link_table).where(k.task.in_(ids)))


def _digest(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


def _nothing() -> NotFound:
    return NotFound("followup.no_link", "This link is not valid any more.")
