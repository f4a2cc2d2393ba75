"""Texts cut into pieces, and pieces of replies joined: nothing lost, no character torn."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from careline_sms.gateways import gsm7, udh
from careline_sms.gateways.joining import MOST_TEXTS, WAIT_S, Joining
from careline_sms.gateways.parts import Alphabet, alphabet_of, split
from careline_sms.gateways.udh import Place

ANY = st.text(st.characters(exclude_categories=["Cs"]), max_size=400)


@settings(max_examples=60)
@given(ANY, st.sampled_from([None, Alphabet.UCS2]))
def test_pieces_are_the_text_and_fit(text: str, alphabet: Alphabet | None) -> None:
    parts = split(text, alphabet)
    assert "".join(parts.pieces) == text
    room = 160 if parts.alphabet is Alphabet.GSM7 else 140
    header = 7 if parts.alphabet is Alphabet.GSM7 else 6
    for piece in parts.pieces:
        data = parts.alphabet.encode(piece)
        assert parts.alphabet.decode(data) == piece  # whole characters
        assert len(data) + (header if parts.count > 1 else 0) <= room


def test_emoji_at_the_edge_goes_to_the_next_piece() -> None:
    parts = split("字" * 66 + "😀" + "字" * 10)
    assert [len(one) for one in parts.pieces] == [66, 11]


def test_escaped_signs_of_gsm_are_not_torn_and_count_twice() -> None:
    parts = split("a" * 152 + "€" + "b" * 20)
    assert parts.alphabet is Alphabet.GSM7
    assert [len(one) for one in parts.pieces] == [152, 21]
    assert split("€" * 80).count == 1
    assert split("€" * 81).count == 2


def test_counts_of_operators() -> None:
    assert [split("字" * count).count for count in (70, 71, 134, 135)] == [1, 2, 2, 3]
    assert [split("a" * count).count for count in (160, 161, 306, 307)] == [1, 2, 2, 3]
    assert split("a" * 71, Alphabet.UCS2).count == 2


def test_gsm_alphabet_both_ways() -> None:
    everything = gsm7.BASIC.replace("\x1b", "") + "".join(gsm7.ESCAPED.values())
    assert gsm7.decode(gsm7.encode(everything)) == everything
    assert gsm7.encode("[€]@") == b"\x1b\x3c\x1be\x1b\x3e\x00"
    assert gsm7.decode(b"\x1b\x3c\x1b") == "["
    assert alphabet_of("é ok", Alphabet.ASCII) is Alphabet.UCS2


def test_headers_of_both_sizes_and_nonsense() -> None:
    assert udh.strip(Place(300, 3, 2).header + b"x") == (Place(300 & 0xFF, 3, 2), b"x")
    assert udh.strip(b"\x06\x08\x04\x01\x02\x02\x01x") == (Place(0x0102, 2, 1), b"x")
    assert udh.strip(b"\x08\x05\x01\xff\x00\x03\x09\x02\x01x") == (Place(9, 2, 1), b"x")
    assert udh.strip(b"\x05\x00\x03\x09\x02\x03x") == (None, b"x")  # part 3 of 2
    assert udh.strip(b"\xff\x00") == (None, b"\xff\x00")
    assert udh.strip(b"") == (None, b"")


def test_pieces_in_any_order_and_twice() -> None:
    joining = Joining()
    add = joining.add
    assert add("+861", "95", Place(7, 3, 3), "三", 0) is None
    assert add("+861", "95", Place(7, 3, 1), "一", 1) is None
    assert add("+862", "95", Place(7, 3, 2), "别人", 1) is None
    assert add("+861", "95", Place(7, 3, 3), "三", 1) is None
    assert str(add("+861", "95", Place(7, 3, 2), "二", 2)) == "一二三"
    assert [str(one) for one in joining.overdue(WAIT_S + 1)] == ["…别人…"]
    assert joining.all() == []


def test_a_reference_used_again_begins_a_new_text() -> None:
    joining = Joining()
    joining.add("+861", "95", Place(7, 2, 1), "旧", 0)
    joining.add("+861", "95", Place(7, 2, 1), "新", 1)
    assert str(joining.add("+861", "95", Place(7, 2, 2), "的", 2)) == "新的"
    assert [str(one) for one in joining.overdue(3)] == ["旧…"]


def test_unfinished_texts_are_bounded() -> None:
    joining = Joining()
    for number in range(MOST_TEXTS + 5):
        joining.add(f"+86{number}", "95", Place(1, 2, 1), "x", 0)
    assert len(joining.overdue(1)) == 5
    assert len(joining.all()) == MOST_TEXTS
