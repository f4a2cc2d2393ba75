"""What holds for every plugin that comes with careline: whole, translated, gone when disabled."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from careline.app import App
from careline.config import Home, load, write_default
from careline.i18n import translate
from careline.plugins.catalog import read_catalog
from careline.plugins.edit import set_plugins
from careline.testing import run_async
from careline.testing.memory import MemoryReactor

ROOT = Path(__file__).parents[2]
BUNDLED = sorted(path.name for path in (ROOT / "plugins").iterdir() if path.is_dir())


@pytest.fixture(scope="module")
def app(tmp_path_factory: pytest.TempPathFactory) -> App:
    """A core with all of them loaded, and nothing started."""
    home = Home(tmp_path_factory.mktemp("home"))
    write_default(home)
    set_plugins(home.config, BUNDLED)
    made = built(home)
    run_async(made.plugins.load())
    return made


def brought(app: App, plugin: str) -> dict[str, tuple[Any, ...]]:
    """All that a plugin provides, by hook."""
    hooks = ("panels", "pages", "permissions", "job_handlers", "schedules", "ivr_nodes")
    hooks += ("look_ups", "prompts", "reports", "commands", "settings")
    return {hook: tuple(app.hub.provided(hook).get(plugin, ())) for hook in hooks}


def test_all_that_are_here_are_installed_and_can_be_loaded(app: App) -> None:
    catalog = read_catalog()
    assert catalog.broken == {}
    assert set(BUNDLED) <= set(catalog.plugins)
    for name in BUNDLED:
        assert any(brought(app, name).values()), f"{name} brings nothing"


@pytest.mark.parametrize("plugin", BUNDLED)
def test_what_people_read_is_there_in_chinese(app: App, plugin: str) -> None:
    found = brought(app, plugin)
    titled = [*found["panels"], *found["pages"], *found["permissions"], *found["reports"]]
    titles = [str(read_catalog().plugins[plugin].title), *(str(one.title) for one in titled)]
    titles += [kind.title.msgid for kind in found["ivr_nodes"]]
    titles += [field.title.msgid for kind in found["ivr_nodes"] for field in kind.fields]
    assert [title for title in titles if translate(title, "zh") == title] == []


@pytest.mark.parametrize("plugin", BUNDLED)
def test_every_sentence_can_be_spoken(app: App, plugin: str) -> None:
    for sentence in brought(app, plugin)["prompts"]:
        assert sentence.zh or sentence.en, sentence.name


@pytest.mark.parametrize("plugin", BUNDLED)
def test_every_permission_it_asks_for_is_its_own_or_the_cores(app: App, plugin: str) -> None:
    found = brought(app, plugin)
    asked = {one.permission for one in (*found["panels"], *found["pages"])}
    assert asked <= set(app.offers.permissions)
    assert all(one.name.startswith(f"{plugin}.") for one in found["permissions"])


def test_nothing_is_left_of_them_when_they_are_disabled(tmp_path: Path) -> None:
    home = Home(tmp_path)
    write_default(home)
    without = state_of(built(home))
    set_plugins(home.config, BUNDLED)
    app = built(home)
    run_async(app.plugins.load())
    assert all(state_of(app)[part] != without[part] for part in ("routes", "panels", "nodes"))
    for name in BUNDLED:
        run_async(app.plugins.disable(name))
    assert state_of(app) == without


def built(home: Home) -> App:
    """A core that is never started, and holds nothing open."""
    app = App(MemoryReactor(), load(home.config, {}), catalog=read_catalog())
    app.migrations.close()
    run_async(app.db.close())
    return app


def state_of(app: App) -> dict[str, object]:
    """Everything that plugins add to."""
    return {
        "routes": sorted(str(route) for offer in app.offers for route in offer.routes),
        "panels": sorted(panel.name for offer in app.offers for panel in offer.panels),
        "permissions": sorted(app.offers.permissions),
        "nodes": sorted(app.book.kinds),
        "look-ups": sorted(app.book.look_ups),
        "plugins": [name for name in app.hub.provided("pages") if not name.startswith("core_")],
    }
