"""What may be dialled, on which trunk, and that no full number gets into the log."""

from __future__ import annotations

from types import SimpleNamespace

import pytest
from attrs import evolve
from twisted.logger import capturedLogs, formatEvent

from careline.campuses.model import Trunk
from careline.routing.service import Routing
from careline.setup.demo import TRUNK


def routing(*trunks: Trunk) -> Routing:
    directory = SimpleNamespace(trunks={trunk.id: trunk for trunk in trunks})
    return Routing(None, SimpleNamespace(directory=directory), None)


@pytest.mark.parametrize("number", ["13800001111", "+8613800001111", "120", "10086", "4001234567"])
def test_numbers_of_this_country_are_dialled(number: str) -> None:
    dialled = routing(TRUNK).dial_string(number, TRUNK.id)
    assert dialled.startswith("PJSIP/")
    assert dialled.endswith(f"@{TRUNK.id}")


@pytest.mark.parametrize(
    "number",
    [
        *("+447911123456", "0044 7911 123456", "+85221234567"),  # abroad
        *("+449999999999", "+19999999999"),  # no country can be told from them: 44 and 1 are shared
        *("+881612345678", "+979123456789"),  # satellite, premium rate
        *("", "1", "x", "1001@evil", "13800001111&SIP/x", "PJSIP/1001", "*11"),
    ],
)
def test_nothing_else_is_dialled(number: str) -> None:
    assert routing(TRUNK).dial_string(number, TRUNK.id) == ""


def test_a_trunk_out_of_use_is_passed_over() -> None:
    off = evolve(TRUNK, id="old", enabled=False)
    assert routing(off, TRUNK).dial_string("13800001111", "old").endswith(f"@{TRUNK.id}")
    assert routing(off).dial_string("13800001111", "old") == ""


@pytest.mark.parametrize("number", ["1380000111", "+447911123456"])
def test_the_log_tells_no_full_number(number: str) -> None:
    with capturedLogs() as logged:
        routing(TRUNK).dial_string(number, TRUNK.id)
    [line] = [formatEvent(event) for event in logged]
    assert "not dialled" in line
    assert number.lstrip("+") not in line
