"""What the hospital tells: each message once, bad ones answered and left alone."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from tests.plugins.his_webservice.hl7.campus import Told, adapter
from tests.plugins.his_webservice.hl7.test_messages import ADT, ORDER, sent
from twisted.internet.defer import CancelledError
from twisted.internet.task import Clock as FakeClock
from twisted.internet.testing import StringTransport

from careline.clinic import Verdict, VisitState
from careline.clock import Clock
from careline.errors import Refused
from careline.storage import Database
from careline.tasks import Tasks
from careline.testing import run_async
from careline_his_webservice.adapters.hl7 import ledger
from careline_his_webservice.adapters.hl7.ack import Answer, read_answer
from careline_his_webservice.adapters.hl7.build import Hl7
from careline_his_webservice.adapters.hl7.client import Lost, Sending
from careline_his_webservice.adapters.hl7.frames import framed
from careline_his_webservice.adapters.hl7.ledger import Line, Visit
from careline_his_webservice.adapters.hl7.listener import MOST_CONNECTIONS
from careline_his_webservice.adapters.hl7.message import Message

ACK_PID = "PID|1||5^^^CARELINE^PI~MZ9^^^EAST^PN"
CANCELLED = sent(S12="S15", Booked="Cancelled").replace("CARELINE|east", "HIS|east", 1)
STOPPED = CANCELLED.replace("S15", "S23").replace("C1|P", "C9|P")


@pytest.fixture
def campus(db: Database, db_clock: Clock) -> tuple[Hl7, Told]:
    return adapter(db, db_clock, Tasks(), turn="ZSC-1")


def answered(his: Hl7, text: str | bytes) -> tuple[str, str]:
    data = text if isinstance(text, bytes) else text.encode()
    answer = read_answer(Message(run_async(his.receive(data)).decode()))
    return answer.code.value, answer.text


def test_a_visit_that_the_hospital_tells_of_settles_a_lost_answer(
    campus: tuple[Hl7, Told], db: Database, db_clock: Clock
) -> None:
    his, _ = campus
    db.run_sync(ledger.begin, "east", "K-1", db_clock.now())
    theirs = sent().replace("SCH|K-1^CARELINE|", "SCH|K-1^CARELINE|R7|")
    assert answered(his, theirs)[0] == "AA"
    found = run_async(his.state(ORDER, ""))
    assert (found.state.value, found.reference) == ("booked", "R7")


def test_an_engine_that_counts_anew_loses_nothing(campus: tuple[Hl7, Told]) -> None:
    his, told = campus
    assert answered(his, STOPPED)[0] == "AA"
    assert answered(his, STOPPED.replace("20261122160000", "20261122160500"))[0] == "AA"
    assert answered(his, STOPPED.replace("C\\F\\1", "C2"))[0] == "AA"  # the same id, another clinic
    assert [one["clinic"] for _, one in told.events] == ["C|1", "C2"]


@pytest.mark.parametrize("said", ["AA", "AE 无此预约", "AE 停机", "AR down"])
def test_an_order_that_stays_unsure_is_taken_back(
    db: Database, said: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = Clock(FakeClock())
    his, _ = adapter(db, clock, Tasks())
    messages = []

    async def send(control_id: str, text: str) -> tuple[Answer, str]:
        messages.append(Message(text).type[1])
        code, _, words = said.partition(" ")
        return read_answer(Message(f"MSH|^~\\&|\rMSA|{code}|{control_id}|{words}\r")), ""

    monkeypatch.setattr(his._client, "send", send)
    order_sent = Visit(key="K-1", state=Line.SENT)
    db.run_sync(ledger.put_visit, "east", order_sent, clock.now() - timedelta(minutes=4))
    with pytest.raises(Refused):
        run_async(his.state(ORDER, ""))
    db.run_sync(ledger.put_visit, "east", order_sent, clock.now() - timedelta(minutes=6))
    if said in ("AA", "AE 无此预约"):
        assert run_async(his.state(ORDER, "")).state is VisitState.ABSENT
        assert run_async(his.book(ORDER)).verdict is Verdict.REFUSED  # for good
    else:
        with pytest.raises(Refused):
            run_async(his.state(ORDER, ""))
    assert messages == ["S15"]


@pytest.mark.parametrize(
    ("before", "said", "verdict"),
    [
        (None, "AA", Verdict.BOOKED),
        (None, "AE 该号源已满", Verdict.TAKEN),
        (None, "AE 黑名单", Verdict.REFUSED),
        (None, "AR down", Verdict.UNAVAILABLE),
        (Line.REFUSED, "AA", Verdict.BOOKED),
        (Line.SENT, "AA", Verdict.BOOKED),
        (Line.SENT, "AE 该号源已满", Verdict.UNKNOWN),  # perhaps full of this very visit
        (Line.BOOKED, "AE 重复", Verdict.BOOKED),
        (Line.CANCELLED, "AA", Verdict.REFUSED),
    ],
)
def test_what_an_answer_means_depends_on_what_was_sent_before(
    campus: tuple[Hl7, Told],
    db: Database,
    db_clock: Clock,
    monkeypatch: pytest.MonkeyPatch,
    before: Line | None,
    said: str,
    verdict: Verdict,
) -> None:
    his, _ = campus
    if before is not None:
        db.run_sync(ledger.put_visit, "east", Visit(key="K-1", state=before), db_clock.now())

    async def send(control_id: str, text: str) -> tuple[Answer, str]:
        code, _, words = said.partition(" ")
        message = Message(f"MSH|^~\\&|\rMSA|{code}|{control_id}|{words}\rZSC|7\r{ACK_PID}")
        return read_answer(message), ""

    monkeypatch.setattr(his._client, "send", send)
    reply = run_async(his.book(ORDER))
    assert reply.verdict is verdict
    if said == "AA" and verdict is Verdict.BOOKED:
        assert (reply.number, reply.outpatient_number) == ("7", "MZ9")


@pytest.mark.parametrize(
    ("message", "code", "says"),
    [
        (b"\x00\xff\xfe", "AR", ""),
        ("MSH|^~\\&|HIS||||||ADT^A08|1|P|2.5\r", "AR", "A08"),
        ("MSH|^~\\&|HIS||||||ORU^R01|1|P|2.5\r", "AR", "ORU"),
        ("MSH|^~\\&|HIS||||||ADT^A01||P|2.5\r", "AE", "MSH-10"),
        (ADT.format(charset="KLINGON"), "AR", "KLINGON"),
        (ADT.format(charset="").replace("V-77", ""), "AE", "PV1-19"),
        (ADT.format(charset="").replace("20261122095500", "yesterday"), "AE", "yesterday"),
        (ADT.format(charset="").encode("gbk"), "AR", "utf-8"),
    ],
)
def test_what_cannot_be_taken_is_answered_with_its_reason(
    campus: tuple[Hl7, Told], message: Any, code: str, says: str
) -> None:
    his, told = campus
    got, text = answered(his, message)
    assert got == code
    assert says in text
    assert told.names == []
    assert answered(his, ADT.format(charset=""))[0] == "AA"  # and the next one is taken


def test_a_message_without_end_is_refused_and_the_line_cut(campus: tuple[Hl7, Told]) -> None:
    his, _ = campus
    receiving = his._door.buildProtocol(_Peer())
    assert receiving is not None
    line = StringTransport()
    receiving.makeConnection(line)  # type: ignore[no-untyped-call]  # Twisted's
    receiving.dataReceived(b"\x0bMSH|^~\\&|HIS||||||ADT^A01|77|P|2.5|" + b"x" * (1 << 20))
    assert b"MSA|A" in line.value()
    assert line.disconnecting


def test_messages_of_one_packet_are_answered_in_their_order(campus: tuple[Hl7, Told]) -> None:
    his, _ = campus
    receiving = his._door.buildProtocol(_Peer())
    assert receiving is not None
    line = StringTransport()
    receiving.makeConnection(line)  # type: ignore[no-untyped-call]  # Twisted's
    text = ADT.format(charset="")
    receiving.dataReceived(b"".join(framed(text.replace("M1", f"M{n}").encode()) for n in "123"))
    assert [part[:2] for part in line.value().split(b"MSA|AA|M")[1:]] == [b"1|", b"2|", b"3|"]


def test_strangers_are_not_let_in(campus: tuple[Hl7, Told]) -> None:
    his, _ = campus
    assert his._door.buildProtocol(_Peer("10.9.9.9")) is None


def test_a_full_house_lets_the_silent_go(db: Database) -> None:
    fake = FakeClock()
    his, _ = adapter(db, Clock(fake), Tasks())
    lines = []
    for _ in range(MOST_CONNECTIONS + 1):
        receiving = his._door.buildProtocol(_Peer())
        assert receiving is not None
        lines.append(StringTransport())
        receiving.makeConnection(lines[-1])  # type: ignore[no-untyped-call]  # Twisted's
        fake.advance(1)
    assert [one.disconnecting for one in lines] == [True] + [False] * MOST_CONNECTIONS


def test_a_message_that_stops_halfway_ends_the_line(db: Database) -> None:
    fake = FakeClock()
    his, _ = adapter(db, Clock(fake), Tasks())
    receiving, line = his._door.buildProtocol(_Peer()), StringTransport()
    assert receiving is not None
    receiving.makeConnection(line)  # type: ignore[no-untyped-call]  # Twisted's
    receiving.dataReceived(b"\x0bMSH|")
    fake.advance(59)
    assert not line.disconnecting
    fake.advance(2)
    assert line.disconnecting


def test_answers_are_found_by_their_id_and_a_dead_line_is_left() -> None:
    line, sending = StringTransport(), Sending("utf-8")
    sending.makeConnection(line)  # type: ignore[no-untyped-call]  # Twisted's
    first, second = sending.send("C1", sent()), sending.send("C2", sent())
    sending.dataReceived(framed(b"MSH|^~\\&|HIS|||||||||2.5\rMSA|CA|C2\r"))  # kept, not booked
    assert not second.called
    sending.dataReceived(framed(b"MSH|^~\\&|HIS|||||||||2.5\rMSA|AA|C2\r"))
    sending.dataReceived(framed(b"MSH|^~\\&|HIS|||||||||2.5\rMSA|AA|C2\r"))  # once more
    assert second.called
    assert not first.called
    first.addErrback(lambda _: None)
    first.cancel()  # out of time, but the engine was heard since
    assert sending.open
    third = sending.send("C3", sent())
    lost: list[Any] = []
    third.addErrback(lambda failure: lost.append(failure.type))
    fourth = sending.send("C4", sent())
    fourth.addErrback(lambda failure: lost.append(failure.type))
    third.cancel()
    assert not sending.open
    assert lost == [Lost, CancelledError]


def _Peer(host: str = "127.0.0.1") -> Any:
    from twisted.internet.address import IPv4Address

    return IPv4Address("TCP", host, 5)
