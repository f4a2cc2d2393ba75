"""The plugin: what careline is offered under the name ``followup``."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from careline.hooks import (
    Act,
    Command,
    ExportPart,
    HealthCheck,
    InboundMessage,
    Permission,
    Purpose,
    TimelineEntry,
    hook,
)
from careline.plugins import Demo, OfParts, Plugin
from careline_followup import cli, specs
from careline_followup.acts import ACTS
from careline_followup.config import FollowupConfig
from careline_followup.demo import put_demo
from careline_followup.ivr.part import IvrPart, demo_flows, demo_kinds
from careline_followup.keeping import Keeping
from careline_followup.link.part import LinkPart
from careline_followup.pages.part import PagesPart
from careline_followup.reports.part import ReportsPart
from careline_followup.services import build
from careline_followup.starter import put_starters
from careline_followup.work import Work

PERMISSIONS = (
    Permission(
        name="followup.view",
        title="See follow-ups",
        roles=("agent", "leader", "manager"),
    ),
    Permission(
        name="followup.work",
        title="Ask patients, write down their answers",
        roles=("agent", "leader"),
    ),
    Permission(
        name="followup.ward",
        title="See and look after red flags, ask for the ward",
        roles=("leader", "manager"),
    ),
    Permission(
        name="followup.cancel",
        title="Cancel follow-ups, hand them to the ward",
        roles=("leader", "manager"),
    ),
    Permission(
        name="followup.edit",
        title="Change plans and questionnaires, import lists",
        roles=("manager",),
    ),
    Permission(
        name="followup.report",
        title="See coverage and collated answers",
        roles=("leader", "manager"),
    ),
)
PURPOSES = (
    Purpose(name="followup", title="Follow-up"),
    Purpose(name="followup_flag", title="red flag told to the ward"),
    Purpose(name="followup_late", title="overdue follow-ups told to leaders"),
)


class Followup(OfParts):
    """Builds the parts, each of :class:`careline_followup.services.Services`."""

    def __init__(self, core: Any, config: FollowupConfig) -> None:
        self.services = build(core, config)
        self._keeping = Keeping(core, self.services.plans, self.services.moves)
        self.work = Work(self.services, self._keeping)
        pages = PagesPart(self.services)
        self._numbers = pages.numbers
        others = (part(self.services) for part in (IvrPart, LinkPart, ReportsPart))
        self.parts = [self.work, pages, *others]

    async def start(self) -> None:
        """Read plans and questionnaires; in a new house put those that are shipped."""
        services = self.services
        await services.core.db.run(put_starters, services.core.clock.now())
        await services.surveys.load()
        await services.plans.load()
        await services.lists.sweep()
        await super().start()

    # What the plugin brings

    @hook
    def permissions(self) -> Sequence[Permission]:
        """See, work, ward, cancel, edit, report."""
        return PERMISSIONS

    @hook
    def acts(self) -> Sequence[Act]:
        """What is written down of follow-ups."""
        return ACTS

    @hook
    def purposes(self) -> Sequence[Purpose]:
        """What its calls and messages are for."""
        return PURPOSES

    @hook
    def commands(self) -> Sequence[Command]:
        """``careline followup``."""
        return cli.commands(self.services)

    # What has happened

    @hook(optionalhook=True)
    async def patient_discharged(self, stay_id: str) -> None:
        """A patient has left: the case and its tasks."""
        await self.services.cases.discharged(stay_id)

    @hook(optionalhook=True)
    async def patient_admitted(self, stay_id: str) -> None:
        """A patient has come back: nobody calls at home."""
        await self.services.cases.admitted(stay_id)

    @hook(optionalhook=True)
    async def admission_cancelled(self, stay_id: str) -> None:
        """The patient has not come after all."""
        await self.services.cases.admission_cancelled(stay_id)

    @hook
    async def outbound_settled(self, key: str, outcome: str) -> None:
        """A call is over."""
        await self.services.settling.outbound_settled(key, outcome)

    @hook
    async def outbound_released(self, key: str) -> None:
        """A call is no more one agent's own."""
        await self.services.settling.outbound_released(key)

    @hook
    async def message_settled(self, message_id: str, delivered: bool) -> None:
        """A message has arrived or failed."""
        await self.services.settling.message_settled(message_id, delivered)
        await self.services.flags.settled(message_id, delivered)

    @hook
    async def message_replied(self, reply: InboundMessage) -> str | None:
        """A ward says that it has seen a red flag."""
        return await self.services.flags.replied(reply)

    @hook
    async def erase_patient(self, patient_id: int) -> None:
        """Nothing says any more with whom it was."""
        await self._keeping.erase(patient_id)

    @hook
    async def patients_merged(self, kept: int, gone: int) -> None:
        """Cases of both are of one."""
        await self._keeping.merge(kept, gone)

    @hook
    async def patients_unmerged(self, kept: int, gone: int) -> None:
        """And of two again."""
        await self._keeping.unmerge(kept, gone)

    # What others ask

    @hook
    async def number_behind(self, shown: str, visit: Any) -> str | None:
        """A patient's number that a page shows masked, for who may see the follow-up."""
        return await self._numbers.behind(shown, visit)

    @hook
    async def health(self) -> Sequence[HealthCheck]:
        """Red flags nobody has seen, tasks that do not begin, discharges without a plan."""
        return await self._keeping.health()

    @hook
    async def patient_timeline(self, patient_id: int) -> Sequence[TimelineEntry]:
        """A patient's contacts."""
        return await self._keeping.timeline(patient_id)

    @hook
    async def export_patient(self, patient_id: int) -> Sequence[ExportPart]:
        """All that is kept of a patient."""
        return await self._keeping.export(patient_id)


plugin = Plugin(
    name="followup",
    title="Follow-up",
    version="0.1",
    hooks=Followup,
    config=FollowupConfig,
    migrations=Path(__file__).parent / "migrations",
    specs=specs,
    demo=Demo(put=put_demo, flows=demo_flows, kinds=demo_kinds),
)
