"""The pytest plugin: fixtures for careline's tests and for those of its plugins.

Loaded by pytest in every project on a machine that has careline installed, so importing it imports
nothing but pytest, it adds a setting and a mark, and no fixture is used unless a test names it.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from careline.asterisk.layout import Tree
    from careline.testing.asterisk import RealAsterisk
    from careline.testing.chromium import Chromium
    from careline.testing.core import MakeCore, MemoryCore
    from careline.testing.hospital import Hospital
    from careline.testing.house import House
    from careline.testing.postgres import Cluster
    from careline.testing.prepared import Databases
    from careline.testing.runner import Spinner
    from careline.testing.stage import Stage


def pytest_addoption(parser: pytest.Parser) -> None:
    """The one setting: the plugins that a project's tests are about."""
    parser.addini("careline_plugins", "plugins that ``core`` and ``house`` enable", "args", [])


def pytest_configure(config: pytest.Config) -> None:
    """The one mark, for projects that allow only marks they know."""
    needs = "integration: needs a real Asterisk, SIP phones, PostgreSQL or Chromium"
    config.addinivalue_line("markers", needs)


@pytest.fixture
def spin() -> Iterator[Spinner]:
    """Run coroutines on the real reactor: ``spin(coro)``; see careline.testing.runner.Spinner."""
    from careline.testing.runner import Spinner

    spinner = Spinner()
    yield spinner
    spinner.close()


@pytest.fixture(scope="session")
def careline_databases(tmp_path_factory: pytest.TempPathFactory) -> Databases:
    """Databases with a hospital in them, made once in a run and copied for each ``core``."""
    from careline.testing.prepared import Databases

    return Databases(tmp_path_factory.mktemp("databases"))


@pytest.fixture
def make_core(tmp_path: Path, careline_databases: Databases) -> Iterator[MakeCore]:
    """Start cores in memory: ``make_core("parking", places=3)``; see careline.testing.core.

    Words after the first are other plugins to enable, names with values are settings of the first.
    ``url`` is an empty PostgreSQL database.
    """
    from careline.testing.core import MemoryCore

    cores: list[MemoryCore] = []

    def make(*plugins: str, url: str = "", **settings: Any) -> MemoryCore:
        tables = {plugins[0]: settings} if settings else None
        home = tmp_path / f"home-{len(cores)}"
        made = MemoryCore(home, plugins, None, tables, url=url, databases=careline_databases)
        cores.append(made)
        made.run(made.up())
        return made

    yield make
    for one in cores:
        one.run(one.down())


@pytest.fixture(scope="session")
def postgres() -> Iterator[Cluster]:
    """A PostgreSQL server of the test run's own; missing programs skip, but fail where CI is true.

    ``make_core("parking", url=postgres.fresh())``; see careline.testing.postgres.
    """
    from careline.testing.postgres import cluster

    with cluster() as made:
        if made is None:
            missing = "PostgreSQL is not installed: apt install postgresql"
            if os.environ.get("CI") == "true":
                pytest.fail(missing)
            pytest.skip(missing)
        yield made


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.integration)])
def core_url(request: pytest.FixtureRequest) -> Iterator[str]:
    """For ``make_core("parking", url=core_url)``: the test runs on SQLite, then on PostgreSQL."""
    if request.param == "sqlite":
        yield ""
        return
    server = request.getfixturevalue("postgres")
    url = server.fresh()
    yield url
    server.drop(url)


@pytest.fixture
def core(make_core: MakeCore, pytestconfig: pytest.Config) -> MemoryCore:
    """A core in memory with the plugins that pytest's setting ``careline_plugins`` names."""
    return make_core(*pytestconfig.getini("careline_plugins"))


@pytest.fixture(scope="session")
def asterisk_tree(pytestconfig: pytest.Config) -> Tree:
    """The program files of an Asterisk, unpacked when missing (careline.testing.asterisk)."""
    from careline.testing.asterisk import find_tree

    return find_tree(pytestconfig.rootpath)


@pytest.fixture(scope="session")
def real_asterisk(
    asterisk_tree: Tree, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[RealAsterisk]:
    """One running Asterisk for all tests of a run; see careline.testing.asterisk.default_files."""
    from careline.testing.asterisk import start_asterisk

    asterisk = start_asterisk(asterisk_tree, tmp_path_factory.mktemp("asterisk") / "instance")
    try:
        yield asterisk
    finally:
        asterisk.stop()
    assert asterisk.errors() == []


@pytest.fixture(params=["scripted", pytest.param("real", marks=pytest.mark.integration)])
def stage(request: pytest.FixtureRequest, spin: Spinner) -> Iterator[Stage]:
    """Where a contract scenario plays: once on the scripted switch, once on a real Asterisk."""
    from careline.testing.real_stage import RealStage
    from careline.testing.stage import ScriptedStage

    made: Stage
    if request.param == "real":
        made = RealStage(spin.reactor, request.getfixturevalue("real_asterisk"))
    else:
        made = ScriptedStage(spin.reactor)
    yield made
    spin(made.close())


@pytest.fixture(scope="session")
def spoken_prompts(pytestconfig: pytest.Config) -> Path:
    """All prompts, made once into the cache (careline.testing.asterisk.cache_of)."""
    from careline.testing.asterisk import cache_of
    from careline.testing.hospital import speak

    cache = cache_of(pytestconfig.rootpath)
    speak(cache / "prompts")
    return cache / "prompts"


@pytest.fixture
def hospital(
    spin: Spinner, asterisk_tree: Tree, spoken_prompts: Path, tmp_path: Path
) -> Iterator[Hospital]:
    """A demonstration hospital with real Asterisk and core; see careline.testing.hospital."""
    from careline.testing.hospital import Hospital

    made = Hospital(spin.reactor, asterisk_tree, tmp_path / "home", spoken_prompts)
    spin(made.open())
    yield made
    spin(made.close())
    assert made.asterisk.errors() == []


@pytest.fixture(params=["scripted", pytest.param("real", marks=pytest.mark.integration)])
def house(
    request: pytest.FixtureRequest, spin: Spinner, spoken_prompts: Path, tmp_path: Path
) -> Iterator[House]:
    """The demonstration hospital and the real core, on the scripted switch and on Asterisk.

    With the plugins that pytest's setting ``careline_plugins`` names.
    """
    from careline.testing.house import House

    real = request.param == "real"
    tree = request.getfixturevalue("asterisk_tree") if real else None
    plugins = request.config.getini("careline_plugins")
    made = House(spin.reactor, tree, tmp_path / "home", spoken_prompts, plugins)
    spin(made.open())
    yield made
    spin(made.close())
    if real:
        assert made.asterisk.errors() == []


@pytest.fixture
def chromium(spin: Spinner, tmp_path: Path) -> Iterator[Chromium]:
    """A real browser: ``tab = await chromium.open(house.url, "8001")``; careline.testing.chromium.

    Needs playwright (``careline[test]``) and a Chromium; mark such tests as ``integration``.
    """
    from careline.testing.chromium import Chromium

    made = Chromium(spin.reactor, tmp_path)
    yield made
    problems = spin(made.close())
    assert problems == []
