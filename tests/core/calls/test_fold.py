"""Facts told late, twice or again by the journal spoil no record."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from careline.calls import facts as f
from careline.calls.fold import apply, begin
from careline.calls.model import CallRecord, Outcome, durations
from careline.calls.store import Numbered, load, save
from careline.storage import Database

T0 = datetime(2026, 11, 22, 8, 0, tzinfo=UTC)


def at(seconds: float) -> datetime:
    return T0 + timedelta(seconds=seconds)


def up(number: str = "13800001111", extension: str = "8000") -> f.ChannelUp:
    return f.ChannelUp(
        at=T0,
        channel="hq-1.1",
        name="PJSIP/city-1",
        context="careline-inbound",
        extension=extension,
        number=number,
    )


def after(call: CallRecord, *facts: f.Fact) -> CallRecord:
    for fact in facts:
        call = apply(call, fact)
    return call


def waits(queue: str, since: float, until: float = 0.0, reason: str = "left") -> list[f.Fact]:
    ends = f.Dequeued(at=at(until), channel="hq-1.1", queue=queue, reason=reason)
    return [f.Queued(at=at(since), channel="hq-1.1", queue=queue), *([ends] if until else [])]


def rings(channel: str, agent: str, since: float) -> list[f.Fact]:
    name = f"PJSIP/1001-{channel}"
    return [
        f.ChannelUp(at=at(since), channel=channel, name=name, context="careline-phones"),
        f.Rang(at=at(since), channel=channel, agent=agent, queue="booking"),
    ]


def connected(channel: str, agent: str, when: float) -> f.Fact:
    return f.Connected(at=at(when), channel=channel, agent=agent, queue="booking")


def test_an_earlier_queue_told_again_ends_no_later_one() -> None:
    call = after(begin(up()), *waits("agent-8001", 1, 11), *waits("booking", 11.2))
    again = after(call, *waits("agent-8001", 0.9, 11.01), *waits("booking", 11.15))
    assert again is call
    assert again.waiting_in == "booking"


def test_who_comes_back_to_the_same_agent_was_answered_again() -> None:
    call = after(
        begin(up()),
        *waits("booking", 1),
        *rings("a", "8001", 2),
        connected("a", "8001", 3),
        *waits("booking", 20),
        *rings("b", "8001", 21),
        connected("b", "8001", 25),
    )
    assert [stay.reason for stay in call.stays] == ["answered", "answered"]
    assert call.agents == ("8001",)
    assert durations(call, at(60)).wait_ms == 2000 + 5000


def test_an_answer_told_again_ends_no_later_wait() -> None:
    call = after(
        begin(up()),
        *waits("booking", 1),
        *rings("a", "8001", 2),
        connected("a", "8001", 3),
        *waits("booking", 20),
    )
    assert after(call, connected("a", "8001", 3)) is call


def test_a_time_out_is_not_an_abandoned_call() -> None:
    told = [*waits("booking", 1, 11, "abandoned")]
    why = f.Dequeued(at=at(11.1), channel="hq-1.1", queue="", reason="timeout")
    assert after(begin(up()), *told, why).stays[0].reason == "timeout"


def test_who_hangs_up_in_a_queue_has_given_up() -> None:
    gone = f.ChannelGone(at=at(9), channel="hq-1.1", cause=16)
    call = after(begin(up()), *waits("booking", 1), gone)
    assert (call.outcome, call.stays[0].reason) == (Outcome.ABANDONED, "abandoned")
    assert after(call, gone) is call


def test_a_caller_with_a_number_of_any_length_is_recorded(db: Database) -> None:
    first = up(number="x" * 200, extension="9" * 79)
    who = f.Identified(at=at(1), channel="hq-1.1", dnis="9" * 79)
    call = after(begin(first), who)
    db.run_sync(save, call, [Numbered(1, first), Numbered(2, who)], at(2))
    stored = db.run_sync(load, call.id)
    assert stored is not None
    assert stored.record == call
