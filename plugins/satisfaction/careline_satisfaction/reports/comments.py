"""The report of comments: everything that was said in words, with its score."""

from __future__ import annotations

from typing import Any

from attrs import frozen

from careline.web import Asked, Cell, Column, ReportTable, Visit
from careline_satisfaction.answers.store import Wanted, listed
from careline_satisfaction.eyes import agents_seen
from careline_satisfaction.names import agent_name, queue_names

MOST = 2000


@frozen
class CommentReport:
    """Runs the report for one visitor."""

    core: Any

    async def run(self, visit: Visit, asked: Asked) -> ReportTable:
        """What the visitor may see of these days, the latest first."""
        wanted = Wanted(
            first=asked.first,
            last=asked.last,
            agents=agents_seen(self.core, visit),
            worded=True,
        )
        found = await self.core.db.run(listed, wanted, 0, MOST)
        queues = await queue_names(self.core, visit.language)
        columns = (
            Column(visit._("Day"), Cell.DAY),
            Column(visit._("Agent"), Cell.TEXT),
            Column(visit._("Queue"), Cell.TEXT),
            Column(visit._("Level")),
            Column(visit._("Comment"), Cell.TEXT),
        )
        rows = tuple(
            (
                one.day,
                agent_name(self.core, one.agent),
                queues.get(one.queue, one.queue),
                one.level,
                one.comment,
            )
            for one in found
        )
        return ReportTable(columns=columns, rows=rows)
