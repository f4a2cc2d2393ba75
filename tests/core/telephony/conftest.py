"""Asterisks without a network that leave nothing behind."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from tests.core.telephony.fake import FakeAsterisk


@pytest.fixture
def asterisk() -> Iterator[FakeAsterisk]:
    """A FakeAsterisk; every link to it is stopped in the end."""
    asterisk = FakeAsterisk()
    yield asterisk
    asterisk.stop_links()
