"""Facts told late, twice or again by the journal spoil no record."""

from __future__ import annotations

from collections.abc import Iterable

from tests.core.calls.support import (
    CALL,
    answered,
    at,
    bridged,
    caller_up,
    connected,
    dequeued,
    gone,
    outside_up,
    phone_up,
    queued,
    rang,
    unbridged,
)

from careline.calls import facts as f
from careline.calls.fold import apply, begin
from careline.calls.model import CallRecord, Direction, Outcome, durations
from careline.calls.store import Numbered, load, save
from careline.storage import Database


def after(call: CallRecord, *facts: f.Fact) -> CallRecord:
    for fact in facts:
        call = apply(call, fact)
    return call


def talked() -> list[f.Fact]:
    """A talk of 10 s with agent 8001, the caller on hold in another bridge for 2 s of them."""
    talk = [bridged(CALL, 5), bridged("a", 5), unbridged("a", 9), bridged("a", 11, "b2")]
    return [queued("booking", 1), phone_up("a", 2), rang("a", 2), connected("a", 5), *talk]


def record(facts: Iterable[f.Fact]) -> CallRecord:
    return after(begin(caller_up()), *facts)


def test_a_talk_told_again_is_not_longer() -> None:
    call = record([*talked(), gone("a", 17), gone(CALL, 17)])
    assert durations(call, at(60)).talk_ms == 4_000 + 6_000
    again = after(call, *talked(), unbridged("a", 17, "b2"), gone("a", 17))
    assert durations(again, at(60)) == durations(call, at(60))


def test_a_talk_told_again_while_the_phone_is_between_two_is_not_longer() -> None:
    between = talked()[:-1]
    call = record(between)
    assert after(call, *between) == call
    assert durations(call, at(60)).talk_ms == 4_000


def test_an_earlier_queue_told_again_ends_no_later_one() -> None:
    call = record([queued("agent-8001", 1), dequeued("agent-8001", 11), queued("booking", 11.2)])
    journal = [queued("agent-8001", 0.9), dequeued("agent-8001", 11.01), queued("booking", 11.15)]
    again = after(call, *journal)
    assert again is call
    assert again.waiting_in == "booking"


def test_who_may_not_even_wait_was_turned_away_unless_somebody_helps_after_all() -> None:
    call = record([dequeued("", 3, "closed")])
    assert call.outcome is Outcome.TURNED_AWAY
    assert after(call, queued("other", 4), gone(CALL, 9)).outcome is Outcome.ABANDONED
    left = f.Settled(at=at(9), channel=CALL, outcome="voicemail")
    assert after(call, left).outcome is Outcome.VOICEMAIL
    assert record([gone(CALL, 9)]).outcome is Outcome.SELF_SERVICE


def test_who_comes_back_to_the_same_agent_was_answered_again() -> None:
    first = [queued("booking", 1), phone_up("a", 2), rang("a", 2), connected("a", 3)]
    second = [queued("booking", 20), phone_up("b", 21), rang("b", 21), connected("b", 25)]
    call = record([*first, *second])
    assert [stay.reason for stay in call.stays] == ["answered", "answered"]
    assert call.agents == ("8001",)
    assert durations(call, at(60)).wait_ms == 2_000 + 5_000


def test_an_answer_told_again_ends_no_later_wait() -> None:
    first = [queued("booking", 1), phone_up("a", 2), rang("a", 2), connected("a", 3)]
    call = record([*first, queued("booking", 20)])
    assert after(call, connected("a", 3)) is call


def test_a_ring_before_the_wait_told_again_by_the_journal_is_no_ring_of_the_queue() -> None:
    """The agent's phone that we rang to dial; the agent has passed the patient to a queue since."""
    call = record([phone_up("a", 2), queued("booking", 20)])
    assert after(call, rang("a", 2, queue="")) is call
    assert after(call, phone_up("b", 21), rang("b", 21, queue="")).rings[0].queue == "booking"


def test_a_time_out_is_not_an_abandoned_call() -> None:
    told = [queued("booking", 1), dequeued("booking", 11, "abandoned")]
    call = record([*told, dequeued("", 11.1, "timeout")])
    assert call.stays[0].reason == "timeout"


def test_who_hangs_up_in_a_queue_has_given_up() -> None:
    call = record([queued("booking", 1), gone(CALL, 9)])
    assert (call.outcome, call.stays[0].reason) == (Outcome.ABANDONED, "abandoned")
    assert after(call, gone(CALL, 9)) is call


def test_who_is_put_through_to_somebody_outside_was_answered() -> None:
    told = [queued("booking", 1), dequeued("booking", 11, "timeout"), outside_up("o", 12)]
    ringing = record([*told, gone("o", 20), gone(CALL, 21)])
    assert ringing.outcome is Outcome.ABANDONED
    talking = record([*told, answered("o", 15), bridged("o", 15), gone("o", 20), gone(CALL, 21)])
    assert talking.outcome is Outcome.ANSWERED


def test_what_a_phone_dials_is_a_colleague_or_somebody_outside() -> None:
    dialled = begin(phone_up(CALL, 0, extension="8002"))
    colleague = after(dialled, phone_up("b", 1, "1002"))
    assert (colleague.direction, colleague.outcome) == (Direction.INTERNAL, Outcome.UNANSWERED)
    assert after(colleague, answered("b", 4)).outcome is Outcome.ANSWERED
    outside = after(dialled, outside_up("o", 1))
    assert (outside.direction, outside.outcome) == (Direction.OUTBOUND, Outcome.UNANSWERED)
    assert after(outside, answered("o", 4)).outcome is Outcome.ANSWERED


def test_a_caller_with_a_number_of_any_length_is_recorded(db: Database) -> None:
    first = caller_up(number="x" * 200, extension="9" * 79)
    who = f.Identified(at=at(1), channel=CALL, dnis="9" * 79)
    call = after(begin(first), who)
    db.run_sync(save, call, [Numbered(1, first), Numbered(2, who)], at(2))
    stored = db.run_sync(load, CALL)
    assert stored is not None
    assert stored.record == call


def test_the_call_is_of_the_agent_who_talked_last() -> None:
    first = [queued("booking", 1), phone_up("a", 2), rang("a", 2), connected("a", 3)]
    first += [bridged(CALL, 3), bridged("a", 3)]
    asked = [phone_up("b", 5, "1002"), f.Called(at=at(5), channel="b", agent="8002")]
    talk = [bridged("b", 6)]
    passed_on = record([*first, *asked, *talk, gone("a", 8), gone("b", 20)])
    assert passed_on.served_by == "8002"
    back_again = record([*first, *asked, *talk, gone("b", 8), gone("a", 20)])
    assert (back_again.agents, back_again.served_by) == (("8001", "8002"), "8001")
