"""One running site for all tests of the workspace in a browser, and the people at it."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, TypeVar

import pytest
from playwright.sync_api import Playwright
from tests.web.support.network import an_address
from tests.web.support.people import Patient, Person, Staff, launch, voice_of
from tests.web.support.site import WebSite, running
from tests.web.support.sound import FIRST, LEADER, PATIENT, SECOND

from careline.asterisk.layout import Tree
from careline.testing.asterisk import TREE_VARIABLE

P = TypeVar("P", bound=Person)
FAILED = pytest.StashKey[bool]()


@pytest.fixture(scope="session")
def site(
    asterisk_tree: Tree,
    spoken_prompts: Path,
    pytestconfig: pytest.Config,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[WebSite]:
    """The demonstration hospital as ``careline run`` serves it."""
    elsewhere = os.environ.get(TREE_VARIABLE)
    tree = Path(elsewhere or pytestconfig.rootpath / ".cache/asterisk")
    with (
        an_address(),
        running(tmp_path_factory.mktemp("site") / "home", tree, spoken_prompts) as it,
    ):
        yield it


@pytest.fixture(scope="session")
def person(
    site: WebSite, playwright: Playwright, tmp_path_factory: pytest.TempPathFactory
) -> Callable[[type[P], int], P]:
    """Make somebody with a browser, by kind and voice."""
    folder = tmp_path_factory.mktemp("voices")
    browsers: dict[int, Any] = {}

    def make(kind: type[P], hertz: int) -> P:
        if hertz not in browsers:
            browsers[hertz] = launch(playwright, voice_of(folder, hertz))
        return kind(site, browsers[hertz], hertz)

    return make


def _at_work(made: P, request: pytest.FixtureRequest) -> Iterator[P]:
    """Complaints of the browser are failures; a failed test leaves a picture of each page."""
    yield made
    if request.node.stash.get(FAILED, False):
        folder = request.config.rootpath / ".cache/web-failures"
        made.page.screenshot(path=folder / f"{request.node.name}-{request.fixturename}.png")
    made.end()
    assert made.problems == []


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Iterator[None]:
    """Remember on the test itself that it failed."""
    report: Any = yield
    item.stash[FAILED] = item.stash.get(FAILED, False) or report.failed
    return report


@pytest.fixture(autouse=True)
def quitting_time(request: pytest.FixtureRequest) -> Iterator[None]:
    """Nobody of the test before is at work any more."""
    yield
    if "site" in request.fixturenames:
        site: WebSite = request.getfixturevalue("site")
        for agent in ("8001", "8002", "8003"):
            site.place.careline("agent", "sign-out", agent)


@pytest.fixture
def patient(
    person: Callable[[type[Patient], int], Patient], request: pytest.FixtureRequest
) -> Iterator[Patient]:
    """Somebody at the phone page."""
    yield from _at_work(person(Patient, PATIENT), request)


@pytest.fixture
def first(
    person: Callable[[type[Staff], int], Staff], request: pytest.FixtureRequest
) -> Iterator[Staff]:
    """Somebody at a desk."""
    yield from _at_work(person(Staff, FIRST), request)


@pytest.fixture
def second(
    person: Callable[[type[Staff], int], Staff], request: pytest.FixtureRequest
) -> Iterator[Staff]:
    """Somebody at the next desk."""
    yield from _at_work(person(Staff, SECOND), request)


@pytest.fixture
def leader(
    person: Callable[[type[Staff], int], Staff], request: pytest.FixtureRequest
) -> Iterator[Staff]:
    """Somebody who looks after them."""
    yield from _at_work(person(Staff, LEADER), request)
