"""Lost property: a step that tells callers where it is kept, and a report of busy hours."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import select

from careline.auth.model import Subject
from careline.calls.model import Direction
from careline.calls.store import call_table
from careline.hooks import Permission, Report, SpokenText, hook
from careline.i18n import Text
from careline.ivr.model import OPERATOR, Answer, Field, FieldType, NodeKind, Prompt, Speech
from careline.ivr.step import Step
from careline.plugins import Core, NoConfig, OfParts, Plugin
from careline.storage import Tx
from careline.web import Asked, Cell, Column, Plot, ReportTable, Series, Visit

SEE = "lost.see"
ASK = SpokenText(
    name="lost-ask",
    zh="查询失物招领，请按1。",
    en="If you have lost something, press 1.",
)
WHERE = SpokenText(
    name="lost-where",
    zh="失物招领处在门诊楼一楼服务台。",
    en="Lost property is kept at the desk on the ground floor.",
)


class LostStep:
    """The step ``lost_ask``, and what it says."""

    def prompts(self) -> list[SpokenText]:
        """Spoken in advance; a hospital may record them in a voice of its own."""
        return [ASK, WHERE]

    def ivr_nodes(self) -> list[NodeKind]:
        """The kind of node, with its fields as people fill them in."""
        then = Field(name="next", type=FieldType.TARGET, title=Text("Then"), required=True)
        return [
            NodeKind(name="lost_ask", title=Text("Lost property"), fields=(then,), run=self.run)
        ]

    async def run(self, step: Step) -> Answer:
        """Ask for one key; the answer is the field by which the caller goes on."""
        language = step.position.language
        key = await step.line.collect([_said(ASK, language)], 1, 5, "")
        if key == "0":
            return OPERATOR
        if key == "1":
            await step.line.play([_said(WHERE, language)], "")
        return "next"


def _said(sentence: SpokenText, language: str) -> Prompt:
    words = sentence.en if language == "en" else sentence.zh
    return Prompt(Speech.NAME, sentence.name, language, words)


class BusyHours:
    """The report: at which hours calls come in."""

    def __init__(self, core: Core) -> None:
        self._core = core

    def reports(self) -> list[Report]:
        """One, which careline shows with its charts and exports as a spreadsheet."""
        return [Report(name="lost_hours", title="Busy hours", permission=SEE, run=self.run)]

    async def run(self, visit: Visit, asked: Asked) -> ReportTable:
        """The days asked for, at the campuses that the visitor may see."""
        zone = self._core.campuses.zone()
        first = datetime.combine(asked.first, datetime.min.time(), zone)
        last = datetime.combine(asked.last, datetime.min.time(), zone) + timedelta(days=1)
        found = await self._core.db.run(began_between, first, last)
        seen = [at for at, campus in found if visit.may(SEE, Subject(campus=campus))]
        hours = Counter(at.astimezone(zone).hour for at in seen)
        rows = [(f"{hour}:00", hours[hour]) for hour in sorted(hours)]
        series = Series(visit._("Calls"), tuple(float(count) for _, count in rows))
        labels = tuple(label for label, _ in rows)
        plot = Plot(title=visit._("Busy hours"), labels=labels, series=(series,))
        return ReportTable(
            columns=(Column(visit._("Hour"), Cell.TEXT), Column(visit._("Calls"))),
            rows=tuple(rows),
            total=(visit._("Sum"), len(seen)),
            plots=(plot,) if rows else (),
        )


def began_between(tx: Tx, first: datetime, last: datetime) -> Sequence[tuple[datetime, str]]:
    """When calls from outside came in, and at which campus."""
    c = call_table.c
    query = select(c.started, c.campus).where(
        c.started >= first, c.started < last, c.direction == Direction.INBOUND
    )
    return [(row.started, row.campus) for row in tx.all(query)]


class Hooks(OfParts):
    """Joins what the parts bring."""

    def __init__(self, core: Core, config: NoConfig) -> None:
        self.parts = [LostStep(), BusyHours(core)]

    @hook
    def permissions(self) -> list[Permission]:
        """Who sees the report; ``roles`` are granted it at first."""
        return [Permission(name=SEE, title="See busy hours", roles=("leader", "manager"))]


plugin = Plugin(
    name="lost",
    title="Lost property",
    version="1.0",
    core=">=0.1,<1",
    api=">=1.0,<2",
    hooks=Hooks,
)
