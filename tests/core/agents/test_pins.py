"""PINs cannot be tried out over many calls."""

from __future__ import annotations

import pytest
from twisted.internet.task import Clock as FakeClock

from careline.agents.pins import REST_S, WRONG, PinGuard
from careline.clock import Clock
from careline.errors import Refused


def test_five_wrong_pins_rest_and_then_it_may_be_tried_again() -> None:
    fake = FakeClock()
    guard = PinGuard(Clock(fake))
    for _ in range(WRONG):
        guard.admit("8001")
        guard.wrong("8001")
    with pytest.raises(Refused):
        guard.admit("8001")
    guard.admit("8002")
    fake.advance(REST_S + 1)
    guard.admit("8001")


def test_the_right_pin_forgets_the_wrong_ones() -> None:
    guard = PinGuard(Clock(FakeClock()))
    for _ in range(WRONG - 1):
        guard.wrong("8001")
    guard.right("8001")
    guard.wrong("8001")
    guard.admit("8001")
