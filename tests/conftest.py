from __future__ import annotations

import signal

import pytest
from tests.support.databases import db, db_clock, db_url

from careline.testing import fixtures

__all__ = ["db", "db_clock", "db_url"]


def pytest_configure(config: pytest.Config) -> None:
    """Make the fixtures known when careline is on the path but not installed.

    A run in the background of a script ignores Ctrl-C, and so would every process that tests start.
    """
    signal.signal(signal.SIGINT, signal.default_int_handler)
    if not config.pluginmanager.is_registered(fixtures):
        config.pluginmanager.register(fixtures, "careline")
