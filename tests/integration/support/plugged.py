"""Hospitals with the test plugins: in this process, or with a core of its own process."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tests.integration.support.core_process import CHECKOUT
from tests.integration.support.site import Site
from tests.plugins_for_tests.install import CATALOG, install
from twisted.internet.defer import Deferred

from careline.app import App
from careline.asterisk.layout import Tree
from careline.config import Settings, load
from careline.demo.phone import PATIENCE_S
from careline.plugins import set_plugins
from careline.testing.hospital import Hospital

Tables = Mapping[str, Mapping[str, str]]


def enable(settings: Settings, plugins: Tables, *, listed: bool = True) -> Settings:
    """Write the plugins' tables, and when ``listed`` their names; gives the settings as read."""
    file = settings.home.config
    if listed:
        set_plugins(file, list(plugins))
    for name, table in plugins.items():
        lines = [f"\n[plugin.{name}]", *(f'{key} = "{value}"' for key, value in table.items())]
        with file.open("a", encoding="utf-8") as text:
            text.write("\n".join(lines) + "\n")
    return load(file, {})


class PluggedHospital(Hospital):
    """A hospital with plugins, the core in the test's process."""

    def __init__(
        self, reactor: Any, tree: Tree, root: Path, prompts: Path, plugins: Tables
    ) -> None:
        super().__init__(reactor, tree, root, prompts)
        self.settings = enable(self.settings, plugins)

    async def start_core(self) -> None:
        """As every hospital's, with the test plugins installed."""
        self.app = App(self.reactor, self.settings, catalog=CATALOG)
        in_step: Deferred[None] = Deferred()
        self.app.resynced.append(lambda: None if in_step.called else in_step.callback(None))
        await self.app.start()
        await self.clock.within(PATIENCE_S, in_step)


class PluggedSite(Site):
    """A hospital whose core is a process that finds the test plugins by their entry points."""

    def __init__(
        self,
        reactor: Any,
        tree: Tree,
        root: Path,
        prompts: Path,
        plugins: Tables,
        *,
        agents: int = 3,
        listed: bool = True,
    ) -> None:
        super().__init__(reactor, tree, root, prompts, agents=agents)
        self.settings = enable(self.settings, plugins, listed=listed)
        self.core.more_path = (str(CHECKOUT), str(install(root.parent / "site-packages")))
