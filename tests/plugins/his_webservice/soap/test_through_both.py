"""Appointments through both plugins on a SOAP system: answers that are lost are found again."""

from __future__ import annotations

import json
import urllib.request
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from tests.support.both_plugins import Both
from tests.support.counterparts import Running, start

from careline.clock import Clock
from careline.errors import Refused
from careline.storage import open_database
from careline.tasks import Tasks
from careline.testing import Spinner, on_reactor
from careline_appointments.booking.steps import HOLD
from careline_appointments.model import Booking, BookingState, Source, Wish
from careline_his_webservice.adapters.soap.settings import SoapSettings
from careline_his_webservice.config import CampusSettings

pytestmark = pytest.mark.integration

NOW = datetime(2026, 11, 22, 1, tzinfo=UTC)
DAY = date(2026, 11, 23)
STYLES = {"main": ("typed", "typed", "Book"), "east": ("call_service", "his", "2001")}


@pytest.fixture(scope="module")
def process() -> Iterator[Running]:
    running = start("soap.mjs")
    yield running
    running.stop()


@pytest.fixture
def engine(process: Running) -> Running:
    """A hospital without a past for each test."""
    control(process, "?reset", mode="none")
    assert control(process)["bookings"] == []
    return process


def control(engine: Running, asked: str = "", /, **fault: Any) -> Any:
    body = json.dumps(fault).encode() if fault else None
    url = f"http://127.0.0.1:{engine.port}/control{asked}"
    with urllib.request.urlopen(url, body, 10) as answer:
        return json.load(answer)


def standing(engine: Running, slot: str) -> int:
    kept = control(engine)["bookings"]
    return sum(one["slot"] == slot and one["state"] == "booked" for one in kept)


@asynccontextmanager
async def opened(
    spin: Spinner, folder: Path, engine: Running, passed: Sequence[timedelta] = (timedelta(),)
) -> AsyncIterator[Both]:
    clock = Clock(spin.clock.reactor, lambda: NOW + passed[0])
    both = Both(open_database("sqlite://", clock=clock, tasks=Tasks()), clock, folder)
    both.core.reactor = spin.reactor
    both._settings = {
        campus: CampusSettings(
            kind="soap",
            cache_s=0,
            soap=SoapSettings(
                wsdl=f"http://127.0.0.1:{engine.port}/{path}?wsdl",
                style=style,
                mapping=f"careline:{style}",
            ),
        )
        for campus, (style, path, _) in STYLES.items()
    }
    await both.open(DAY)
    try:
        yield both
    finally:
        control(engine, mode="none")
        await both.close()


async def wish(both: Both, campus: str) -> Wish:
    """A free slot of a campus for the first patient of the demonstration."""
    (week,) = await both.services.schedules.days(DAY, 1, campus)
    assert week.available, week.reason
    slot = next(one for one in week.slots if one.left)
    clinic = next(one for one in week.clinics if one.code == slot.clinic)
    return Wish.of(clinic, slot, patient=1, source=Source.AGENT, by="zhang")


@pytest.mark.parametrize("campus", STYLES)
@on_reactor()
async def test_a_lost_answer_is_unsure_then_booked_then_cancelled(
    campus: str, spin: Spinner, tmp_path: Path, engine: Running
) -> None:
    async with opened(spin, tmp_path, engine) as both:
        wanted = await wish(both, campus)
        control(engine, mode="drop", times=1, what=STYLES[campus][2])
        unsure: Booking = await both.services.booker.book(wanted)
        assert unsure.state is BookingState.UNSURE
        sure = await both.appointments.work.settler.look(unsure)
        assert sure.state is BookingState.BOOKED
        assert sure.reference
        assert standing(engine, sure.slot) == 1
        gone = await both.services.booker.cancel(sure.id, "改期", by="zhang", source=Source.AGENT)
        assert gone.state is BookingState.CANCELLED
        assert standing(engine, sure.slot) == 0


@pytest.mark.parametrize("campus", STYLES)
@on_reactor()
async def test_an_order_given_up_takes_no_later_visit_along(
    campus: str, spin: Spinner, tmp_path: Path, engine: Running
) -> None:
    """A system without keys tells visits by patient and slot: the second is not the first's."""
    passed = [timedelta()]
    async with opened(spin, tmp_path, engine, passed) as both:
        wanted = await wish(both, campus)
        control(engine, mode="drop-before", times=1, what=STYLES[campus][2])
        lost: Booking = await both.services.booker.book(wanted)
        assert lost.state is BookingState.UNSURE
        settler = both.appointments.work.settler
        passed[0] = 2 * HOLD
        failed = await settler.look(lost)
        assert failed.state is BookingState.FAILED
        second: Booking = await both.services.booker.book(wanted)
        assert second.state is BookingState.BOOKED
        await settler.look(failed)
        assert standing(engine, second.slot) == 1


@on_reactor()
async def test_a_stopped_clinic_says_so_in_their_words(
    spin: Spinner, tmp_path: Path, engine: Running
) -> None:
    async with opened(spin, tmp_path, engine) as both:
        wanted = await wish(both, "main")
        reply = await both.hub.stop_clinic(campus="main", clinic=wanted.clinic, reason="生病")
        assert reply.verdict.value == "cancelled"
        with pytest.raises(Refused, match="已停诊"):
            await both.services.booker.book(wanted)
