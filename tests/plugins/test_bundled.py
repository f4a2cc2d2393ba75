"""The plugins that come with careline, together: in any company, and gone when disabled."""

from __future__ import annotations

from itertools import combinations, product
from pathlib import Path

import pytest

from careline.app import App
from careline.config import Home, load, write_default
from careline.plugins.catalog import read_catalog
from careline.plugins.edit import set_plugins
from careline.testing import run_async
from careline.testing.contract import standing, surplus
from careline.testing.memory import MemoryReactor

ROOT = Path(__file__).parents[2]
BUNDLED = sorted(path.name for path in (ROOT / "plugins").iterdir() if path.is_dir())

Choice = tuple[bool, ...]


def pairwise(count: int) -> list[Choice]:
    """Choices of which to enable, in which any two are met on and off in all four ways."""
    every = list(product((True, False), repeat=count))
    left = {(a, b, *ways) for a, b in combinations(range(count), 2) for ways in BOTH}
    found: list[Choice] = []
    while left:
        best = max(every, key=lambda one: len(left & met(one)))
        found.append(best)
        left -= met(best)
    return found


BOTH = tuple(product((True, False), repeat=2))


def met(choice: Choice) -> set[tuple[int, int, bool, bool]]:
    return {(a, b, choice[a], choice[b]) for a, b in combinations(range(len(choice)), 2)}


SETS = [tuple(n for n, on in zip(BUNDLED, one, strict=True) if on) for one in pairwise(6)]


def built(home: Home) -> App:
    """A core that is never started, and holds nothing open."""
    app = App(MemoryReactor(), load(home.config, {}), catalog=read_catalog())
    app.migrations.close()
    run_async(app.db.close())
    return app


def test_all_that_are_here_are_installed_and_can_be_loaded() -> None:
    catalog = read_catalog()
    assert catalog.broken == {}
    assert set(BUNDLED) <= set(catalog.plugins)
    assert len(BUNDLED) == 6, "pairwise() above"


def test_the_sets_meet_any_two_in_all_ways() -> None:
    assert len(SETS) <= 10
    assert list(SETS[0]) == BUNDLED
    for one, other in combinations(BUNDLED, 2):
        ways = {(one in names, other in names) for names in SETS}
        assert len(ways) == 4, (one, other)


@pytest.mark.parametrize("names", SETS, ids="-".join)
def test_any_company_loads_and_nothing_is_left_when_it_is_disabled(
    names: tuple[str, ...], tmp_path: Path
) -> None:
    home = Home(tmp_path)
    write_default(home)
    set_plugins(home.config, names)
    app = built(home)
    without = standing(app)
    run_async(app.plugins.load())
    more = surplus(without, standing(app))
    assert more.get("plugins", []) == list(names)
    assert all(more.get(kind) for kind in ("routes", "panels", "permissions")) is bool(names)
    for name in reversed(names):
        run_async(app.plugins.disable(name))
    assert standing(app) == without


def test_every_sentence_can_be_spoken(tmp_path: Path) -> None:
    home = Home(tmp_path)
    write_default(home)
    set_plugins(home.config, BUNDLED)
    app = built(home)
    run_async(app.plugins.load())
    sentences = [one for ones in app.hub.provided("prompts").values() for one in ones]
    assert sentences
    assert [one.name for one in sentences if not (one.zh or one.en)] == []
