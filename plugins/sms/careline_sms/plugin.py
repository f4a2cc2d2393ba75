"""The plugin: what careline is offered under the name ``sms``."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from careline.clinic import Notice
from careline.hooks import (
    Act,
    Command,
    Delivery,
    ExportPart,
    HealthCheck,
    OutboundMessage,
    Permission,
    Purpose,
    TimelineEntry,
    hook,
)
from careline.i18n import Text
from careline.plugins import Core, Demo, OfParts, Plugin
from careline_sms import specs
from careline_sms.cli import commands
from careline_sms.config import SmsConfig
from careline_sms.demo import CONFIG, put_demo
from careline_sms.keeping import Keeping
from careline_sms.occasions.part import OccasionsPart
from careline_sms.occasions.starters import STARTERS
from careline_sms.pages.acts import ACTS
from careline_sms.pages.part import PagesPart
from careline_sms.pages.words import PURPOSES
from careline_sms.patients import PatientData
from careline_sms.permissions import PERMISSIONS
from careline_sms.receipts import Receipts
from careline_sms.replies.service import Replies
from careline_sms.sending.claiming import Claiming
from careline_sms.sending.endings import Endings
from careline_sms.sending.lines import Lines
from careline_sms.sending.sender import Sender
from careline_sms.sending.settling import Settling
from careline_sms.sending.silence import Silence
from careline_sms.service import Messages
from careline_sms.services import Services
from careline_sms.templating.service import Templates
from careline_sms.ways import Intake, Ways

UNWANTED = Text("it was not needed any more")


class Sms(OfParts):
    """Builds the parts."""

    def __init__(self, core: Core, config: SmsConfig) -> None:
        self._core = core
        endings, lines = Endings(core), Lines()
        receipts = Receipts(core, endings)
        self.templates = Templates(core, config, lines, STARTERS)
        self.ways = Ways(core, config, lines)
        settling = Settling(lines, endings, receipts)
        self.sender = Sender(core, config, lines, Claiming(core, endings), settling)
        self.messages = Messages(core, config, self.templates, lines, endings, self.sender.poke)
        self.services = Services(
            core=core,
            config=config,
            messages=self.messages,
            templates=self.templates,
            gateways=lines,
        )
        self.occasions = OccasionsPart(self.services)
        self.replies = Replies(core, config, self.messages, self.occasions.replied)
        self.ways.intake = Intake(receipts, self.replies)
        self.ways.poke = self.sender.poke
        self._patients = PatientData(core, endings)
        self._keeping = Keeping(core, config, lines)
        self.parts = [
            self.templates,
            self.ways,
            self.sender,
            self.replies,
            self.occasions,
            PagesPart(self.services),
            self._keeping,
            Silence(core, config, endings),
        ]

    @hook
    def permissions(self) -> Sequence[Permission]:
        """What roles may be allowed."""
        return PERMISSIONS

    @hook
    def acts(self) -> Sequence[Act]:
        """What its deeds are called in the audit log."""
        return ACTS

    @hook
    def purposes(self) -> Sequence[Purpose]:
        """What its messages are for."""
        return [Purpose(name=one, title=title.msgid) for one, title in PURPOSES.items()]

    @hook
    def commands(self) -> Sequence[Command]:
        """``careline sms``."""
        return commands(self.services)

    @hook
    async def deliver(self, message: OutboundMessage) -> Delivery | None:
        """Take a message over, once for each id."""
        return await self.messages.deliver(message)

    @hook
    async def message_unwanted(self, message_id: str) -> None:
        """Keep a message back that waits."""
        await self._core.db.run(self.messages.withdraw, message_id, UNWANTED.msgid)

    @hook
    async def health(self) -> Sequence[HealthCheck]:
        """Gateways, what waits, what is uncertain."""
        return await self._keeping.health()

    # Patients

    @hook
    async def patient_timeline(self, patient_id: int) -> Sequence[TimelineEntry]:
        """A patient's messages."""
        return await self._patients.timeline(patient_id)

    @hook
    async def export_patient(self, patient_id: int) -> Sequence[ExportPart]:
        """A patient's messages and replies."""
        return await self._patients.export(patient_id)

    @hook
    async def erase_patient(self, patient_id: int) -> None:
        """Forget to whom they went and what they said."""
        await self._patients.erase(patient_id)

    @hook
    async def patients_merged(self, kept: int, gone: int) -> None:
        """Messages of both are of one."""
        await self._patients.merge(kept, gone)

    @hook
    async def patients_unmerged(self, kept: int, gone: int) -> None:
        """And of two again."""
        await self._patients.unmerge(kept, gone)

    # Visits, of the plugin appointments

    @hook(optionalhook=True)
    async def appointment_booked(self, booking_id: int) -> None:
        """Confirm it, and plan the reminder."""
        await self.occasions.visits.booked(booking_id)

    @hook(optionalhook=True)
    async def appointment_rescheduled(self, booking_id: int) -> None:
        """Tell the new time."""
        await self.occasions.visits.rescheduled(booking_id)

    @hook(optionalhook=True)
    async def appointment_failed(self, booking_id: int) -> None:
        """Tell that it will not be."""
        await self.occasions.visits.failed(booking_id)

    @hook(optionalhook=True)
    async def appointment_cancelled(self, booking_id: int) -> None:
        """No reminder; tell it."""
        await self.occasions.visits.cancelled(booking_id)

    @hook(optionalhook=True)
    async def appointment_kept(self, booking_id: int) -> None:
        """It stands."""
        await self.occasions.visits.kept(booking_id)

    @hook(optionalhook=True)
    async def clinic_stopped(self, stop_id: int, booking_ids: list[int]) -> None:
        """Tell each not to come."""
        await self.occasions.visits.stopped(stop_id, booking_ids)

    @hook(optionalhook=True)
    async def stop_notices(self, stop_id: int) -> Sequence[Notice]:
        """Who was told of a stop."""
        return await self.occasions.visits.notices(stop_id)

    @hook(optionalhook=True)
    async def clinic_reopened(self, stop_id: int, booking_ids: list[int]) -> None:
        """Tell each to come after all."""
        await self.occasions.visits.reopened(stop_id, booking_ids)

    @hook(optionalhook=True)
    async def slot_offered(self, waiter_id: int) -> None:
        """Tell who waits of a number that has become free."""
        await self.occasions.visits.offered(waiter_id)


plugin = Plugin(
    name="sms",
    title="Text messages",
    version="0.1",
    hooks=Sms,
    config=SmsConfig,
    specs=specs,
    migrations=Path(__file__).parent / "migrations",
    demo=Demo(config=CONFIG, put=put_demo),
)
