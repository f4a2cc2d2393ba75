"""The plugin: what careline is offered under the name ``appointments``."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, time
from pathlib import Path
from typing import Any

from careline.calls.model import CallRecord
from careline.clinic import Appointment, Offer
from careline.hooks import (
    Act,
    Command,
    ExportPart,
    HealthCheck,
    Permission,
    Refusal,
    TimelineEntry,
    hook,
)
from careline.plugins import Demo, OfParts, Plugin
from careline_appointments import cli, specs
from careline_appointments.acts import ACTS
from careline_appointments.asked import Asked
from careline_appointments.config import AppointmentsConfig
from careline_appointments.demo import Demonstration, put_job
from careline_appointments.desk.part import DeskPart
from careline_appointments.history import History
from careline_appointments.ivr import IvrPart, demo_flows, demo_kinds
from careline_appointments.model import Moved
from careline_appointments.services import build
from careline_appointments.stops.part import StopsPart
from careline_appointments.triage.part import TriagePart
from careline_appointments.work import Work

PERMISSIONS = (
    Permission(
        name="appointments.view",
        title="See appointments",
        roles=("agent", "leader", "manager"),
    ),
    Permission(
        name="appointments.book",
        title="Book and move appointments",
        roles=("agent", "leader"),
    ),
    Permission(
        name="appointments.cancel",
        title="Cancel appointments",
        roles=("agent", "leader"),
    ),
    Permission(
        name="appointments.stop",
        title="Stop clinics",
        roles=("leader",),
    ),
    Permission(
        name="appointments.edit",
        title="Lift blocks, mark missed visits",
        roles=("leader", "manager"),
    ),
)


class Appointments(OfParts):
    """Builds the parts, each of :class:`careline_appointments.services.Services`."""

    def __init__(self, core: Any, config: AppointmentsConfig) -> None:
        self.services = build(core, config)
        self.history = History(self.services)
        self.asked = Asked(self.services)
        self.work = Work(self.services)
        self.triage = TriagePart(core, self.services.directory, config.triage_file)
        self.stops = StopsPart(self.services)
        self.ivr = IvrPart(self.services)
        self.parts = [
            self.work,
            self.ivr,
            DeskPart(self.services, progress=self.ivr.of_call),
            self.triage,
            self.stops,
            Demonstration(self.services),
        ]

    # What the plugin brings

    @hook
    def permissions(self) -> Sequence[Permission]:
        """See, book, cancel, stop, edit."""
        return PERMISSIONS

    @hook
    def acts(self) -> Sequence[Act]:
        """What is written down of bookings and stopped clinics."""
        return ACTS

    @hook
    def commands(self) -> Sequence[Command]:
        """``careline appointment``."""
        return cli.commands(self.services)

    # What others ask

    @hook
    async def appointment_of(self, booking_id: int) -> Appointment | None:
        """One appointment in words."""
        return await self.history.appointment_of(booking_id)

    @hook
    async def book_appointment(
        self, campus: str, day: date, clinic: str, slot: str, patient_id: int, key: str
    ) -> Appointment | Refusal | None:
        """Booked for another plugin."""
        return await self.asked.book(campus, day, clinic, slot, patient_id, key)

    @hook
    async def cancel_appointment(
        self, booking_id: int, reason: str
    ) -> Appointment | Refusal | None:
        """Cancelled for another plugin."""
        return await self.asked.cancel(booking_id, reason)

    @hook(optionalhook=True)
    async def call_department(self, call: CallRecord) -> str | None:
        """What a call was about, for whoever rates it."""
        return await self.asked.department(call)

    @hook
    async def offered_slot(self, waiter_id: int) -> Offer | None:
        """What is offered to somebody who waits."""
        return await self.asked.offer(waiter_id)

    @hook
    async def patient_timeline(self, patient_id: int) -> Sequence[TimelineEntry]:
        """A patient's visits."""
        return await self.history.timeline(patient_id)

    @hook
    async def export_patient(self, patient_id: int) -> Sequence[ExportPart]:
        """All that is kept of a patient."""
        return await self.history.export(patient_id)

    @hook
    async def health(self) -> Sequence[HealthCheck]:
        """Bookings without an answer, campuses without a directory."""
        return await self.history.health()

    # What has happened

    @hook
    async def erase_patient(self, patient_id: int) -> None:
        """Nothing says any more whose visits they were."""
        await self.history.erase(patient_id)

    @hook
    async def patients_merged(self, kept: int, gone: int) -> None:
        """Visits of both are of one."""
        await self.history.merge(kept, gone)

    @hook
    async def patients_unmerged(self, kept: int, gone: int) -> None:
        """And of two again."""
        await self.history.unmerge(kept, gone)

    @hook(optionalhook=True)
    async def his_visit_cancelled(self, campus: str, reference: str, key: str, reason: str) -> None:
        """The hospital cancelled a visit by itself."""
        await self.work.settler.hospital_cancelled(campus, reference, key, reason)

    @hook(optionalhook=True)
    async def his_visit_moved(
        self, campus: str, reference: str, key: str, day: str, start: str, clinic: str, slot: str
    ) -> None:
        """The hospital moved a visit by itself."""
        moved = Moved(
            day=date.fromisoformat(day), start=time.fromisoformat(start), clinic=clinic, slot=slot
        )
        await self.work.settler.hospital_moved(campus, reference, key, moved)

    @hook(optionalhook=True)
    async def his_clinic_stopped(self, campus: str, clinic: str, reason: str) -> None:
        """The hospital stopped a clinic by itself."""
        await self.stops.stopping.from_hospital(campus, clinic, reason)


plugin = Plugin(
    name="appointments",
    title="Appointments",
    version="0.1",
    hooks=Appointments,
    config=AppointmentsConfig,
    migrations=Path(__file__).parent / "migrations",
    specs=specs,
    demo=Demo(put=put_job, flows=demo_flows, kinds=demo_kinds),
)
