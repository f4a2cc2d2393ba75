"""CMPP 2.0 and 3.0 against a gateway of the tests' own, and what no gateway should send."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.plugins.sms.gateways.cmpp_gateway import Gateway
from tests.plugins.sms.gateways.scene import CHINESE, Ear, Receipt, ground, outgoing

from careline.config import Secret
from careline.messaging.gateway import NOT_TAKEN, WRONG_NUMBER, Busy, Fate, Rejected, Uncertain
from careline.testing.runner import Spinner
from careline_sms.gateways.cmpp.dialect import Cmpp
from careline_sms.gateways.cmpp.pdu import authenticator, pack
from careline_sms.gateways.cmpp.settings import CmppSettings, build
from careline_sms.gateways.link.messages import Message, Strange

pytestmark = pytest.mark.integration
NUMBER = "+861381111"


class Line:
    """A gateway of ours at one of theirs."""

    def __init__(self, spin: Spinner, theirs: Gateway, **more: Any) -> None:
        self.spin, self.theirs, self.ear = spin, theirs, Ear()
        self.port = spin.reactor.listenTCP(0, theirs, interface="127.0.0.1")
        given = {
            "host": "127.0.0.1",
            "port": self.port.getHost().port,
            "version": f"{theirs.version}.0",
            "sp_id": "901234",
            "secret": Secret("secret"),
            "source": "10650001",
            "service_id": "HOSP",
            "answer_s": 1.0,
            **more,
        }
        self.ground = ground(spin.clock, spin.reactor)
        self.gateway = build("mobile", self.ground, CmppSettings(**given))

    async def until(self, fits: Callable[[], bool]) -> None:
        while not fits():
            await self.spin.clock.sleep(0.01)

    async def up(self) -> None:
        await self.gateway.start(self.ear)
        await self.until(lambda: self.gateway.state().up)

    async def down(self) -> None:
        await self.gateway.stop()
        await self.ground.tasks.stop()
        await self.port.stopListening()
        await self.until(lambda: not self.theirs.sides)

    def send(self, last: str, text: str = CHINESE) -> Any:
        return self.spin(self.gateway.send(outgoing(f"{NUMBER}00{last}", text)))


@pytest.fixture
def open_line(spin: Spinner) -> Iterator[Callable[..., Line]]:
    made: list[Line] = []

    def open_(version: int = 2, old_reports: bool = False, **more: Any) -> Line:
        line = Line(spin, Gateway(version, old_reports), **more)
        made.append(line)
        spin(line.up())
        return line

    yield open_
    for line in made:
        spin(line.down())


@pytest.mark.parametrize(("version", "old"), [(2, False), (3, False), (3, True)])
def test_a_long_text_goes_and_is_reported_before_it_is_answered(
    open_line: Callable[..., Line], version: int, old: bool
) -> None:
    line = open_line(version, old)
    text = "您" * 66 + "😀" + CHINESE
    sent = line.send("00", text)
    assert [one["part"] for one in line.theirs.seen] == [(1, 2), (2, 2)]
    assert "".join(one["text"] for one in line.theirs.seen) == text
    headers = [one["header"] for one in line.theirs.seen]
    assert [one[:3] + one[4:] for one in headers] == [b"\5\0\3\2\1", b"\5\0\3\2\2"]
    first = line.theirs.seen[0]
    assert (first["to"], first["source"], first["service"]) == (
        f"{NUMBER}0000".removeprefix("+86"),
        "10650001",
        "HOSP",
    )
    line.spin(line.ear.until(lambda: len(line.ear.receipts) == 2))
    assert {one.reference for one in line.ear.receipts} == set(sent.reference)
    assert {one.fate for one in line.ear.receipts} == {Fate.DELIVERED}


def test_a_reply_in_parts_is_one_and_is_acknowledged(open_line: Callable[..., Line]) -> None:
    line = open_line()
    line.send("00", "请回复1确认")
    line.spin(line.ear.until(lambda: bool(line.ear.replies)))
    reply = line.ear.replies[0]
    assert (reply.number, reply.text, reply.to) == (f"{NUMBER}0000", "我要改约谢谢", "10650001")
    assert reply.reference
    line.spin(line.until(lambda: len(line.theirs.acknowledged) == 3))
    assert {one[-1] for one in line.theirs.acknowledged} == {0}


def test_an_operators_code_is_a_failure_and_may_mean_a_wrong_number(
    open_line: Callable[..., Line],
) -> None:
    line = open_line(wrong_number_codes=("MK:0001",))
    line.theirs.stat = b"MK:0001"
    sent = line.send("00")
    line.spin(line.ear.until(lambda: bool(line.ear.receipts)))
    assert line.ear.receipts == [Receipt(sent.reference[0], Fate.FAILED, WRONG_NUMBER)]


def test_unknown_is_not_the_last_word(open_line: Callable[..., Line]) -> None:
    line = open_line()
    line.theirs.stat = b"UNKNOWN"
    line.send("00")
    line.spin(line.until(lambda: len(line.theirs.acknowledged) == 1))
    assert line.ear.receipts == []


def test_a_report_that_is_not_stored_is_not_acknowledged(open_line: Callable[..., Line]) -> None:
    line = open_line()
    line.ear.fails = 1
    line.send("00")
    first = line.theirs.last
    line.send("00")
    line.spin(line.until(lambda: bool(line.theirs.acknowledged)))
    assert int.from_bytes(line.theirs.acknowledged[0][:8], "big") == line.theirs.last > first


def test_flow_control_wrong_number_hang_up_and_silence(open_line: Callable[..., Line]) -> None:
    line = open_line()
    with pytest.raises(Rejected) as rejected:
        line.send("02")
    assert (rejected.value.code, rejected.value.other_gateway) == (NOT_TAKEN, True)
    with pytest.raises(Uncertain):
        line.send("04")
    with pytest.raises(Busy):
        line.send("01")
    line.spin(line.until(lambda: not line.gateway._pace.closed(line.spin.clock.seconds())))
    with pytest.raises(Uncertain):
        line.send("03")
    with pytest.raises(Busy):
        line.send("00")


@pytest.mark.parametrize(("alphabet", "text", "coding"), [
    ("gbk", CHINESE, 15), ("ascii", "visit at 8", 0), ("ascii", CHINESE, 8), ("ucs2", "at 8", 8),
])  # fmt: skip
def test_alphabets(open_line: Callable[..., Line], alphabet: str, text: str, coding: int) -> None:
    line = open_line(alphabet=alphabet)
    line.send("00", text)
    assert line.theirs.seen[0]["coding"] == coding
    assert line.theirs.seen[0]["text"] == text


def test_a_wrong_secret_is_told(spin: Spinner) -> None:
    line = Line(spin, Gateway(2), secret=Secret("wrong"))

    async def refused() -> None:
        await line.gateway.start(line.ear)
        await line.until(lambda: "authentication" in line.gateway.state().detail)

    spin(refused())
    spin(line.down())


def test_a_half_open_connection_is_noticed_and_made_again(
    open_line: Callable[..., Line],
) -> None:
    line = open_line(ping_s=1.0)
    line.theirs.deaf = True
    line.spin(line.until(lambda: not line.gateway.state().up))
    assert line.gateway.state().detail == "no sign of life"
    assert 8 in line.theirs.heard
    line.theirs.deaf = False
    line.spin(line.until(lambda: line.gateway.state().up))


def dialect(version: int) -> Cmpp:
    return Cmpp(
        sp_id="901234",
        secret="secret",
        source="1065",
        service_id="",
        version=version,
        local_now=lambda: datetime(2026, 11, 23, 1, 2, 3),  # noqa: DTZ001 - local on purpose
    )


def test_the_proof_of_log_in_is_that_of_the_protocols_own_formula() -> None:
    data = dialect(2).login(1)
    assert data[12:18] == b"901234"
    assert data[18:34] == authenticator("901234", "secret", "1123010203")
    assert data[34] == 0x20
    assert int.from_bytes(data[35:39], "big") == 1123010203


@settings(max_examples=200)
@given(st.integers(0, 0xFFFFFFFF), st.binary(max_size=160), st.sampled_from([2, 3]))
def test_no_frame_breaks_the_reader(command: int, body: bytes, version: int) -> None:
    ours = dialect(version)
    for one in (command, 5, 0x80000001, 0x80000004):
        found = ours.read(pack(one, 3, body))
        assert isinstance(found, Message)
        ours.answer(found, True)
        ours.answer(found, False)


@pytest.mark.parametrize("version", [2, 3])
def test_an_unreadable_deliver_is_answered_lest_it_comes_for_ever(version: int) -> None:
    ours = dialect(version)
    phone = 21 if version == 2 else 33
    content = b"short"
    report = bytes(8 + 21 + 10 + 3) + bytes(phone) + b"\1" + bytes([len(content)]) + content
    result = b"\1" if version == 2 else b"\0\0\0\1"
    for body in (b"short", report, report + bytes(3)):
        found = ours.read(pack(5, 3, body))
        assert isinstance(found, Strange)
        assert ours.answer(found, True) == pack(0x80000005, 3, bytes(8) + result)


def test_pieces_of_a_reply_that_is_not_whole_are_given_on_at_the_end(
    open_line: Callable[..., Line],
) -> None:
    line = open_line()
    header = bytes([5, 0, 3, 9, 2, 1])
    content = header + "我要".encode("utf-16-be")
    line.theirs.sides[0].deliver("13811110000", content, udhi=1, coding=8)
    line.spin(line.until(lambda: bool(line.theirs.acknowledged)))
    assert line.ear.replies == []
    line.spin(line.gateway.stop())
    assert [one.text for one in line.ear.replies] == ["我要…"]
