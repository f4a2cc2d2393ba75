from __future__ import annotations

from careline.supervisor.restarts import CALM, DELAYS, Restarts


def test_what_came_up_is_restarted_at_once_and_for_ever():
    restarts = Restarts()
    assert {restarts.ended(100.0 * n, came_up=True) for n in range(50)} == {0.0}


def test_what_never_came_up_is_given_up_after_five_tries():
    restarts = Restarts()
    delays = [restarts.ended(float(n), came_up=False) for n in range(5)]
    assert delays == [*DELAYS[1:5], None]


def test_what_came_up_once_is_never_given_up():
    restarts = Restarts()
    restarts.ended(0.0, came_up=True)
    delays = [restarts.ended(100.0 * n, came_up=False) for n in range(20)]
    assert None not in delays
    assert delays[-1] == DELAYS[-1]


def test_a_child_that_dies_again_and_again_within_a_minute_is_slowed_down():
    restarts = Restarts()
    delays = [restarts.ended(float(n), came_up=True) for n in range(14)]
    assert delays == [0.0] * 12 + [CALM] * 2
