from __future__ import annotations

import signal
import sys
from collections.abc import Generator, Iterator
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, settings
from tests.support.databases import db, db_clock, db_url, emptied

from careline.testing import fixtures

if TYPE_CHECKING:
    from playwright.sync_api import Playwright

__all__ = ["db", "db_clock", "db_url", "emptied"]


#: Files that take longest, the longest first: begun last, one of them would keep everybody waiting.
LONGEST = (
    "docs/test_tutorial.py",
    "integration/test_plugins_with_calls.py",
    "integration/test_bad_input.py",
    "web/test_pages.py",
    "integration/test_faults_core.py",
    "integration/test_a_call.py",
    "integration/test_faults_database.py",
    "cli/test_run.py",
    "web/test_desk.py",
    "integration/test_plugin_upgrade.py",
    "integration/test_faults_supervised.py",
    "web/test_a_call.py",
    "integration/test_satisfaction.py",
    "integration/test_recording_faults.py",
    "contract/test_outbound.py",
    "plugins/sms/faults/test_faults.py",
    "plugins/test_contract.py",
)


@pytest.hookimpl(wrapper=True)
def pytest_collection() -> Generator[None, object, object]:
    """Keep test files as they were compiled, even where Python is told to keep nothing.

    Else each worker of each run does it all again, which takes longer than a thousand tests. What
    tests write and import themselves is not kept: its files change faster than their times.
    """
    told, sys.dont_write_bytecode = sys.dont_write_bytecode, False
    try:
        return (yield)
    finally:
        sys.dont_write_bytecode = told


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Begin with what takes longest (``--no-loadscope-reorder`` keeps that order)."""
    tests = config.rootpath / "tests"
    first = {tests / name: place for place, name in enumerate(LONGEST)}
    items.sort(key=lambda item: first.get(item.path, len(first)))


def pytest_configure(config: pytest.Config) -> None:
    """Make the fixtures known when careline is on the path but not installed.

    A run in the background of a script ignores Ctrl-C, and so would every process that tests start.
    """
    settings.register_profile(
        "careline", deadline=None, suppress_health_check=[HealthCheck.too_slow]
    )
    settings.load_profile("careline")  # how long an example takes is the machine's affair
    signal.signal(signal.SIGINT, signal.default_int_handler)
    if not config.pluginmanager.is_registered(fixtures):
        config.pluginmanager.register(fixtures, "careline")


@pytest.fixture(scope="session")
def playwright() -> Iterator[Playwright]:
    """The driver of all browsers of a process, which can have but one."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as driver:
        yield driver
