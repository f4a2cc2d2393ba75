"""The pytest plugin: fixtures for careline's tests and for those of its plugins.

Loaded by pytest in every project on a machine that has careline installed, so importing it imports
nothing but pytest, it hooks into nothing and no fixture is used unless a test names it.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from careline.testing.runner import Spinner


@pytest.fixture
def spin() -> Iterator[Spinner]:
    """Run coroutines on the real reactor: ``spin(coro)``; see careline.testing.runner.Spinner."""
    from careline.testing.runner import Spinner

    spinner = Spinner()
    yield spinner
    spinner.close()
