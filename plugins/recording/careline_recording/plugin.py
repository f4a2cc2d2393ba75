"""The plugin: what careline is offered under the name ``recording``."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from careline.calls.model import CallRecord
from careline.hooks import (
    Command,
    ExportPart,
    HealthCheck,
    Permission,
    TimelineEntry,
    hook,
)
from careline.plugins import Core, Demo, OfParts, Plugin
from careline_recording.cli import commands
from careline_recording.config import RecordingConfig
from careline_recording.consent import Consent
from careline_recording.deciding import Deciding
from careline_recording.demo import make_demo
from careline_recording.intake import Intake
from careline_recording.pages.part import RecordingPages
from careline_recording.retention import Purged, Retention
from careline_recording.service import Recordings
from careline_recording.vault import build_vault

PERMISSIONS = (
    Permission(name="recording.download", title="Download recordings", roles=("leader",)),
    Permission(
        name="recording.hold",
        title="Keep recordings from being erased",
        roles=("leader", "manager"),
    ),
)


class Recording(OfParts):
    """Builds the parts."""

    def __init__(self, core: Core, config: RecordingConfig) -> None:
        self.core = core
        self.config = config
        self.vault = build_vault(core.settings.home, config)
        self.consent = Consent(core)
        self.deciding = Deciding(core, config.rules, self.consent)
        self.recordings = Recordings(core, config, self.vault, self.deciding)
        self.intake = Intake(core, config, self.vault, self.consent)
        self.retention = Retention(core, config, self.vault, self.intake)
        self.looks = RecordingPages(core, self.recordings)
        self.parts = [self.consent, self.intake, self.retention, self.looks]

    @hook
    def permissions(self) -> Sequence[Permission]:
        """What roles may be allowed."""
        return PERMISSIONS

    @hook
    def commands(self) -> Sequence[Command]:
        """``careline recording``."""
        return commands(self.core, self.vault, self._purge)

    async def _purge(self, core: Core) -> Purged:
        """Erase what is due, with a reactor of the command's own."""
        retention = Retention(core, self.config, self.vault, self.intake)
        return await retention.purge(core.clock.now())

    @hook
    async def record_call(self, call: CallRecord, agent: str) -> bool:
        """By rule, unless the caller refused."""
        return await self.deciding.record_call(call, agent)

    @hook
    async def call_answered(self, call: CallRecord, agent: str) -> None:
        """What is kept on demand begins as silence."""
        await self.deciding.answered(call, agent)

    @hook
    async def call_ended(self, call_id: str) -> None:
        """Take the talks in."""
        self.deciding.over(call_id)
        await self.intake.call_ended(call_id)

    @hook
    async def health(self) -> Sequence[HealthCheck]:
        """Room, what waits, what was lost."""
        return await self.retention.health()

    @hook
    async def patient_timeline(self, patient_id: int) -> Sequence[TimelineEntry]:
        """A patient's recorded talks."""
        return await self.looks.patient_timeline(patient_id)

    @hook
    async def export_patient(self, patient_id: int) -> Sequence[ExportPart]:
        """A patient's recordings."""
        return await self.retention.export_patient(patient_id)

    @hook
    async def erase_patient(self, patient_id: int) -> None:
        """Erase them."""
        await self.retention.erase_patient(patient_id)


plugin = Plugin(
    name="recording",
    title="Recordings",
    version="0.1",
    hooks=Recording,
    config=RecordingConfig,
    migrations=Path(__file__).parent / "migrations",
    demo=Demo(make=make_demo),
)
