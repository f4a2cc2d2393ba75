"""The FastAGI decoder and encoder, on a session recorded from a real Asterisk."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.core.telephony.fake import DATA

from careline.errors import Invalid, Refused
from careline.telephony.agi.codec import (
    MAX_COMMAND,
    MAX_WORDS,
    Decoder,
    Environment,
    Hangup,
    Reply,
    encode,
)

SESSION = (DATA / "session.agi").read_bytes()
HEAD = b"agi_network: yes\n\n"
ODD = (
    HEAD
    + b"200 result=1 (two\nlines)\n200 result=1 (a ) b)\n200 result=0 (timeout) endpos=-1\n"
    + b"100 result=0 Trying...\n520-Usage\nHANGUP is a word here\n520 End\nHANGUP\n"
    + b"200 result=1 (\xd5\xc5)\n511 Command Not Permitted on a dead channel\n"
    + b"200 result= (timeout)\n"
)


def replies(data):
    return [each for each in Decoder().feed(data) if isinstance(each, Reply)]


def test_a_real_session():
    environment, *rest = Decoder().feed(SESSION)
    assert isinstance(environment, Environment)
    assert environment.values["request"] == "agi://127.0.0.1:31573/step?x=1"
    assert environment.values["calleridname"] == '张 "x"'
    assert environment.values["accountcode"] == ""
    assert environment.values["arg_1"] == "first arg"
    assert [each.code for each in rest][10:13] == [200, 510, 520]
    assert rest[1].value == '张 "x"'
    assert rest[7] == Reply(200, "0", None, 3520)
    assert rest[-1] == Reply(200, "-1", "writefile", None)
    assert all(isinstance(each, Reply) for each in rest)


def test_odd_replies():
    found = replies(ODD)
    assert found[0].value == "two\nlines"
    assert found[1].value == "a ) b"
    assert found[2] == Reply(200, "0", "timeout", -1)
    assert found[3].code == 520
    assert found[4].value == "张"
    assert found[5].code == 511
    assert found[6] == Reply(200, "", "timeout")
    assert [type(each) for each in Decoder().feed(ODD)].count(Hangup) == 1


@pytest.mark.parametrize("data", [SESSION, ODD], ids=["real", "odd"])
def test_a_cut_at_every_offset_gives_the_same(data):
    whole = Decoder().feed(data)
    for at in range(len(data)):
        decoder = Decoder()
        assert decoder.feed(data[:at]) + decoder.feed(data[at:]) == whole, at


def test_what_is_not_agi_is_said_to_be_invalid():
    with pytest.raises(Invalid):
        Decoder().feed(b"GET / HTTP/1.1\r\n")


@pytest.mark.parametrize("start", [b"", HEAD, HEAD + b"520-x\n", HEAD + b"200 result=1 (x"])
@pytest.mark.parametrize("piece", [b"x" * 1000, b"agi_x: " + b"y" * 1000 + b"\n"])
def test_the_buffer_is_bounded(start, piece):
    decoder, ended = Decoder(), False
    try:
        decoder.feed(start)
        for n in range(200):
            decoder.feed(piece.replace(b"agi_x", b"agi_%d" % n))
    except Invalid:
        ended = True
    assert ended or len(decoder._buffer) + sum(map(len, decoder._lines)) < 70_000


@settings(deadline=None)
@given(st.binary(max_size=300), st.integers(1, 9))
def test_any_bytes_are_survived_in_any_pieces(data, step):
    data = HEAD + data
    decoder = Decoder()
    found = [
        each for at in range(0, len(data), step) for each in decoder.feed(data[at : at + step])
    ]
    assert found == Decoder().feed(data)


def unquoted(line: bytes) -> list[str]:
    """Read a command as Asterisk's parse_args does."""
    words: list[str] = []
    word: list[str] | None = None
    quoted = escaped = False
    for char in line.decode().removesuffix("\n"):
        if escaped:
            word = [*(word or []), char]
            escaped = False
        elif char == "\\":
            escaped = True
            word = word or []
        elif char == '"':
            quoted = not quoted
            word = [] if word is None else word
        elif char in " \t" and not quoted:
            if word is not None:
                words.append("".join(word))
            word = None
        else:
            word = [*(word or []), char]
    return [*words, "".join(word)] if word is not None else words


@settings(deadline=None)
@given(st.lists(st.text(), min_size=1, max_size=6))
def test_fact_11_every_word_arrives_as_it_is(words):
    try:
        line = encode(words)
    except Refused:
        assert any(set(word) & set("\r\n\0") or not word.isascii() for word in words)
        return
    assert line.count(b"\n") == 1
    assert unquoted(line) == words


def test_fact_11_a_quote_opens_no_argument():
    line = encode(["SET", "VARIABLE", "X", 'a" "b\\'])
    assert line == b'SET VARIABLE X "a\\" \\"b\\\\"\n'
    assert encode(["X", ""]) == b'X ""\n'


@pytest.mark.parametrize("bad", ["a\nEXEC System id", "\r", "\0"])
def test_fact_11_line_ends_are_refused(bad):
    with pytest.raises(Refused):
        encode(["VERBOSE", bad])


def test_fact_11_the_limits_are_those_of_asterisk():
    """8,191 bytes with the line end pass, one more is cut in two commands (seen on 22.10.1)."""
    longest = "x" * (MAX_COMMAND - len("NOOP \n"))
    assert len(encode(["NOOP", longest])) == MAX_COMMAND
    with pytest.raises(Invalid):
        encode(["NOOP", longest + "x"])
    assert encode(["x"] * MAX_WORDS)
    with pytest.raises(Invalid):
        encode(["x"] * (MAX_WORDS + 1))
