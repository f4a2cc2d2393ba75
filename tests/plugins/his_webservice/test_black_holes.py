"""Systems from which nothing comes back, not even a refusal; lines that are dead unnoticed."""

from __future__ import annotations

from typing import Any

import pytest
from tests.plugins.his_webservice import grounds
from twisted.internet.defer import Deferred
from twisted.internet.testing import MemoryReactorClock, StringTransport

from careline.clock import Clock
from careline.errors import Unavailable
from careline.testing import run_async
from careline_his_webservice.adapters.fhir.server import Server
from careline_his_webservice.adapters.fhir.settings import FhirSettings
from careline_his_webservice.adapters.hl7.client import Client
from careline_his_webservice.adapters.hl7.frames import framed
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


def test_an_order_is_not_sent_on_a_line_that_was_silent_for_long() -> None:
    reactor: Any = MemoryReactorClock()
    client = Client(reactor, Clock(reactor), "192.0.2.1", 2575, "utf-8")
    lines: list[StringTransport] = []

    def sent(text: str) -> int:
        """On which line it goes; answered at once."""
        asked = Deferred.fromCoroutine(client.send("C1", text))
        reactor.advance(0.1)
        if len(reactor.tcpClients) > len(lines):
            lines.append(StringTransport())
            reactor.tcpClients[-1][2].buildProtocol(None).makeConnection(lines[-1])
        line = client._line
        assert line is not None
        line.dataReceived(framed(b"MSH|^~\\&|HIS|||||||||2.5\rMSA|AA|C1\r"))
        assert asked.called
        return len(lines)

    assert sent("first") == 1
    reactor.advance(50)
    assert sent("soon") == 1
    reactor.advance(50)
    assert sent("soon after that") == 1
    reactor.advance(70)
    assert sent("late") == 2
    assert lines[0].disconnecting
    assert b"late" not in lines[0].value()
