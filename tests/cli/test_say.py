"""Tables fit Chinese characters; JSON is whole."""

from __future__ import annotations

from datetime import UTC, datetime

from careline.terminal.say import plain, table, width


def test_a_chinese_character_takes_two_columns() -> None:
    assert width("李敏 a") == 6
    text = table([{"n": "李敏", "p": 1}, {"n": "a", "p": None}], {"n": "n", "p": "p"})
    lines = zip(text.splitlines(), "p1-", strict=True)
    assert {width(line[: line.index(mark)]) for line, mark in lines} == {6}


def test_moments_are_told_with_their_zone() -> None:
    assert plain(datetime(2026, 11, 22, 8, tzinfo=UTC)) == "2026-11-22T08:00:00+00:00"
