"""A home, a catalog made of the test plugins, and a plugins service on a fake clock."""

from __future__ import annotations

from pathlib import Path
from typing import Any, cast

import pytest
from attrs import define, evolve, field
from tests.plugins_for_tests import every_hook, misbehaving
from twisted.internet import task

from careline.clock import Clock
from careline.config import Home, load, write_default
from careline.hooks import Hub
from careline.plugins import Catalog, Core, Plugin, Plugins, set_plugins
from careline.tasks import Tasks


@define
class FakeMigrations:
    """Remembers what was asked; fails for the plugins named in ``failing``."""

    done: list[tuple[str, str]] = field(factory=list)
    failing: set[str] = field(factory=set)

    async def upgrade(self, plugin: str) -> None:
        self.done.append(("upgrade", plugin))
        if plugin in self.failing:
            raise OSError("no space left")

    async def purge(self, plugin: str) -> None:
        self.done.append(("purge", plugin))


def like(name: str, **changes: Any) -> Plugin:
    """A plugin like every_hook under another name."""
    return evolve(every_hook.plugin, name=name, **changes)


CATALOG = Catalog(
    {
        plugin.name: plugin
        for plugin in (
            every_hook.plugin,
            misbehaving.plugin,
            like("his"),
            like("appointments", requires=("his",)),
            like("reminders", requires=("appointments",)),
            like("stays", live=False),
        )
    }
)


#: Services that the plugins of these tests have no use for.
NOTHING = (
    *("in_thread", "db", "outbox", "calls", "agents", "patients", "campuses"),
    *("linking", "recorder", "outreach", "outbound", "events"),
)


@define
class House:
    """A home with careline.toml, and the service on it."""

    home: Home
    fake: task.Clock = field(factory=task.Clock)
    migrations: FakeMigrations = field(factory=FakeMigrations)
    catalog: Catalog = CATALOG
    hub: Hub = field(init=False)

    def __attrs_post_init__(self) -> None:
        self.hub = Hub(Clock(self.fake), Tasks(), outbox=lambda *_: None)

    def plugins(self, *enabled: str, more: str = "") -> Plugins:
        """The service, with these enabled in careline.toml and ``more`` added to the file."""
        set_plugins(self.home.config, enabled)
        with self.home.config.open("a", encoding="utf-8") as file:
            file.write(more)
        settings = load(self.home.config, {})
        nothing = cast("Any", None)
        core = Core(
            settings=settings,
            clock=Clock(self.fake),
            tasks=Tasks(),
            hub=self.hub,
            reactor=self.fake,
            **dict.fromkeys(NOTHING, nothing),
        )
        return Plugins(settings, self.catalog, core, self.migrations)

    def listed(self) -> tuple[str, ...]:
        """What careline.toml says is enabled."""
        return load(self.home.config, {}).plugins


@pytest.fixture
def house(tmp_path: Path) -> House:
    home = Home(tmp_path)
    write_default(home)
    return House(home)
