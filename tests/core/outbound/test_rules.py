"""What comes after a try."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from attrs import evolve
from hypothesis import given
from hypothesis import strategies as st

from careline.errors import Invalid
from careline.outbound.model import Kept, Mode, Outcome, Rung, Stage, Task
from careline.outbound.rules import Retries, after, next_half

NOW = datetime(2026, 11, 23, 2, 0, tzinfo=UTC)  # 10:00 in China
ZONE = ZoneInfo("Asia/Shanghai")
RETRIES = Retries()
LADDER = (Rung("+8613800001111", "本人"), Rung("+8613800002222", "女儿"))


def kept(**changes: Any) -> Kept:
    """A task on its first try, with two numbers."""
    about = {
        name: changes.pop(name) for name in ("not_after", "rungs", "most_tries") if name in changes
    }
    task = Task(
        **{
            "key": "f:1",
            "plugin": "followup",
            "mode": Mode.AUTOMATIC,
            "rungs": LADDER,
            "flow": "followup",
            "due": NOW,
            **about,
        }
    )
    standing = {"stage": Stage.CALLING, "tries": 1, "rung_tries": 1, "next_at": NOW, "since": NOW}
    return Kept(task=task, **{**standing, **changes})


@pytest.mark.parametrize(
    ("outcome", "later"),
    [(Outcome.BUSY, timedelta(minutes=10)), (Outcome.NO_ANSWER, timedelta(hours=2))],
)
def test_who_was_not_reached_is_called_again_at_the_same_number(
    outcome: Outcome, later: timedelta
) -> None:
    changes = after(kept(), outcome, NOW, RETRIES, ZONE)
    assert changes["stage"] is Stage.WAITING
    assert changes["next_at"] == NOW + later
    assert "rung" not in changes


def test_after_three_tries_it_is_the_next_number_and_then_the_end() -> None:
    first = after(kept(rung_tries=3, tries=3), Outcome.NO_ANSWER, NOW, RETRIES, ZONE)
    assert (first["stage"], first["rung"], first["rung_tries"]) == (Stage.WAITING, 1, 0)
    last = after(kept(rung=1, rung_tries=3, tries=6), Outcome.NO_ANSWER, NOW, RETRIES, ZONE)
    assert (last["stage"], last["outcome"]) == (Stage.DONE, Outcome.NO_ANSWER)


def test_a_wrong_number_leads_to_the_family_at_once() -> None:
    changes = after(kept(), Outcome.WRONG_NUMBER, NOW, RETRIES, ZONE)
    assert (changes["rung"], changes["next_at"]) == (1, NOW)
    alone = after(kept(rungs=LADDER[:1]), Outcome.WRONG_NUMBER, NOW, RETRIES, ZONE)
    assert alone["stage"] is Stage.DONE


def test_a_failure_of_our_own_costs_the_number_no_try_but_does_not_go_on_for_ever() -> None:
    changes = after(kept(rung_tries=3, tries=3), Outcome.FAILED, NOW, RETRIES, ZONE)
    assert (changes["stage"], changes["rung_tries"]) == (Stage.WAITING, 2)
    end = after(kept(tries=RETRIES.most), Outcome.FAILED, NOW, RETRIES, ZONE)
    assert end["stage"] is Stage.DONE


def test_what_would_come_too_late_is_over_now() -> None:
    soon = kept(not_after=NOW + timedelta(minutes=30))
    assert after(soon, Outcome.NO_ANSWER, NOW, RETRIES, ZONE)["stage"] is Stage.DONE
    assert after(soon, Outcome.BUSY, NOW, RETRIES, ZONE)["stage"] is Stage.WAITING


@pytest.mark.parametrize(
    ("at", "then"),
    [
        ("2026-11-23T10:00", "2026-11-23T14:30"),
        ("2026-11-23T14:30", "2026-11-24T09:00"),
        ("2026-11-23T08:59", "2026-11-23T09:00"),
        ("2026-11-23T23:00", "2026-11-24T09:00"),
    ],
)
def test_a_machine_is_tried_in_the_next_half_of_a_day(at: str, then: str) -> None:
    moment = datetime.fromisoformat(at).replace(tzinfo=ZONE).astimezone(UTC)
    assert next_half(moment, ZONE) == datetime.fromisoformat(then).replace(tzinfo=ZONE)


@given(st.lists(st.sampled_from(list(Outcome)), min_size=1, max_size=60))
def test_every_task_comes_to_an_end(outcomes: list[Outcome]) -> None:
    """Whatever comes of its tries, a task is over after twenty, and its hour only moves on."""
    one, now = kept(tries=0, rung_tries=0, stage=Stage.WAITING), NOW
    for outcome in outcomes:
        if one.stage is Stage.DONE:
            break
        one = evolve(one, stage=Stage.CALLING, tries=one.tries + 1, rung_tries=one.rung_tries + 1)
        changes = after(one, outcome, now, RETRIES, ZONE)
        one = evolve(one, **changes)
        assert one.next_at >= NOW
        assert one.rung < len(LADDER)
        now = max(now, one.next_at)
    assert one.tries <= RETRIES.most
    assert one.stage is Stage.DONE or len(outcomes) < RETRIES.most


@pytest.mark.parametrize(
    "wrong",
    [{"rungs": ()}, {"key": ""}, {"key": "k" * 113}, {"flow": ""}, {"mode": Mode.PREVIEW}],
)
def test_a_task_that_can_never_be_called_is_refused(wrong: dict[str, Any]) -> None:
    about = {
        "key": "f:1",
        "plugin": "followup",
        "mode": Mode.AUTOMATIC,
        "rungs": LADDER,
        "flow": "followup",
        "due": NOW,
    }
    with pytest.raises(Invalid):
        Task(**{**about, **wrong})


def test_a_task_with_fewer_tries_of_its_own_is_over_sooner_but_not_by_our_failures() -> None:
    first = kept(most_tries=2)
    assert after(first, Outcome.NO_ANSWER, NOW, RETRIES, ZONE)["stage"] is Stage.WAITING
    second = kept(most_tries=2, tries=2, rung_tries=2)
    assert after(second, Outcome.NO_ANSWER, NOW, RETRIES, ZONE)["stage"] is Stage.DONE
    assert after(second, Outcome.FAILED, NOW, RETRIES, ZONE)["stage"] is Stage.WAITING
