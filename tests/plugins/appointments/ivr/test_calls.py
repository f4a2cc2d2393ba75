"""A patient calls, books by keys, hears it and cancels it: on the scripted switch and on Asterisk.

Both plugins run in a real core, the hospital system is the embedded one.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest
from attrs import evolve
from tests.plugins.appointments.ivr.caller import CARDS
from twisted.internet.defer import TimeoutError

from careline.calls import facts as f
from careline.patients.model import Sex
from careline.setup.demo_patients import CALLERS, put_patients
from careline.testing import Spinner, on_reactor
from careline.testing.house import House
from careline.testing.stage import Caller, until
from careline_appointments.model import Booking, BookingState
from careline_appointments.plugin import Appointments
from careline_his_webservice.demo.putting import put_hospital

PLUGINS = ("appointments", "his_webservice")
PATIENT = CALLERS[0][0]


@pytest.fixture(params=["scripted", pytest.param("real", marks=pytest.mark.integration)])
def plugged(
    request: pytest.FixtureRequest, spin: Spinner, spoken_prompts: Path, tmp_path: Path
) -> Iterator[House]:
    """The demonstration hospital with both plugins and the embedded system's clinics."""
    real = request.param == "real"
    tree = request.getfixturevalue("asterisk_tree") if real else None
    made = Booked(spin.reactor, tree, tmp_path / "home", spoken_prompts, PLUGINS)
    spin(made.open())
    yield made
    spin(made.close())
    if real:
        assert made.asterisk.errors() == []


class Booked(House):
    """With patients and four weeks of clinics, before the core begins."""

    async def start_core(self) -> None:
        self.db.run_sync(put_patients)
        self.db.run_sync(put_hospital, date.today())  # noqa: DTZ011 - any day will do
        await super().start_core()
        plugin = plugin_of(self)
        await plugin.services.directory.sync()
        [patient] = await self.app.patients.find("刘桂英")
        await self.app.patients.change(
            evolve(patient, id_card=CARDS[1], birth_date=None, sex=Sex.UNKNOWN)
        )


def plugin_of(house: House) -> Appointments:
    found = house.app.plugins.hooks("appointments")
    assert isinstance(found, Appointments)
    return found


async def bookings(house: House) -> list[Booking]:
    patients = await house.app.patients.find("刘桂英")
    return await plugin_of(house).services.booker.of_patient(patients[0].id)


class Keys:
    """A caller who presses a key once the dialogue stands where it should."""

    def __init__(self, house: House, caller: Caller) -> None:
        self.house, self.caller = house, caller

    async def press(self, key: str, stage: str) -> None:
        """Press ``key`` until the dialogue comes to ``stage``; a key may fall into a gap."""
        for _ in range(5):
            await self.caller.press(key)
            if await self.reaches(stage):
                return
        raise AssertionError(f"{key} did not lead to {stage}")

    async def prove(self, end: str) -> None:
        """Type the end of the id card, until it was heard as a whole."""
        for _ in range(3):
            await self.caller.press(end)
            try:
                await until(self.house.clock, self.is_proved, 6.0, "proved")
            except TimeoutError:
                continue
            return
        raise AssertionError(f"{end} proved nothing")

    def is_proved(self) -> bool:
        came = plugin_of(self.house).ivr.progress.latest
        return came is not None and came.proved

    async def reaches(self, stage: str) -> bool:
        try:
            await until(self.house.clock, lambda: stage in self.stages(), 6.0, stage)
        except TimeoutError:
            return False
        return True

    def stages(self) -> list[str]:
        """Where the dialogue stands, or the node of the flow."""
        came = plugin_of(self.house).ivr.progress.latest
        return [came.stage] if came else []


@on_reactor()
async def test_a_visit_is_booked_and_cancelled_by_keys(plugged: House) -> None:
    caller = await plugged.calls_in(PATIENT)
    keys = Keys(plugged, caller)
    await keys.press("1", "offer")
    await keys.press("2", "departments")
    await keys.press("1", "doctors")
    await keys.press("2", "times")  # the general clinic, on every day
    await keys.press("4", "confirm")  # late enough to be cancelled
    await keys.press("1", "booked")
    [booking] = await bookings(plugged)
    assert booking.state is BookingState.BOOKED
    assert booking.call
    assert booking.reference
    await keys.press("*", "offer")
    await keys.press("3", "query")
    await keys.press("1", "cancel")
    await keys.prove(CARDS[1][-4:])
    await keys.press("1", "cancelled")
    await caller.hang_up()
    await plugged.over()
    [booking] = await bookings(plugged)
    assert booking.state is BookingState.CANCELLED


@pytest.mark.parametrize("plugged", ["scripted"], indirect=True)
@on_reactor()
async def test_without_the_plugin_callers_reach_a_person_as_before(plugged: House) -> None:
    agent = await plugged.agent("8001")
    first = await plugged.calls_in(PATIENT)
    keys = Keys(plugged, first)
    await keys.press("1", "offer")
    await plugged.app.plugins.disable("his_webservice")
    await plugged.app.plugins.disable("appointments")
    await first.press("2")  # in the middle of its dialogue
    await first.press("0")
    await agent.ringing()
    await agent.refuse()
    await first.hang_up()
    second = await plugged.calls_in(PATIENT)
    asked = plugged.happens(f.Stepped, node="choose")
    await second.press("1")
    await asked  # the core's own sub-flow
    queued = plugged.happens(f.Queued, queue="appointments")
    await second.press("0")
    await queued
    await second.hang_up()
