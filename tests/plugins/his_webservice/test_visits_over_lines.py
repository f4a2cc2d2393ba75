"""Appointments through both plugins on systems that careline did not write: HL7 v2 and FHIR."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
from hl7.client import MLLPClient
from tests.plugins.his_webservice.fhir.hospital import DAY
from tests.plugins.his_webservice.fhir.test_server import Hospital
from tests.support.both_plugins import Both
from tests.support.counterparts import Running, start
from twisted.internet.threads import deferToThread

from careline.clinic import Order, Person, VisitState
from careline.clock import Clock
from careline.storage import open_database
from careline.tasks import Tasks
from careline.testing import Spinner, on_reactor
from careline.testing.ports import free_port
from careline_appointments.model import BookingState, Source, Wish
from careline_his_webservice.adapters.fhir.settings import FhirSettings
from careline_his_webservice.adapters.hl7.settings import Hl7Settings
from careline_his_webservice.config import CampusSettings

pytestmark = pytest.mark.integration

NOW = datetime(2026, 11, 23, 1, tzinfo=UTC)


@pytest.fixture(scope="module")
def systems() -> Iterator[tuple[Running, Running]]:
    running = start("hl7_server.mjs"), start("fhir.mjs")
    yield running
    for one in running:
        one.stop()


async def opened(spin: Spinner, folder: Path, hl7: Running, fhir: str, **more: Any) -> Both:
    clock = Clock(spin.clock.reactor, lambda: NOW)
    both = Both(open_database("sqlite://", clock=clock, tasks=Tasks()), clock, folder)
    both.core.reactor = spin.reactor
    line = Hl7Settings("127.0.0.1", hl7.port, reads="embedded", **more)
    both._settings = {
        "main": CampusSettings(kind="hl7", hl7=line),
        "east": CampusSettings(kind="fhir", fhir=FhirSettings(fhir)),
    }
    await both.open(date(2026, 11, 23))
    return both


async def booked(both: Both, campus: str) -> Any:
    """The first free slot of a campus for the first patient of the demonstration."""
    (week,) = await both.services.schedules.days(DAY, 1, campus)
    assert week.available, week.reason
    slot = next(one for one in week.slots if one.left)
    clinic = next(one for one in week.clinics if one.code == slot.clinic)
    wish = Wish.of(clinic, slot, patient=1, source=Source.AGENT, by="zhang")
    return await both.services.booker.book(wish)


@on_reactor()
async def test_a_patient_books_and_cancels_on_every_line(
    spin: Spinner, tmp_path: Path, systems: tuple[Running, Running]
) -> None:
    hl7, fhir = systems
    hospital = Hospital(fhir)
    both = await opened(spin, tmp_path, hl7, hospital.base)
    booker = both.services.booker
    try:
        by_line, by_fhir = await booked(both, "main"), await booked(both, "east")
        assert [by_line.state, by_fhir.state] == [BookingState.BOOKED] * 2
        assert hl7.line().startswith(f"S12 {by_line.key} ")
        assert hospital.appointments("booked") == 1
        assert by_fhir.department_name == "心血管内科"
        assert by_fhir.doctor_name == "李珅"
        for one in (by_line, by_fhir):
            gone = await booker.cancel(one.id, "改期", by="zhang", source=Source.AGENT)
            assert gone.state is BookingState.CANCELLED
        assert hospital.appointments("booked") == 0
        assert hospital.status(by_fhir.slot) == "free"
        order = await both.hub.visit_state(order=_order(by_fhir), reference="")
        assert order.state is VisitState.CANCELLED
    finally:
        await both.close()


@on_reactor()
async def test_what_the_hospital_cancels_is_cancelled_here(
    spin: Spinner, tmp_path: Path, systems: tuple[Running, Running]
) -> None:
    hl7, fhir = systems
    port = free_port()
    both = await opened(spin, tmp_path, hl7, Hospital(fhir).base, listen_port=port)
    jobs: list[tuple[str, Any]] = []
    both.hub._outbox = lambda _, kind, args: jobs.append((kind, args))
    try:
        visit = await booked(both, "main")
        message = (
            "MSH|^~\\&|HIS|MAIN|CARELINE|main|20261123100000||SIU^S15^SIU_S12|H7|P|2.5\r"
            f"SCH|{visit.key}^CARELINE|R1||||S15|^医生会诊|||||||||HIS||||HIS\r"
        )
        assert "MSA|AA|H7" in await deferToThread(_send, port, message)
        for kind, arguments in jobs:
            if "his_visit_cancelled" in kind:
                await both.hub.durable_handlers("appointments")[kind](arguments, None)
        after = await both.services.booker.get(visit.id)
        assert after.state is BookingState.CANCELLED
        assert "医生会诊" in after.reason
    finally:
        await both.close()


def _send(port: int, message: str) -> str:
    with MLLPClient("127.0.0.1", port) as client:
        answer: bytes = client.send_message(message)
    return answer.decode()


def _order(booking: Any) -> Order:
    return Order(
        key=booking.key, campus=booking.campus, department=booking.department,
        doctor=booking.doctor, clinic=booking.clinic, slot=booking.slot, day=booking.day,
        start=booking.start, person=Person(id=1, name="x"),
    )  # fmt: skip
