"""Systems behind an address from which nothing comes back, not even a refusal."""

from __future__ import annotations

from typing import Any

import pytest
from tests.plugins.his_webservice import grounds
from twisted.internet.testing import MemoryReactorClock

from careline.clock import Clock
from careline.errors import Unavailable
from careline.testing import run_async
from careline_his_webservice.adapters.fhir.server import Server
from careline_his_webservice.adapters.fhir.settings import FhirSettings
from careline_his_webservice.adapters.hl7.client import Client
from careline_his_webservice.calling.door import Door


def asking(reactor: Any, kind: str) -> Any:
    """A question, or an order, to one of them."""
    clock = Clock(reactor)
    if kind == "hl7":
        return Client(reactor, clock, "192.0.2.1", 2575, "utf-8").send("1", "MSH|")
    ground, _ = grounds.ground(clock, reactor=reactor)
    server = Server(ground, FhirSettings("http://192.0.2.1/fhir"))
    if kind == "fhir":
        return server.read("Slot", "1")
    return server.create({"resourceType": "Appointment"}, "identifier=a")


@pytest.mark.parametrize("kind", ["hl7", "fhir", "fhir order"])
@pytest.mark.parametrize("patience", [2.0, 10.0], ids=["given up", "waited for"])
def test_nothing_was_sent_and_that_is_said(kind: str, patience: float) -> None:
    reactor: Any = MemoryReactorClock()
    door = Door("main", Clock(reactor), 4)
    for _ in range(3):
        with pytest.raises(Unavailable) as told:
            run_async(door.ask(patience, lambda: asking(reactor, kind)), reactor)
        assert told.value.code == "his.unreachable"
    assert len(reactor.tcpClients) == 3
