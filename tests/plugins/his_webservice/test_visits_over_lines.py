"""Appointments through both plugins on systems that careline did not write: HL7 v2 and FHIR."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
from tests.plugins.his_webservice.fhir.hospital import DAY
from tests.plugins.his_webservice.fhir.test_server import Hospital
from tests.support.both_plugins import Both
from tests.support.counterparts import Running, start

from careline.clinic import Order, Person, VisitState
from careline.clock import Clock
from careline.storage import open_database
from careline.tasks import Tasks
from careline.testing import Spinner, on_reactor
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


async def opened(spin: Spinner, folder: Path, hl7: Running, fhir: str) -> Both:
    clock = Clock(spin.clock.reactor, lambda: NOW)
    both = Both(open_database("sqlite://", clock=clock, tasks=Tasks()), clock, folder)
    both.core.reactor = spin.reactor
    line = Hl7Settings("127.0.0.1", hl7.port, reads="embedded")
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


def _order(booking: Any) -> Order:
    return Order(
        key=booking.key, campus=booking.campus, department=booking.department,
        doctor=booking.doctor, clinic=booking.clinic, slot=booking.slot, day=booking.day,
        start=booking.start, person=Person(id=1, name="x"),
    )  # fmt: skip
