from __future__ import annotations

from collections.abc import Iterator

import pytest
from tests.contract.mini import Mini

from careline.testing import Spinner
from careline.testing.stage import Stage


@pytest.fixture
def mini(spin: Spinner, stage: Stage) -> Iterator[Mini]:
    """The trivial program, connected to the stage."""
    program = Mini(stage)
    spin(program.start())
    yield program
    spin(program.stop())
