from __future__ import annotations

import os

import pytest

from careline.errors import Conflict
from careline.supervisor import alone
from careline.supervisor.lock import is_held


def test_two_in_one_home_are_refused_until_the_first_has_ended(tmp_path):
    lock = tmp_path / "home/run.lock"
    with alone(lock):
        with pytest.raises(Conflict, match=f"process {os.getpid()}"), alone(lock):
            pass
        with pytest.raises(Conflict), alone(lock):
            pass
    with alone(lock):
        pass


def test_others_see_whether_it_is_held_without_taking_it(tmp_path):
    lock = tmp_path / "run.lock"
    assert not is_held(lock)
    with alone(lock):
        assert is_held(lock)
        with alone(tmp_path / "other.lock"):
            pass
        assert not is_held(tmp_path / "other.lock")
    assert not is_held(lock), "the file stays, with our process in it"
    assert not is_held(lock, tmp_path / "no proc here")
