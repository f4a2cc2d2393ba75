"""The AMI decoder and encoder, on streams of real calls and on bytes nobody should send."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.core.telephony.fake import DATA, GREETING

from careline.errors import Invalid, Refused
from careline.telephony.ami.codec import MAX_LINE, MAX_LINES, Decoder, Message, encode

STREAMS = sorted(DATA.glob("*.ami"))
FOLLOWS = (
    b"Response: Follows\r\nPrivilege: Command\r\nActionID: 2\r\n"
    b"Name: x, and more of it\n\r\n\r\nlast\n--END COMMAND--\r\n\r\n"
)
ODD = (
    GREETING
    + b"Response: Success\r\nActionID: 1\r\n\r\n"
    + b"Event: A\r\nX: 1\r\nX: 2\r\nEmpty: \r\nBare:\r\nno colon\r\n\r\n\r\n"
    + FOLLOWS
    + b"Event: B\r\nName: \xd5\xc5\xc8\xfd\xb7\xe1\r\nOther: Jos\xe9\r\n\r\n"
    + b"Event: Long\r\nBig: "
    + b"x" * 300
    + b"\r\n\r\nEvent: Last\r\n\r\n"
)


def fed(data: bytes, step: int, **options: object) -> list[Message]:
    decoder = Decoder(**options)  # type: ignore[arg-type]  # the decoder's own options
    return [m for at in range(0, len(data), step) for m in decoder.feed(data[at : at + step])]


@pytest.mark.parametrize("stream", STREAMS, ids=lambda path: path.stem)
def test_a_real_stream_is_read_whole(stream):
    data = stream.read_bytes()
    messages = Decoder().feed(data)
    kinds = [message.kind for message in messages]
    assert kinds[0] == "other"
    assert kinds.count("event") == data.count(b"\r\nEvent: ")
    assert kinds.count("response") == data.count(
        b"\r\nResponse: Success\r\nActionID: careline-"
    ) + (data.count(b"\r\nResponse: Error\r\n"))
    assert all(key and "\n" not in key for m in messages[1:] for key, _ in m.headers)


@pytest.mark.parametrize("stream", STREAMS, ids=lambda path: path.stem)
@pytest.mark.parametrize("step", [1, 2, 3, 7, 100, 1461])
def test_pieces_of_any_size_give_the_same_messages(stream, step):
    data = stream.read_bytes()
    assert fed(data, step) == Decoder().feed(data)


@pytest.mark.parametrize("limit", [4_000_000, 200, 64])
def test_a_cut_at_every_offset_gives_the_same_messages(limit):
    whole = Decoder(limit=limit).feed(ODD)
    for at in range(len(ODD)):
        decoder = Decoder(limit=limit)
        assert decoder.feed(ODD[:at]) + decoder.feed(ODD[at:]) == whole, at


def test_one_more_blank_line_does_not_hide_the_next_event():
    """Asterisk's MixMonitor ends an event with three line ends, see the recorded call."""
    data = (DATA / "queue_call_everything.ami").read_bytes()
    at = data.index(b"\r\n\r\n\r\nEvent: DeviceStateChange")
    after = Decoder().feed(data[at + 4 :] + b"\r\n\r\n")
    assert after[0].name == "DeviceStateChange"


def test_an_event_nobody_wants_is_never_decoded(monkeypatch):
    """Fact 5: most of what Asterisk sends is of no use to us."""
    data = (DATA / "queue_call_everything.ami").read_bytes()
    decoder = Decoder({b"AgentConnect"}.__contains__)
    events = [message for message in decoder.feed(data) if message.kind == "event"]
    assert [message.name for message in events] == ["AgentConnect"]
    assert decoder.seen > 100


def test_values_are_found_in_any_case_first_first():
    message = Message.of([("Event", "E"), ("Var", "1"), ("var", "2"), ("Var", "3")])
    assert message.get("Var") == "1"
    assert message.get("VAR") == "1"
    assert message.get("none", "-") == "-"
    assert message.getall("vAr") == ("1", "2", "3")


def test_a_value_may_hold_separators():
    message = Decoder().feed(b"\r\nEvent: E\r\nAppData: a: b\x85c: d\r\n\r\n")[0]
    assert message.get("AppData").startswith("a: b")
    assert len(message.headers) == 2


def test_output_of_a_command():
    data = (DATA / "queue_call_everything.ami").read_bytes()
    answer = next(m for m in Decoder().feed(data) if m.action_id == "careline-6")
    assert answer.lines[-3:] == ("2 active channels", "1 active call", "1 call processed")


def test_output_of_a_command_before_asterisk_14():
    answer = Decoder().feed(GREETING + FOLLOWS)[1]
    assert answer.action_id == "2"
    assert answer.get("Name") == ""
    assert answer.lines == ("Name: x, and more of it", "", "", "last")


def test_gbk_and_latin_1_names():
    data = (DATA / "gbk_caller.ami").read_bytes()
    joined = next(m for m in Decoder().feed(data) if m.name == "QueueCallerJoin")
    assert b"\xd5\xc5" in joined.raw
    assert joined.get("CallerIDName") == "张三丰"
    assert Decoder().feed(b"x\r\nEvent: E\r\nN: \xe9\xff\r\n\r\n")[-1].get("N") == "éÿ"


def test_a_message_says_nothing_of_people_in_logs():
    assert "张" not in repr(Message.of([("Event", "E"), ("CallerIDName", "张")]))


@settings(deadline=None)
@given(st.binary(max_size=400), st.integers(1, 9), st.integers(64, 150))
def test_any_bytes_are_survived_in_any_pieces(data, step, limit):
    for start in (b"", GREETING):
        whole = Decoder(limit=limit).feed(start + data)
        assert fed(start + data, step, limit=limit) == whole
        for message in whole:
            assert len(message.raw) <= limit
            assert isinstance(message.headers, tuple)
            assert isinstance(message.lines, tuple)


PIECES = st.sampled_from(
    [b"\r\n", b"\r\n\r\n", b"\n", b"Event: ", b"Response: Follows\r\n", b"--END COMMAND--", b"A: b"]
)


@settings(deadline=None)
@given(st.lists(PIECES | st.binary(max_size=30), max_size=40), st.integers(1, 9))
def test_pieces_of_the_protocol_in_any_order_are_survived(pieces, step):
    data = GREETING + b"".join(pieces)
    assert fed(data, step, limit=70) == Decoder(limit=70).feed(data)


def test_the_buffer_is_bounded():
    decoder = Decoder(limit=10_000)
    found = [m for _ in range(100) for m in decoder.feed(b"Event: E\r\n" + b"y" * 1000)]
    assert len(found) == 1
    assert found[0].truncated
    assert len(decoder._tail) < 100


# Encoding


def test_an_action_as_asterisk_reads_it():
    fields = [("Variable", "A=1"), ("Variable", "B=张")]
    data = encode("Originate", fields, "7")
    expected = "Action: Originate\r\nActionID: 7\r\nVariable: A=1\r\nVariable: B=张\r\n\r\n"
    assert data == expected.encode()


@pytest.mark.parametrize("bad", ["a\rb", "a\nb", "a\r\nAction: Command", "a\0b"])
def test_fact_6_line_ends_are_refused_everywhere(bad):
    """Asterisk takes a bare LF as a line end, so one is enough to inject."""
    for action, key, value, action_id in [
        (bad, "K", "v", "1"),
        ("A", bad, "v", "1"),
        ("A", "K", bad, "1"),
        ("A", "K", "v", bad),
    ]:
        with pytest.raises(Refused):
            encode(action, [(key, value)], action_id)


@pytest.mark.parametrize("key", ["", "A: b", " ", "Ключ", "A:"])
def test_a_key_is_a_name(key):
    with pytest.raises(Refused):
        encode("A", [(key, "v")], "1")


def test_fact_6_the_limits_are_those_of_asterisk():
    """1,024 bytes with CRLF and 128 lines pass, one more discards the action (seen on 22.10.1)."""
    longest = "y" * (MAX_LINE - len("X: \r\n"))
    assert len(encode("Ping", [("X", longest)], "1").split(b"\r\n")[2]) == MAX_LINE - 2
    with pytest.raises(Invalid):
        encode("Ping", [("X", longest + "y")], "1")
    with pytest.raises(Invalid):
        encode("Ping", [("X", "张" * 400)], "1")
    most = [("X", "y")] * (MAX_LINES - 2)
    assert encode("Ping", most, "1").count(b"\r\n") == MAX_LINES + 1
    with pytest.raises(Invalid):
        encode("Ping", [*most, ("X", "y")], "1")


@settings(deadline=None)
@given(st.text(), st.text())
def test_what_is_encoded_is_one_message_of_the_same_fields(key, value):
    try:
        data = encode("A", [(key, value)], "1")
    except (Refused, Invalid):
        return
    lines = data.decode().split("\r\n")
    assert lines == ["Action: A", "ActionID: 1", f"{key}: {value}", "", ""]
    assert b"\n" not in data.replace(b"\r\n", b"")
