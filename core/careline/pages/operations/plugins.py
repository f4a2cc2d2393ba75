"""Plugins: what is installed, how it does, and switching it on and off while calls go on."""

from __future__ import annotations

from typing import Any

from careline.errors import NotFound
from careline.hooks.hub import Hub
from careline.i18n import Lang, Text
from careline.pages.help.documents import Documents
from careline.pages.operations.bundles import shown
from careline.pages.operations.shared import TITLE, tabs
from careline.pages.operations.works import Work, Works
from careline.plugins.model import PluginState
from careline.plugins.options import Option, in_code
from careline.plugins.service import Plugins
from careline.web import Answer, Fragment, Page, Visit, get, post

EDIT = "plugins.edit"
STATES = {
    PluginState.OFF: (Text("switched off"), "neutral"),
    PluginState.RUNNING: (Text("running"), "good"),
    PluginState.FAILED: (Text("failed"), "bad"),
    PluginState.RESTART: (Text("restart needed"), "warn"),
    PluginState.MISSING: (Text("not installed"), "bad"),
}


class PluginRoutes:
    """Routes of ``/operations/plugins``."""

    def __init__(self, plugins: Plugins, hub: Hub, works: Works, documents: Documents) -> None:
        self._documents = documents
        self._plugins = plugins
        self._hub = hub
        self._works = works

    @get("/operations/plugins", permission=EDIT)
    async def show(self, visit: Visit) -> Answer:
        """All that are installed."""
        return self._page(visit)

    @get("/operations/plugins/now", permission=EDIT, quiet=True)
    async def now(self, visit: Visit) -> Answer:
        """The list alone, asked for again while something is under way."""
        return Fragment("operations/plugin_list.html", self._values(visit))

    @get("/operations/plugins/<name>", permission=EDIT)
    async def one(self, visit: Visit, name: str) -> Answer:
        """One plugin with its settings and how each of its hooks does."""
        status = self._known(name)
        plugin = self._plugins.catalog.plugins.get(name)
        values = {
            **self._values(visit),
            "tabs": tabs(visit, "/operations/plugins"),
            "one": status,
            "requires": plugin.requires if plugin else (),
            "plugin": plugin,
            "options": self._options(name, visit.language),
            "hooks": self._hub.states(name),
        }
        return Page("operations/plugin.html", values, title=Text(status.title))

    def _options(self, name: str, language: Lang) -> list[tuple[str, Option, str]]:
        """Where each setting stands, the setting, and what it means: documents, else the code."""
        said = self._documents.settings(language)
        found = []
        for one in self._plugins.options(name):
            table = one.table.replace(f"plugin.{name}", "", 1).lstrip(".")
            means = said.get(f"{one.table}.{one.key}") or in_code(one.of).get(one.name, "")
            found.append((f"{table}.{one.key}".lstrip("."), one, means.replace("``", "")))
        return found

    @post("/operations/plugins/<name>/enable", permission=EDIT)
    async def enable(self, visit: Visit, name: str) -> Answer:
        """Switch on, with what it needs; its tables are made first."""
        status = self._known(name)

        async def do(work: Work) -> Text:
            await self._plugins.enable(name)
            return Text("{plugin} is on", {"plugin": Text(status.title)})

        title = Text("{plugin} is being switched on", {"plugin": Text(status.title)})
        await visit.audit("plugin.enabled", kind="plugin", whose=name)
        await self._works.begin(f"plugin {name}", title, do)
        return self._page(visit)

    @post("/operations/plugins/<name>/disable", permission=EDIT)
    async def disable(self, visit: Visit, name: str) -> Answer:
        """Switch off; its data stays."""
        status = self._known(name)

        async def do(work: Work) -> Text:
            await self._plugins.disable(name)
            return Text("{plugin} is off; its data stays", {"plugin": Text(status.title)})

        title = Text("{plugin} is being switched off", {"plugin": Text(status.title)})
        await visit.audit("plugin.disabled", kind="plugin", whose=name)
        await self._works.begin(f"plugin {name}", title, do)
        return self._page(visit)

    @post("/operations/plugins/<name>/mended", permission=EDIT)
    async def mended(self, visit: Visit, name: str) -> Answer:
        """Try the hooks again that were switched off: whatever was wrong is mended."""
        self._known(name)
        self._hub.close_breakers(name)
        await visit.audit("plugin.mended", kind="plugin", whose=name)
        return self._page(visit)

    def _known(self, name: str) -> Any:
        for status in self._plugins.statuses():
            if status.name == name:
                return status
        raise NotFound("plugin.not_installed", "plugin {plugin} is not installed", plugin=name)

    def _page(self, visit: Visit) -> Page:
        values = {
            **self._values(visit),
            "tabs": tabs(visit, "/operations/plugins"),
            "bundles": shown(self._plugins, self._works, visit.language),
        }
        return Page("operations/plugins.html", values, title=TITLE)

    def _values(self, visit: Visit) -> dict[str, Any]:
        works, statuses = self._works.beginning("plugin "), self._plugins.statuses()
        return {
            "statuses": statuses,
            "documents": {
                one.name: self._documents.address(f"plugins/{one.name}", visit.language)
                for one in statuses
            },
            "states": STATES,
            "works": works,
            "busy": any(work.runs for work in works.values()),
        }
