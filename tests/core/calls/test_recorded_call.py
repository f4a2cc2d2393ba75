"""One real queue call, as manager events and as Asterisk's journal, gives one right record."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path

import pytest

from careline.calls import facts as f
from careline.calls import from_ami, journal
from careline.calls.fold import apply, begin
from careline.calls.model import CallRecord, LegKind, Outcome, durations
from careline.telephony.ami import Decoder

DATA = Path(__file__).parent / "data"


def fold(facts: Iterable[f.Fact]) -> CallRecord:
    first, *rest = facts
    assert isinstance(first, f.ChannelUp)
    call = begin(first)
    for fact in rest:
        call = apply(call, fact)
    return call


def live() -> list[f.Fact]:
    decoder = Decoder(None)
    messages = decoder.feed((DATA / "queue_call.ami").read_bytes())
    return [fact for message in messages for fact in from_ami.facts_of(message)]


def told() -> list[f.Fact]:
    lines = journal.parse((DATA / "queue_call.csv").read_text().splitlines())
    return [fact for line in lines for fact in journal.facts_of(line, agent_of)]


def agent_of(endpoint: str) -> str:
    return "2001" if endpoint == "PJSIP/2001" else ""


@pytest.mark.parametrize("source", [live, told])
def test_the_record_tells_the_whole_call(source) -> None:
    call = fold(source())
    assert call.ended is not None
    assert call.outcome is Outcome.ANSWERED
    assert call.agents == ("2001",)
    assert (call.dnis, call.caller) == ("8000", "13800001111")
    assert [leg.kind for leg in call.legs] == [LegKind.CALLER, LegKind.AGENT]
    assert [(stay.queue, stay.reason) for stay in call.stays] == [("test", "answered")]
    assert call.live_channels == ()


def test_the_three_durations_are_those_of_the_switch() -> None:
    """queue_log of this very call says: CONNECT 3, COMPLETECALLER 3 and 6 whole seconds."""
    call = fold(live())
    assert call.ended
    figures = durations(call, call.ended)
    assert figures.ring_ms == 1004
    assert figures.wait_ms == 3713
    assert figures.talk_ms == 5281
    assert figures.trunk_ms == 9010
    assert figures.handling_ms == figures.talk_ms


def test_facts_told_twice_change_nothing() -> None:
    """The journal is replayed over live events after a gap: not one duration may move."""
    facts = live()
    once = fold(facts)
    twice = once
    for fact in facts[1:]:
        twice = apply(twice, fact)
    assert twice == once


@pytest.mark.parametrize("seen", range(1, 12))
def test_the_journal_completes_a_call_seen_only_in_part(seen: int) -> None:
    """The core was killed after ``seen`` facts of the journal; the rest comes from the journal."""
    facts = told()
    call = fold(facts[:seen])
    for fact in facts[1:]:
        call = apply(call, fact)
    assert call == fold(facts)


def test_a_torn_line_takes_nothing_of_the_next_one() -> None:
    first, second, *_ = (DATA / "queue_call.csv").read_text().splitlines()
    [whole] = journal.parse([second])
    for cut in range(len(first)):
        *_, last = journal.parse([first[:cut], second])
        assert last == whole


def test_a_name_with_a_strange_line_end_is_one_line(tmp_path: Path) -> None:
    first, *_ = (DATA / "queue_call.csv").read_text().splitlines()
    path = tmp_path / "journal.csv"
    number = next(journal.parse([first])).number
    path.write_text(first.replace(f'"{number}"', f'"{number}\u2028"', 1) + "\n", encoding="utf-8")
    assert len(journal.read_since(path, datetime(2000, 1, 1, tzinfo=UTC))) == 1


def test_a_torn_line_is_passed_over() -> None:
    text = (DATA / "queue_call.csv").read_text()
    lines = list(journal.parse(text[: len(text) - 40].splitlines()))
    assert len(lines) == len(text.splitlines()) - 1


def test_a_lost_end_closes_everything_that_lasts() -> None:
    facts = [fact for fact in live() if not isinstance(fact, f.Unbridged | f.ChannelGone)]
    call = fold(facts)
    assert call.ended is None
    at = facts[-1].at
    for leg in call.legs:
        call = apply(call, f.ChannelGone(at=at, channel=leg.channel))
    assert call.ended == at
    assert all(talk.end for leg in call.legs for talk in leg.talks)


def test_a_rotated_journal_is_still_read(tmp_path: Path) -> None:
    path = tmp_path / "journal.csv"
    text = (DATA / "queue_call.csv").read_text()
    path.write_text(text)
    assert not journal.rotate(path)
    assert journal.rotate(path, limit=100)
    half = text.splitlines(keepends=True)[6:]
    path.write_text("".join(half))
    since = datetime.fromtimestamp(0, UTC)
    assert len(journal.read_since(path, since)) == len(text.splitlines()) + len(half)
    assert journal.read_since(tmp_path / "none.csv", since) == []
