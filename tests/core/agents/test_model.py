"""No sequence of wishes and happenings brings an agent into an impossible state."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from careline.agents import model as m
from careline.agents.model import AgentStatus, Reason, State
from careline.errors import Refused

T0 = datetime(2026, 11, 22, 8, 0, tzinfo=UTC)
WRAP = timedelta(seconds=30)

STEPS = {
    "sign_in": lambda now, at: m.sign_in(now, at, "1001"),
    "sign_out": m.sign_out,
    "ready": m.ready,
    "not_ready": lambda now, at: m.not_ready(now, at, Reason.MEAL),
    "ring": lambda now, at: m.ring(now, at, "c1"),
    "ring_stopped": m.ring_stopped,
    "no_answer": lambda now, at: m.no_answer(now, at, WRAP),
    "talk": lambda now, at: m.talk(now, at, "c1"),
    "hold": m.hold,
    "consult": m.consult,
    "hang_up": lambda now, at: m.hang_up(now, at, WRAP),
    "lapse": m.lapse,
}


def play(*names: str) -> AgentStatus:
    now = AgentStatus(agent="8001", since=T0)
    for count, name in enumerate(names):
        now = STEPS[name](now, T0 + timedelta(minutes=count))
    return now


def check(status: AgentStatus) -> None:
    signed_in = status.state is not State.SIGNED_OUT
    assert bool(status.phone) is signed_in
    in_call = status.state in m.ON_CALL or status.state in (State.RINGING, State.WRAP_UP)
    assert bool(status.call) is in_call
    assert status.takes_calls <= signed_in
    assert status.state is not State.WRAP_UP or status.until is not None
    assert status.reason is Reason.NONE or status.state is State.NOT_READY
    assert status.reason is not Reason.NO_ANSWER or status.until is not None


@given(st.lists(st.sampled_from(sorted(STEPS)), max_size=40))
def test_every_reachable_state_makes_sense(names: list[str]) -> None:
    now = AgentStatus(agent="8001", since=T0)
    for count, name in enumerate(names):
        try:
            now = STEPS[name](now, T0 + timedelta(minutes=count))
        except Refused:
            continue
        check(now)


def test_a_normal_call_ends_in_ready() -> None:
    done = play("sign_in", "ready", "ring", "talk", "hold", "talk", "hang_up", "lapse")
    assert done.state is State.READY


@pytest.mark.parametrize(
    ("wish", "then"),
    [("not_ready", State.NOT_READY), ("sign_out", State.SIGNED_OUT), ("ready", State.READY)],
)
def test_a_wish_in_mid_call_is_kept_for_afterwards(wish: str, then: State) -> None:
    during = play("sign_in", "ready", "ring", "talk", wish)
    assert during.state is State.TALKING
    assert play("sign_in", "ready", "ring", "talk", wish, "hang_up", "lapse").state is then


def test_the_wrap_up_limit_is_not_left_early() -> None:
    wrapping = play("sign_in", "ready", "ring", "talk", "hang_up")
    assert wrapping.until is not None
    assert m.lapse(wrapping, wrapping.until - timedelta(seconds=1)) is wrapping


def test_no_answer_is_a_penalty_that_ends_by_itself() -> None:
    away = play("sign_in", "ready", "ring", "no_answer")
    assert (away.state, away.reason) == (State.NOT_READY, Reason.NO_ANSWER)
    assert play("sign_in", "ready", "ring", "no_answer", "lapse").state is State.READY


def test_ringing_one_who_is_not_ready_gives_the_reason_back() -> None:
    back = play("sign_in", "not_ready", "ring", "ring_stopped")
    assert (back.state, back.reason) == (State.NOT_READY, Reason.MEAL)


@pytest.mark.parametrize(
    "rings", [("not_ready", "ring"), ("ready", "ring", "not_ready"), ("ready", "ring", "sign_out")]
)
def test_a_ring_offers_nobody_who_is_not_ready_afterwards(rings: tuple[str, ...]) -> None:
    assert play("sign_in", *rings).state is State.RINGING
    assert not play("sign_in", *rings).takes_calls
    assert play("sign_in", "ready", "ring").takes_calls


@pytest.mark.parametrize("interruption", [("ring", "ring_stopped"), ("talk", "hang_up", "lapse")])
def test_a_penalty_or_wrap_up_that_a_call_cuts_short_is_over(interruption: tuple[str, ...]) -> None:
    penalty = ("sign_in", "ready", "ring", "no_answer")
    assert play(*penalty, *interruption).state is State.READY
    wrapping = ("sign_in", "ready", "ring", "talk", "hang_up")
    assert play(*wrapping, *interruption).state is State.READY


@pytest.mark.parametrize(
    ("wish", "then"), [("not_ready", State.NOT_READY), ("sign_out", State.SIGNED_OUT)]
)
@pytest.mark.parametrize("end", [("no_answer",), ("ring", "ring_stopped"), ("ring", "no_answer")])
def test_a_wish_while_it_rings_is_kept(wish: str, then: State, end: tuple[str, ...]) -> None:
    done = play("sign_in", "ready", "ring", wish, *end)
    assert done.state is then
    assert done.until is None


def test_signing_in_twice_is_refused() -> None:
    with pytest.raises(Refused):
        play("sign_in", "sign_in")


def test_a_pin_is_salted_and_checked() -> None:
    stored = m.hash_pin("4711")
    assert [len(part) for part in stored.split("$")] == [32, 128]
    assert stored != m.hash_pin("4711")
    assert m.pin_matches("4711", stored)
    assert not m.pin_matches("4712", stored)
    assert not m.pin_matches("", "")


@pytest.mark.parametrize("pin", ["", "123", "123456789", "12a4", "１２３４"])
def test_a_weak_or_odd_pin_is_refused(pin: str) -> None:
    with pytest.raises(Refused):
        m.hash_pin(pin)
