from __future__ import annotations

import os

import pytest

from careline.errors import Conflict
from careline.supervisor import alone


def test_two_in_one_home_are_refused_until_the_first_has_ended(tmp_path):
    lock = tmp_path / "home/run.lock"
    with alone(lock):
        with pytest.raises(Conflict, match=f"process {os.getpid()}"), alone(lock):
            pass
        with pytest.raises(Conflict), alone(lock):
            pass
    with alone(lock):
        pass
