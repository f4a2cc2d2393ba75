"""Bytes, frames and messages of HL7 v2: what is read, what is written, what is refused."""

from __future__ import annotations

import datetime as dt
from contextlib import suppress
from zoneinfo import ZoneInfo

import pytest
from attrs import evolve
from hl7apy.exceptions import ValidationError
from hl7apy.parser import parse_message
from hypothesis import given
from hypothesis import strategies as st

from careline.clinic import Order, Person
from careline.errors import Invalid
from careline_his_webservice.adapters.hl7.ack import Code, acknowledgement, read_answer
from careline_his_webservice.adapters.hl7.adt import read_news
from careline_his_webservice.adapters.hl7.charset import decode, encode
from careline_his_webservice.adapters.hl7.frames import Frames, TooLong, framed
from careline_his_webservice.adapters.hl7.message import (
    Message,
    comp,
    header,
    parsed_stamp,
    segment,
    unescaped,
)
from careline_his_webservice.adapters.hl7.settings import Hl7Settings
from careline_his_webservice.adapters.hl7.siu import Event, order_message, read_told
from careline_his_webservice.adapters.our_names import our_name_of

ZONE = ZoneInfo("Asia/Shanghai")
NOW = dt.datetime(2026, 11, 22, 8, 0, tzinfo=dt.UTC)
SETTINGS = Hl7Settings("127.0.0.1", 1)
ORDER = Order(
    key="K-1",
    campus="east",
    department="心内",
    doctor="D7",
    clinic="C|1",
    slot="S^9",
    day=dt.date(2026, 11, 24),
    start=dt.time(8, 30),
    person=Person(
        id=5,
        name="王镕",
        sex="male",
        birth_date=dt.date(1980, 2, 3),
        id_card="110101198002030017",
        phone="+8613811112222",
        number="MZ0007",
    ),
)
ADT = (
    "MSH|^~\\&|HIS|东院|CARELINE|X|20261122100000||ADT^A01^ADT_A01|M1|P|2.5||||||{charset}\r"
    "EVN|A01|20261122095500\r"
    "PID|1||ZY01^^^^PI~110101199003078515^^^CHN^NNCHN||王^镕||19900307|M|||||13811112222\r"
    "PV1|1|I|3病区^301^12^^^^^^心内三病区||||0102^李^四|||心血管内科|||||||||V-77\r"
    "DG1|1||I20.0^不稳定型心绞痛\r"
)


def sent(charset: str = "utf-8", **changes: str) -> str:
    text = order_message(
        Event.NEW,
        ORDER,
        Hl7Settings("127.0.0.1", 1, charset=charset),
        control_id="C1",
        now=NOW.astimezone(ZONE),
    )
    for before, after in changes.items():
        text = text.replace(before, after)
    return text


@pytest.mark.parametrize("charset", ["utf-8", "gb18030", "gbk"])
def test_chinese_names_survive_every_charset(charset: str) -> None:
    text = sent(charset)
    assert decode(encode(text, charset), charset) == text
    assert Message(decode(encode(text, charset), charset)).get("PID", 5) == "王镕"


def test_what_msh18_says_counts_more_than_the_campus() -> None:
    text = ADT.format(charset="GB 18030-2000")
    assert decode(text.encode("gb18030"), "utf-8") == text
    text = ADT.format(charset="UNICODE UTF-8")
    assert decode(text.encode(), "gbk") == text


def test_gbk_without_msh18_is_read_where_the_campus_sends_gbk() -> None:
    text = ADT.format(charset="").replace("王^镕", "王^珅")
    assert "珅".encode("gbk")[1:] == b"|"  # what would be a field's end, were it not decoded first
    assert decode(text.encode("gbk"), "gbk") == text
    assert Message(text).get("PID", 5, 2) == "珅"
    with pytest.raises(Invalid, match="is not utf-8"):
        decode(text.encode("gbk"), "utf-8")


def test_an_unknown_charset_is_said_by_name() -> None:
    with pytest.raises(Invalid) as caught:
        decode(ADT.format(charset="KS X 1001").encode(), "utf-8")
    assert "KS X 1001" in str(caught.value)


@given(
    st.text(st.characters(codec="gb18030", exclude_categories=["Cs", "Cc"]), max_size=20).map(
        str.strip
    )
)
def test_any_text_comes_back_out_of_a_field(text: str) -> None:
    line = header({9: comp("SIU", "S12"), 10: "1"}) + "\r" + segment("PID", {5: comp(text, "x")})
    for charset in ("utf-8", "gb18030"):
        message = Message(decode(encode(line, charset), charset))
        assert message.get("PID", 5) == ("" if text == '""' else text) or '"' in text
        assert message.get("PID", 5, 2) == "x"


@given(st.lists(st.binary(max_size=20), max_size=5), st.data())
def test_frames_are_found_however_the_bytes_arrive(
    messages: list[bytes], data: st.DataObject
) -> None:
    clean = [one.replace(b"\x0b", b"").replace(b"\x1c", b"") for one in messages]
    stream = b"noise".join(map(framed, clean))
    frames, found, at = Frames(), [], 0
    while at < len(stream):
        step = data.draw(st.integers(1, 9))
        found += frames.feed(stream[at : at + step])
        at += step
    assert found == clean
    assert not frames.partial


def test_a_frame_without_end_is_refused_at_the_limit() -> None:
    frames = Frames(limit=100)
    assert frames.feed(b"\x0bMSH|" + b"x" * 90) == []
    with pytest.raises(TooLong) as caught:
        frames.feed(b"y" * 20)
    assert caught.value.begin.startswith(b"MSH|")
    with pytest.raises(TooLong):
        Frames(limit=100).feed(framed(b"z" * 101))


@given(st.text(max_size=200) | st.binary(max_size=200).map(lambda raw: raw.decode("latin-1")))
def test_whatever_comes_is_a_message_or_malformed(tail: str) -> None:
    for text in (tail, "MSH|^~\\&|" + tail, ADT.format(charset="") + tail):
        with suppress(Invalid):  # anything else that is raised fails
            read_news(Message(text), "east", ZONE, NOW)


@pytest.mark.parametrize(
    "text",
    ["MSH|^~\\&|" + "|" * 30_000, "MSH|||||||", "MSH|^~\\&", "", "PID|1", "MSHAB"],
    ids=["many fields", "one separator", "short", "empty", "no MSH", "letters"],
)
def test_hostile_messages_are_refused(text: str) -> None:
    with pytest.raises(Invalid) as caught:
        read_news(Message(text), "east", ZONE, NOW)
    assert caught.value.code in ("hl7.malformed", "hl7.event")


def test_escape_sequences_make_no_bombs() -> None:
    assert unescaped("a\\.sp999999999\\b\\T\\c\\X00\\d\\E\\e") == "a b&c d\\e"


def test_an_order_is_a_message_that_says_it_all() -> None:
    message = Message(sent())
    assert message.type == ("SIU", "S12")
    assert message.get("SCH", 1) == "K-1"
    assert message.get("SCH", 11, 4) == "20261124083000"
    assert message.get("AIS", 3) == "S^9"
    assert message.get("AIG", 3) == "C|1"
    assert message.get("AIL", 3) == "心内"
    assert message.get("AIP", 3) == "D7"
    assert message.get("PID", 13) == "13811112222"
    assert [one[0] for one in message.repeats("PID", 3)] == [
        "MZ0007",
        ORDER.person.id_card,
        our_name_of(ORDER.person),
    ]


def test_an_order_conforms_to_version_2_5() -> None:
    assert parse_message(sent()).validate()
    without = segment("SCH", {1: "K-1", 16: "x", 20: "x"})
    lines = [without if line[:3] == "SCH" else line for line in sent().split("\r")]
    with pytest.raises(ValidationError, match="SCH_6"):
        parse_message("\r".join(lines)).validate()


def test_an_admission_is_read_whole() -> None:
    news = read_news(Message(ADT.format(charset="")), "east", ZONE, NOW)
    stay = news.stay
    assert news.visit == "V-77"
    assert stay.came == dt.datetime(2026, 11, 22, 1, 55, tzinfo=dt.UTC)
    assert (stay.name, stay.number, stay.id_card) == ("王镕", "ZY01", "110101199003078515")
    assert (stay.phone, stay.department) == ("+8613811112222", "心血管内科")
    assert (stay.ward, stay.bed, stay.doctor) == ("心内三病区", "12", "李四")
    assert stay.diagnosis == "不稳定型心绞痛"
    assert stay.left is None


@pytest.mark.parametrize(
    ("how", "flag", "died"),
    [("20", "", True), ("死亡", "", True), ("01", "", False), ("", "Y", True), ("", "N", False)],
)
def test_a_discharge_says_whether_the_patient_has_died(how: str, flag: str, died: bool) -> None:
    text = ADT.format(charset="").replace("A01", "A03")
    text = text.replace("13811112222\r", "13811112222" + "|" * 17 + flag + "\r")
    text = text.replace("V-77", "V-77" + "|" * 17 + how)
    assert read_news(Message(text), "east", ZONE, NOW).stay.died is died


def test_an_admission_and_a_discharge_are_taken_back() -> None:
    told = [
        read_news(Message(ADT.format(charset="").replace("A01", event)), "east", ZONE, NOW)
        for event in ("A01", "A11", "A13")
    ]
    assert [(one.void, one.inside) for one in told] == [
        (False, False),
        (True, False),
        (False, True),
    ]
    assert told[2].stay.left is None


def test_an_admission_without_visit_number_says_which_field() -> None:
    with pytest.raises(Invalid, match="PV1-19"):
        read_news(Message(ADT.format(charset="").replace("V-77", "")), "east", ZONE, NOW)


def test_the_hospital_says_which_visit_is_off() -> None:
    text = sent(S12="S15", Booked="Cancelled").replace(
        "SCH|K-1^CARELINE|", "SCH|K-1^CARELINE|R9^HIS|"
    )
    told = read_told(Message(text.replace("|S15||", "|STOP^停诊||")), "CARELINE", ZONE)
    assert told.cancels
    assert (told.key, told.reference) == ("K-1", "R9")
    theirs = text.replace("K-1^CARELINE", "K-1^OTHER")
    assert read_told(Message(theirs), "CARELINE", ZONE).key == ""


def test_the_hospital_says_which_time_a_visit_has_now() -> None:
    text = sent(S12="S13")
    told = read_told(Message(text), "CARELINE", ZONE)
    assert told.start is not None
    assert (told.start.date(), told.start.time()) == (ORDER.day, ORDER.start)
    assert (told.clinic, told.slot) == (ORDER.clinic, ORDER.slot)
    scheduled = read_told(
        Message(text.replace(stamp_of(), "202612010930+0000", 1)),
        "CARELINE",
        ZONE,
    )
    assert scheduled.start == dt.datetime(2026, 12, 1, 17, 30, tzinfo=ZONE), "SCH-11 comes first"
    assert (
        read_told(Message(sent(S12="S14").replace(stamp_of(), "")), "CARELINE", ZONE).start is None
    )
    for wrong, field in ((stamp_of()[:8], "is no time"), ("", "SCH-11")):
        with pytest.raises(Invalid, match=field):
            read_told(Message(text.replace(stamp_of(), wrong)), "CARELINE", ZONE)


def stamp_of() -> str:
    return dt.datetime.combine(ORDER.day, ORDER.start).strftime("%Y%m%d%H%M%S")


def test_acknowledgements_are_found_again() -> None:
    message = Message(sent())
    text = acknowledgement(
        message, Code.ERROR, at="20261122", charset="utf-8", application="HIS", text="号源已满"
    )
    answer = read_answer(Message(text))
    assert (answer.code, answer.control_id, answer.text) == (Code.ERROR, "C1", "号源已满")


@pytest.mark.parametrize(
    ("text", "hour"),
    [("202611221000", 2), ("20261122100000.123+0000", 10), ("20261122100000+0800", 2)],
)
def test_times_are_the_campus_s_unless_they_say_where(text: str, hour: int) -> None:
    moment = parsed_stamp(text, ZONE)
    assert moment == dt.datetime(2026, 11, 22, hour, tzinfo=dt.UTC)


@pytest.mark.parametrize("text", ["2026-11-22", "20261340", "00000101", "x", "20261122100000+9999"])
def test_what_is_no_time_is_said_to_be_none(text: str) -> None:
    with pytest.raises(Invalid, match="is no time"):
        parsed_stamp(text, ZONE)


def test_our_own_number_does_not_name_somebody_else_after_a_new_installation() -> None:
    def own(person: Person) -> str:
        order = evolve(ORDER, person=person)

        text = order_message(Event.NEW, order, SETTINGS, control_id="C", now=NOW)
        found = Message(text).repeats("PID", 3)
        return next(one[0] for one in found if one[-1] == "PI")

    before = evolve(ORDER.person, name="李雷", id_card="", number="")
    assert own(before) != own(evolve(before, name="韩梅梅"))
    assert own(before) == our_name_of(before)
