"""Coroutines run to their end without a reactor."""

from __future__ import annotations

import pytest
from twisted.internet.defer import Deferred

from careline.clock import Clock
from careline.errors import Invalid
from careline.setup.waiting import Blocking, at_once, wait_for


async def slowly(clock: Clock) -> str:
    await clock.sleep(0.01)
    await clock.sleep(0.01)
    return await at_once(lambda a, b: a + b, "a", "b")


def test_timers_fire_and_the_result_comes() -> None:
    clock = Clock(Blocking())
    assert wait_for(clock, slowly(clock)) == "ab"
    assert clock.seconds() >= 0.02


def test_an_error_comes_as_it_is() -> None:
    async def fails() -> None:
        raise Invalid("a.b", "wrong")

    with pytest.raises(Invalid):
        wait_for(Clock(Blocking()), fails())


def test_what_can_never_end_is_told() -> None:
    async def stuck() -> None:
        await Deferred()

    with pytest.raises(RuntimeError):
        wait_for(Clock(Blocking()), stuck())
