"""The plugin: what careline is offered under the name ``his_webservice``."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

from careline.clinic import Stay
from careline.hooks import (
    Act,
    Command,
    ExportPart,
    HealthCheck,
    Permission,
    hook,
)
from careline.plugins import Core, Demo, OfParts, Plugin
from careline_his_webservice import specs
from careline_his_webservice.acts import ACTS
from careline_his_webservice.adapters.embedded.outpatients import Outpatients
from careline_his_webservice.adapters.embedded.rolling import Rolling
from careline_his_webservice.adapters.hl7.forgetting import Forgetting
from careline_his_webservice.admin.pages import AdminPart
from careline_his_webservice.calling.exchanges import ExchangeLog
from careline_his_webservice.calling.thinning import Thinning
from careline_his_webservice.campuses import Campuses
from careline_his_webservice.cli import commands
from careline_his_webservice.config import Config, embedded_settings
from careline_his_webservice.demo.putting import CONFIG, put_hospital
from careline_his_webservice.hooks import Answers
from careline_his_webservice.info.pages import InfoPart
from careline_his_webservice.state import health_of
from careline_his_webservice.stays import Stays

PERMISSIONS = (
    Permission(
        name="his_webservice.info",
        title="See hospital information",
        roles=("agent", "leader", "manager"),
    ),
    Permission(name="his_webservice.admin", title="See the state of hospital systems"),
)


class HisWebservice(OfParts, Answers):
    """Builds the parts."""

    def __init__(self, core: Core, config: Config) -> None:
        self.core = core
        self.config = config
        self.exchanges = ExchangeLog(core.db, core.clock, core.tasks)
        self.campuses = Campuses(core, config, self.exchanges)
        self.stays = Stays(core, self.campuses.telling_stays)
        self.outpatients = Outpatients(core)
        self.parts = [
            Thinning(core, config.keep_days),
            self.stays,
            Forgetting(core),
            Rolling(core, embedded_settings(config)),
            self.campuses,
            AdminPart(core, self.campuses),
            InfoPart(core, self.campuses),
        ]

    async def stop(self) -> None:
        """Stop them, the last first, and store what is still to be stored."""
        await super().stop()
        await self.exchanges.written()

    @hook
    def permissions(self) -> Sequence[Permission]:
        """What roles may be allowed to do here."""
        return PERMISSIONS

    @hook
    def acts(self) -> Sequence[Act]:
        """What is written down of hospital information and of systems."""
        return ACTS

    @hook
    def commands(self) -> Sequence[Command]:
        """``careline his``."""
        return commands(self.core, self.config)

    @hook
    async def health(self) -> Sequence[HealthCheck]:
        """One check for each campus; nobody is asked for it."""
        known = set(self.core.campuses.directory.campuses)
        lang = self.core.settings.language
        return [health_of(one, known, lang) for one in self.campuses.by_name.values()]

    @hook
    async def stay_of(self, stay_id: str) -> Stay | None:
        """One stay in words."""
        return await self.stays.stay_of(stay_id)

    @hook
    async def stays_left(self, since: datetime, after: str, most: int) -> Sequence[Stay]:
        """Stays that ended since then, page by page."""
        return await self.stays.left_since(since, after, most)

    @hook
    async def stays_in(self, after: str, most: int) -> Sequence[Stay]:
        """Who lies in the hospitals."""
        return await self.stays.open_ones(after, most)

    @hook
    async def export_patient(self, patient_id: int) -> Sequence[ExportPart]:
        """A patient's stays, and records of the embedded system."""
        stays = await self.stays.export_patient(patient_id)
        return [*stays, *await self.outpatients.export_patient(patient_id)]

    @hook
    async def erase_patient(self, patient_id: int) -> None:
        """Remove both; exchanges are masked, and gone in a few days."""
        await self.stays.erase_patient(patient_id)
        await self.outpatients.erase_patient(patient_id)


plugin = Plugin(
    name="his_webservice",
    title="Hospital information systems",
    version="0.1",
    hooks=HisWebservice,
    config=Config,
    specs=specs,
    migrations=Path(__file__).parent / "migrations",
    demo=Demo(config=CONFIG, put=put_hospital),
)
