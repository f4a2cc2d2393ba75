"""SMPP by bytes alone: what centers send though they should not, and what time does."""

from __future__ import annotations

from typing import Any

import pytest
import smpp34
from hypothesis import given, settings
from hypothesis import strategies as st

from careline_sms.gateways import words
from careline_sms.gateways.link.ids import Ids
from careline_sms.gateways.link.messages import (
    Incoming,
    LoggedIn,
    Message,
    Piece,
    Report,
    Strange,
    Submitted,
    Verdict,
)
from careline_sms.gateways.link.session import (
    MOST_GIVEN_UP,
    MOST_LOST,
    Answered,
    Came,
    Closed,
    Late,
    Limits,
    Lost,
    Opened,
    Phase,
    Session,
)
from careline_sms.gateways.parts import Alphabet
from careline_sms.gateways.smpp.dialect import Address, Smpp
from careline_sms.gateways.smpp.pdu import Command, Pdu, c_string
from careline_sms.gateways.udh import Place

SMPP = Smpp(system_id="hospital", password="secret", source=Address(number="1065", ton=0))
LIMITS = Limits(window=2, answer_s=30, login_s=10, ping_s=20)
TO = "+8613811112222"


def frame(command: int, sequence: int, body: bytes = b"", status: int = 0) -> bytes:
    return bytes(Pdu(command, status, sequence, body))


def deliver(
    text: bytes,
    esm: int = 0,
    coding: int = 0,
    source: str = "8613811112222",
    service: str = "",
    tlvs: bytes = b"",
) -> bytes:
    body = c_string(service) + b"\1\1" + c_string(source) + b"\0\1" + c_string("1065")
    body += bytes([esm, 0, 0]) + b"\0\0" + bytes([0, 0, coding, 0, len(text)]) + text + tlvs
    return frame(Command.DELIVER_SM, 9, body)


def read(data: bytes) -> Any:
    return SMPP.read(data)


def piece(text: str = "您好", place: Place | None = None) -> Piece:
    return Piece(to=TO, alphabet=Alphabet.UCS2, text=text, place=place)


def opened() -> Session:
    session = Session(SMPP, LIMITS)
    session.begin(0)
    session.output()
    assert session.feed(frame(0x80000009, 1, c_string("smsc")), 0) == [Opened()]
    return session


def test_a_strangers_codec_reads_what_we_submit() -> None:
    found = smpp34.decode(SMPP.submit(5, piece("您好😀", Place(77, 3, 2))))
    assert isinstance(found, smpp34.SubmitSm)
    assert found.sequence_number == 5
    assert (found.source_addr, found.destination_addr) == ("1065", "8613811112222")
    assert (found.dest_addr_ton, found.data_coding, found.esm_class) == (1, 8, 0x40)
    assert found.registered_delivery == 1
    assert found.short_message == b"\5\0\3\x4d\3\2" + "您好😀".encode("utf-16-be")


def test_we_read_what_a_strangers_codec_delivers() -> None:
    tlvs = [smpp34.Tlv(smpp34.TLV_MESSAGE_PAYLOAD, "改约".encode("utf-16-be"))]
    data = smpp34.DeliverSm(
        "8613811112222", "1065", b"", source_addr_ton=1, data_coding=8, tlvs=tlvs
    ).encode()
    found = read(data)
    assert isinstance(found, Incoming)
    assert (found.number, found.to, found.text) == ("+8613811112222", "1065", "改约")


@pytest.mark.parametrize(
    ("text", "reference", "delivered", "code"),
    [
        (b"id:77A sub:001 dlvrd:001 stat:DELIVRD err:000 text:hi", "77A", True, "DELIVRD"),
        (b"ID:77a STAT:undeliv ERR:069 TEXT:", "77a", False, "UNDELIV/069"),
        (b"stat:EXPIRED id:77a", "77a", False, "EXPIRED"),
        (b"id:77a stat:ACCEPTD err:000", "77a", None, "ACCEPTD"),
        (b"id:77a stat:SOMETHING", "77a", None, "SOMETHING"),
        (b"id:77a text:stat:DELIVRD id:9", "77a", None, ""),  # a text that plays receipt
        (b"", "", None, ""),
    ],
)
def test_receipts_by_their_text(
    text: bytes, reference: str, delivered: bool | None, code: str
) -> None:
    found = read(deliver(text, esm=4))
    assert isinstance(found, Report)
    assert (found.reference, found.delivered, found.code) == (reference, delivered, code)


def test_receipts_by_parameters_alone() -> None:
    tlvs = b"\x00\x1e\x00\x04abc\0" + b"\x04\x27\x00\x01\x05"
    found = read(deliver(b"", esm=4, tlvs=tlvs))
    assert (found.reference, found.delivered, found.code) == ("abc", False, "UNDELIV")


def test_a_receipt_without_its_mark_is_one_and_a_person_writing_of_ids_is_not() -> None:
    assert isinstance(read(deliver(b"id:1 stat:DELIVRD err:000")), Report)
    person = read(deliver(b"my id: 1, what is its stat: DELIVRD?"))
    assert isinstance(person, Incoming)


def test_an_intermediate_notification_is_never_final() -> None:
    assert read(deliver(b"id:1 stat:UNDELIV", esm=0x20)).delivered is None


@pytest.mark.parametrize(
    ("coding", "data", "text"),
    [
        (0, b"\x1b\x65 5", "€ 5"),
        (1, b"caf\xe9", "café"),
        (3, b"caf\xe9", "café"),
        (8, "退订".encode("utf-16-be"), "退订"),
        (0x18, "退订".encode("utf-16-be"), "退订"),
        (15, "退订".encode("gbk"), "退订"),
        (8, "退订".encode("utf-16-be")[:3], "退�"),
    ],
)
def test_texts_in_all_alphabets(coding: int, data: bytes, text: str) -> None:
    assert read(deliver(data, coding=coding)).text == text


def test_a_service_type_that_is_too_long_loses_nothing() -> None:
    assert read(deliver(b"TD", service="TOOLONGBYFAR")).text == "TD"


def test_pieces_by_parameters() -> None:
    tlvs = b"\x02\x0c\x00\x02\x01\x02" + b"\x02\x0e\x00\x01\x02" + b"\x02\x0f\x00\x01\x01"
    assert read(deliver(b"TD", tlvs=tlvs)).place == Place(0x0102, 2, 1)


@settings(max_examples=200)
@given(st.integers(0, 0xFFFFFFFF), st.binary(max_size=120))
def test_no_frame_breaks_the_reader(command: int, body: bytes) -> None:
    commands = [command, Command.DELIVER_SM, Command.DATA_SM, 0x80000004, 0x80000000, 0x80000009]
    for one in commands:
        found = read(frame(one, 3, body))
        assert isinstance(found, Message)
        SMPP.answer(found, True)


def test_a_strange_request_is_told_so_and_a_strange_answer_is_not() -> None:
    session = opened()
    session.feed(frame(0x00000021, 44), 0)
    assert session.output() == frame(Command.GENERIC_NACK, 44, status=3)
    assert session.feed(frame(0x80000021, 44), 0) == []
    assert session.output() == b""


def test_a_length_that_cannot_be_ends_the_connection_and_loses_what_is_unanswered() -> None:
    session = opened()
    sequence = session.submit(piece(), 0)
    news = session.feed(b"\x00\x00\x00\x03junk" + frame(0x80000004, sequence), 0)
    assert news[0] == Lost(sequence)
    assert isinstance(news[1], Closed)
    assert session.feed(frame(0x80000004, sequence), 0) == []


def test_frames_come_byte_by_byte() -> None:
    session = opened()
    sequence = session.submit(piece(), 0)
    data = frame(0x80000004, sequence, c_string("m1"))
    news = [one for byte in data for one in session.feed(bytes([byte]), 0)]
    assert news == [Answered(Submitted(sequence, Verdict.TAKEN, "m1", ""))]


def test_the_window_is_kept_and_an_answer_counts_once() -> None:
    session = opened()
    first, _ = session.submit(piece(), 0), session.submit(piece(), 0)
    assert session.room == 0
    answer = frame(0x80000004, first, c_string("m1"))
    assert len(session.feed(answer, 1)) == 1
    assert session.room == 1
    assert session.feed(answer, 1) == []
    assert session.room == 1


def test_no_answer_is_lost_and_a_late_one_is_told_once() -> None:
    session = opened()
    sequence = session.submit(piece(), 0)
    assert session.tick(29.9) == []
    assert session.tick(30) == [Lost(sequence)]
    assert session.room == 2
    answer = frame(0x80000004, sequence, c_string("m1"))
    assert session.feed(answer, 31) == [Late(Submitted(sequence, Verdict.TAKEN, "m1", ""))]
    assert session.feed(answer, 32) == []


def test_a_center_that_takes_pieces_and_never_answers_is_left() -> None:
    session = opened()
    for number in range(MOST_LOST):
        now = number * 31.0
        session.submit(piece(), now)
        session.feed(frame(0x80000015, 1), now + 29)  # it answers pings all the while
        assert session.phase is Phase.OPEN
        news = session.tick(now + 30)
        assert isinstance(news[0], Lost)
    assert news[-1] == Closed(words.NO_ANSWER)


def test_what_was_given_up_is_not_kept_for_ever() -> None:
    session = Session(SMPP, Limits(window=10**6))
    session.begin(0)
    for _ in range(MOST_GIVEN_UP + 500):
        session.submit(piece(), 0)
    assert len(session.end("over")) == MOST_GIVEN_UP + 501
    assert len(session._given_up) == MOST_GIVEN_UP


def test_silence_is_asked_about_and_then_is_the_end() -> None:
    session = opened()
    assert session.tick(19) == []
    assert session.output() == b""
    session.tick(20)
    assert session.output()[4:8] == b"\0\0\0\x15"
    session.feed(frame(0x80000015, 2), 21)
    session.tick(41)
    assert session.output()[4:8] == b"\0\0\0\x15"
    assert session.tick(61) == [Closed("no sign of life")]


def test_half_a_frame_is_no_sign_of_life() -> None:
    session = opened()
    trickle = deliver(b"x" * 100)
    for second in range(40):
        assert session.feed(trickle[second : second + 1], second) == []
        session.tick(second)
    assert session.tick(40) == [Closed("no sign of life")]


def test_log_in_that_is_refused_or_never_answered() -> None:
    refused = Session(SMPP, LIMITS)
    refused.begin(0)
    news = refused.feed(frame(0x80000009, 1, status=0x0E), 1)
    assert news == [Closed("ESME_RINVPASWD", "ESME_RINVPASWD")]
    silent = Session(SMPP, LIMITS)
    silent.begin(0)
    assert silent.tick(10) == [Closed("no answer to the log-in")]
    confused = Session(SMPP, LIMITS)
    confused.begin(0)
    assert isinstance(confused.feed(frame(0x80000000, 0, status=3), 1)[0], Closed)


def test_leaving_waits_for_answers_but_not_for_ever() -> None:
    session = opened()
    sequence = session.submit(piece(), 0)
    session.output()
    session.leave(1)
    assert session.output() == b""
    assert session.room == 0
    session.feed(frame(0x80000004, sequence, c_string("m1")), 2)
    assert session.output()[4:8] == b"\0\0\0\x06"
    assert session.feed(frame(0x80000006, 3), 3) == [Closed("stopped")]
    stuck = opened()
    lost = stuck.submit(piece(), 0)
    stuck.leave(1)
    assert stuck.tick(11) == [Lost(lost), Closed("stopped")]


def test_what_came_is_answered_when_it_is_stored() -> None:
    session = opened()
    news = session.feed(deliver(b"TD"), 1)
    assert isinstance(news[0], Came)
    assert session.output() == b""
    session.answer(news[0].message, True)
    assert session.output() == frame(0x80000005, 9, b"\0")
    session.answer(news[0].message, False)
    assert session.output() == frame(0x80000005, 9, b"\0", 0x64)


def test_statuses() -> None:
    def verdict(status: int) -> Verdict:
        found = read(frame(0x80000004, 1, b"", status))
        assert isinstance(found, Submitted)
        return found.verdict

    assert verdict(0x58) is verdict(0x14) is Verdict.BUSY
    assert verdict(0x0B) is Verdict.REFUSED
    assert verdict(0x45) is verdict(0x0400) is Verdict.NOT_HERE
    assert isinstance(read(frame(0x80000009, 1, status=0x0D)), LoggedIn)
    assert isinstance(read(frame(0x4242, 1)), Strange)


def test_ids_of_other_case_and_zeros_are_the_same() -> None:
    ids = Ids()
    assert ids.sent("00M11a", TO) == ids.reported("m11A", TO) == "m11a"
    assert ids.sent("000", TO) == "0"


def test_ids_of_another_base_are_learned_by_the_number() -> None:
    ids = Ids()
    ids.sent("10", "+8613811110010")  # 16
    ids.sent("16", "+8613811110016")  # 22
    assert ids.knows("16", "+8613811110010")
    assert ids.reported("16", "+8613811110010") == "10"
    assert ids.way == "decimal"
    assert ids.reported("255", "+8613899999999") == "ff"  # unknown: as was learned
    fixed = Ids("hex")
    fixed.sent("255", TO)
    assert fixed.reported("FF", TO) == "255"


def test_a_base_that_would_fit_another_number_is_not_believed() -> None:
    ids = Ids()
    ids.sent("10", "+8613811110010")
    assert ids.reported("16", "+8613811119999") == "16"
    assert ids.way == "same"


def test_a_base_is_learned_from_receipts_that_came_first() -> None:
    ids = Ids()
    assert ids.reported("4001", TO) == "4001"
    assert not ids.knows("4002", TO)
    assert ids.sent("fa1", TO) == "fa1"
    assert ids.way == "decimal"
    assert ids.reported("4002", TO) == "fa2"
