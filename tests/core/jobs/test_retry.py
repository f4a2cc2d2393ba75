"""Whether and when a failed job is tried again: a pure rule."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from careline.errors import Conflict, Invalid, NotFound, Refused, Unavailable
from careline.jobs import Park, Postpone, RetryPolicy
from careline.jobs.model import Parked, Retry, retry_decision

NOW = datetime(2026, 11, 22, 8, tzinfo=UTC)
POLICY = RetryPolicy(max_tries=5, first=2.0, longest=60.0)


def wait(tries: int, chance: float, policy: RetryPolicy = POLICY) -> float:
    decision = retry_decision(policy, tries, OSError("x"), NOW, chance)
    assert isinstance(decision, Retry)
    assert decision.counted
    return (decision.run_at - NOW).total_seconds()


def test_waits_double_up_to_the_longest() -> None:
    policy = RetryPolicy(max_tries=100, first=2.0, longest=60.0)
    assert [wait(tries, 1.0, policy) for tries in (1, 2, 3, 5, 6, 99)] == [2, 4, 8, 32, 60, 60]


def test_jitter_spreads_between_half_and_whole() -> None:
    assert wait(3, 0.0) == 4.0
    assert wait(3, 0.5) == 6.0
    assert wait(3, 1.0) == 8.0


def test_the_last_try_parks() -> None:
    assert isinstance(retry_decision(POLICY, 4, OSError("x"), NOW, 0.5), Retry)
    assert retry_decision(POLICY, 5, OSError("x"), NOW, 0.5) == Parked()


@pytest.mark.parametrize(
    "error", [Invalid("a", "a"), NotFound("a", "a"), Refused("a", "a"), Park("no")]
)
def test_errors_that_last_park_at_once(error: Exception) -> None:
    assert retry_decision(POLICY, 1, error, NOW, 0.5) == Parked()


@pytest.mark.parametrize("error", [Unavailable("a", "a"), Conflict("a", "a"), ZeroDivisionError()])
def test_errors_that_may_pass_are_tried_again(error: Exception) -> None:
    assert isinstance(retry_decision(POLICY, 1, error, NOW, 0.5), Retry)


def test_a_postponed_job_is_not_counted_however_often() -> None:
    later = NOW + timedelta(hours=9)
    assert retry_decision(POLICY, 99, Postpone(later, "night"), NOW, 0.5) == Retry(later, False)


def test_postponing_into_the_past_means_now() -> None:
    past = Postpone(NOW - timedelta(hours=1), "night")
    assert retry_decision(POLICY, 1, past, NOW, 0.5) == Retry(NOW, False)
