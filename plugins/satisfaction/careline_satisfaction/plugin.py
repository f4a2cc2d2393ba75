"""The plugin: what careline is offered under the name ``satisfaction``."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any

from careline.calls.model import CallRecord
from careline.hooks import (
    Act,
    ExportPart,
    HealthCheck,
    InboundMessage,
    Permission,
    Purpose,
    hook,
)
from careline.ivr.model import Enter
from careline.plugins import Demo, OfParts, Plugin
from careline_satisfaction import specs
from careline_satisfaction.acts import ACTS
from careline_satisfaction.answers.service import Answers
from careline_satisfaction.config import SatisfactionConfig
from careline_satisfaction.demo import put_demo
from careline_satisfaction.ivr.asking import Ground
from careline_satisfaction.ivr.part import IvrPart, demo_flows, demo_kinds
from careline_satisfaction.keeping import Keeping
from careline_satisfaction.messages.part import PURPOSE, MessagesPart
from careline_satisfaction.pages.part import PagesPart
from careline_satisfaction.reports.part import ReportsPart
from careline_satisfaction.survey.book import QueueSurveys

PERMISSIONS = (
    Permission(
        name="satisfaction.own",
        title="See one's own ratings, and ask callers",
        roles=("agent", "leader", "manager"),
    ),
    Permission(
        name="satisfaction.view",
        title="See the ratings of everybody",
        roles=("leader", "manager"),
    ),
    Permission(
        name="satisfaction.edit",
        title="Change surveys",
        roles=("manager",),
    ),
)


class Satisfaction(OfParts):
    """Builds the parts."""

    def __init__(self, core: Any, config: SatisfactionConfig) -> None:
        self.book = QueueSurveys(core.db, core.clock)
        self.answers = Answers(core, self.book, timedelta(days=config.late_days))
        self.ivr = IvrPart(Ground(core, self.book, self.answers), config.flow)
        self.messages = MessagesPart(core, self.book, self.answers, config)
        self._keeping = Keeping(core, self.book, config.flow)
        self.parts = [
            self.ivr,
            self.messages,
            PagesPart(core, self.book, self.answers),
            ReportsPart(core, self.book),
        ]

    async def start(self) -> None:
        """Read the surveys."""
        await self.book.load()
        await super().start()

    @hook
    def permissions(self) -> Sequence[Permission]:
        """One's own, everybody's, change."""
        return PERMISSIONS

    @hook
    def acts(self) -> Sequence[Act]:
        """What its deeds are called in the audit log."""
        return ACTS

    @hook
    def purposes(self) -> Sequence[Purpose]:
        """What its messages are for."""
        return [Purpose(name=PURPOSE, title="satisfaction survey")]

    @hook
    async def after_call(self, call: CallRecord) -> Enter | None:
        """The caller is still there and is asked."""
        return await self.ivr.after_call(call)

    @hook
    async def call_ended(self, call_id: str) -> None:
        """Who hung up first may be asked later."""
        await self.answers.ended(call_id)

    @hook
    async def message_replied(self, reply: InboundMessage) -> str | None:
        """A rating by message."""
        return await self.messages.replied(reply)

    @hook
    async def message_settled(self, message_id: str, delivered: bool) -> None:
        """Who did not get a message was not asked."""
        await self.messages.settled(message_id, delivered)

    @hook
    async def health(self) -> Sequence[HealthCheck]:
        """Surveys that nobody can reach."""
        return await self._keeping.health()

    @hook
    async def export_patient(self, patient_id: int) -> Sequence[ExportPart]:
        """All answers of a patient."""
        return await self._keeping.export(patient_id)

    @hook
    async def erase_patient(self, patient_id: int) -> None:
        """Scores stay for the count of them, of nobody and without words."""
        await self._keeping.erase(patient_id)

    @hook
    async def patients_merged(self, kept: int, gone: int) -> None:
        """Answers of both are of one."""
        await self._keeping.merge(kept, gone)

    @hook
    async def patients_unmerged(self, kept: int, gone: int) -> None:
        """And of two again."""
        await self._keeping.unmerge(kept, gone)


plugin = Plugin(
    name="satisfaction",
    title="Satisfaction",
    version="0.1",
    hooks=Satisfaction,
    config=SatisfactionConfig,
    migrations=Path(__file__).parent / "migrations",
    specs=specs,
    demo=Demo(put=put_demo, flows=demo_flows, kinds=demo_kinds),
)
