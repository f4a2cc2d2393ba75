"""Retransmission on a network that loses datagrams, on a fake clock."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from twisted.internet.task import Clock as FakeClock

from careline.clock import Clock
from careline.demo.phone.message import Request, Response, parse, response_to
from careline.demo.phone.transactions import Peer, ServerTransaction, Transactions

STEP = 1 / 64  # exact in binary: timers fire when they are due
A, B = ("127.0.0.1", 1), ("127.0.0.1", 2)


class Wire:
    """Two stacks and the datagrams between them; ``lose(datagram)`` decides which get lost."""

    def __init__(self, serve: Callable[[ServerTransaction], None]) -> None:
        self.fake = FakeClock()
        clock = Clock(self.fake)
        self.sent: list[tuple[float, str]] = []
        self.lose: Callable[[str], bool] = lambda _: False
        self.acks: list[Request] = []
        self.a = Transactions(clock, self._to_b, serve, self.acks.append)
        self.b = Transactions(clock, self._to_a, serve, self.acks.append)

    def _to_b(self, datagram: bytes, peer: Peer) -> None:
        self._carry(datagram, self.b, A)

    def _to_a(self, datagram: bytes, peer: Peer) -> None:
        self._carry(datagram, self.a, B)

    def _carry(self, datagram: bytes, to: Transactions, sender: Peer) -> None:
        message = parse(datagram)
        name = message.method if isinstance(message, Request) else str(message.status)
        self.sent.append((self.fake.seconds(), name))
        if not self.lose(name):
            self.fake.callLater(0, to.received, datagram, sender)

    def times(self, name: str) -> list[float]:
        return [at for at, what in self.sent if what == name]


def request(method: str) -> Request:
    headers = (
        ("Via", "SIP/2.0/UDP 127.0.0.1:1;branch=z9hG4bKq"),
        ("From", "<sip:a@a>;tag=a"),
        ("To", "<sip:b@b>"),
        ("Call-ID", "c"),
        ("CSeq", f"1 {method}"),
    )
    return Request(method, "sip:b@b", headers=headers)


def answer(status: int) -> Callable[[ServerTransaction], None]:
    return lambda server: server.respond(response_to(server.request, status, tag="b"))


def silent(server: ServerTransaction) -> None:
    return None


def outcome(wire: Wire, method: str, seconds: float) -> Response:
    answers: list[Response] = []
    wire.a.request(request(method), B).final.addCallback(answers.append)
    wire.fake.pump([STEP] * int(seconds / STEP))
    [response] = answers
    return response


def test_a_lost_request_is_sent_again() -> None:
    wire = Wire(answer(200))
    lost = iter([True, True])
    wire.lose = lambda name: name == "INFO" and next(lost, False)
    assert outcome(wire, "INFO", 5).status == 200
    assert wire.times("INFO") == pytest.approx([0, 0.5, 1.5])


def test_back_off_of_a_request_that_nobody_hears() -> None:
    """Timers E and F of RFC 3261: T1 doubling up to T2 = 4 s, over after 32 s."""
    wire = Wire(silent)
    wire.lose = lambda _: True
    assert outcome(wire, "OPTIONS", 33).status == 408
    assert wire.times("OPTIONS") == pytest.approx(
        [0, 0.5, 1.5, 3.5, 7.5, 11.5, 15.5, 19.5, 23.5, 27.5, 31.5], abs=0.1
    )


def test_back_off_of_an_invite_that_nobody_hears() -> None:
    """Timers A and B: T1 doubling without a ceiling, over after 32 s."""
    wire = Wire(silent)
    wire.lose = lambda _: True
    assert outcome(wire, "INVITE", 33).status == 408
    assert wire.times("INVITE") == pytest.approx([0, 0.5, 1.5, 3.5, 7.5, 15.5, 31.5], abs=0.1)


def test_a_ringing_invite_is_not_sent_again() -> None:
    wire = Wire(answer(180))
    wire.a.request(request("INVITE"), B)
    wire.fake.pump([0.1] * 600)
    assert wire.times("INVITE") == [0]
    wire.a.close()
    wire.b.close()


def test_a_repeated_request_gets_the_same_answer_and_is_served_once() -> None:
    served: list[ServerTransaction] = []

    def serve(server: ServerTransaction) -> None:
        served.append(server)
        answer(200)(server)

    wire = Wire(serve)
    lost = iter([True, True])
    wire.lose = lambda name: name == "200" and next(lost, False)
    assert outcome(wire, "INFO", 5).status == 200
    assert len(served) == 1
    assert len(wire.times("200")) == 3


def test_a_refusal_is_repeated_until_its_ack_arrives() -> None:
    wire = Wire(answer(486))
    lost = iter([True, True])
    wire.lose = lambda name: name == "ACK" and next(lost, False)
    assert outcome(wire, "INVITE", 10).status == 486
    assert wire.times("486") == pytest.approx([0, 0.5, 1.5], abs=0.2)
    assert len(wire.times("ACK")) == 3
    assert wire.fake.getDelayedCalls() == []


def test_an_answer_that_is_never_acknowledged_is_noticed() -> None:
    noticed: list[bool] = []

    def serve(server: ServerTransaction) -> None:
        server.unacknowledged = lambda: noticed.append(True)
        answer(200)(server)

    wire = Wire(serve)
    wire.lose = lambda name: name == "ACK"
    assert outcome(wire, "INVITE", 33).status == 200
    assert noticed == [True]
    assert wire.times("200")[1:3] == pytest.approx([0.5, 1.5], abs=0.1)


def test_an_ack_of_a_repeated_200_is_repeated() -> None:
    wire = Wire(answer(200))
    client = wire.a.request(request("INVITE"), B)
    ack = request("ACK")
    client.final.addCallback(lambda _: client.acknowledge(ack, B))
    wire.fake.pump([STEP] * 128)
    assert len(wire.times("ACK")) == len(wire.times("200"))
    wire.b.close()


def test_what_ended_long_ago_is_forgotten() -> None:
    wire = Wire(answer(200))
    for _ in range(3):
        outcome(wire, "INFO", 1)
        wire.fake.advance(40)
    assert len(wire.a._clients) == 1
    assert len(wire.b._servers) == 1


@pytest.mark.parametrize(
    "junk", [b"", b"\r\n\r\n", b"\0\0", b"GET / HTTP/1.1\r\n\r\n", b"\xff" * 20]
)
def test_junk_does_no_harm(junk: bytes) -> None:
    wire = Wire(silent)
    wire.a.received(junk, B)
    assert wire.sent == []
