"""Bundles: what one would change, looked at first, then switched on while calls go on."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from careline.errors import Invalid, NotFound
from careline.i18n import Text
from careline.pages.operations.shared import tabs
from careline.pages.operations.works import Work, Works
from careline.plugins.brings import Brings
from careline.plugins.bundles import Bundle, BundlePreview
from careline.plugins.service import Plugins
from careline.web import Answer, Page, Visit, get, post

EDIT = "plugins.edit"
PLUGINS = "/operations/plugins"


def title_of(bundle: Bundle, language: str) -> str:
    """What a bundle is called; a hospital names its own in one language only."""
    return bundle.title if language == "zh" else bundle.title_en


def shown(plugins: Plugins, works: Works, language: str) -> list[dict[str, Any]]:
    """All bundles, each with what of it is not on yet and how switching it on goes."""
    begun = works.beginning("bundle ")
    return [
        {
            "name": one.name,
            "title": title_of(one, language),
            "plugins": one.plugins,
            "left": [name for name in one.plugins if name not in plugins.enabled],
            "work": begun.get(one.name),
        }
        for one in plugins.bundles.values()
    ]


class BundleRoutes:
    """Routes of ``/operations/bundles``."""

    def __init__(self, plugins: Plugins, works: Works) -> None:
        self._plugins = plugins
        self._works = works
        self._seen: dict[str, tuple[BundlePreview, Sequence[Brings]]] = {}

    @get("/operations/bundles/<name>", permission=EDIT)
    async def preview(self, visit: Visit, name: str) -> Answer:
        """What it would change; nothing is."""
        return self._page(visit, self._bundle(name))

    @post("/operations/bundles/<name>/enable", permission=EDIT)
    async def enable(self, visit: Visit, name: str) -> Answer:
        """Switch all of it on, or nothing."""
        bundle = self._bundle(name)
        seen, _ = self._plugins.preview(bundle)
        if seen.problems or seen.not_installed:
            raise Invalid(
                "bundle.impossible",
                "nothing was changed: not all of it can run",
                problems=seen.problems,
            )
        names: dict[str, object] = {"bundle": title_of(bundle, visit.language)}

        async def do(work: Work) -> Text:
            await self._plugins.enable_all(seen.added)
            return Text("{bundle}: all of it is on", names)

        title = Text("{bundle} is being switched on", names)
        work = await self._works.begin(f"bundle {name}", title, do)
        for plugin in () if work.error else seen.added:
            await visit.audit("plugin.enabled", kind="plugin", whose=plugin, what=f"bundle {name}")
        return self._page(visit, bundle)

    def _bundle(self, name: str) -> Bundle:
        found = self._plugins.bundles.get(name)
        if found is None:
            raise NotFound(
                "bundle.unknown",
                "there is no bundle {name}; there are: {known}",
                name=name,
                known=list(self._plugins.bundles),
            )
        return found

    def _page(self, visit: Visit, bundle: Bundle) -> Page:
        title = title_of(bundle, visit.language)
        work = self._works.get(f"bundle {bundle.name}")
        # While it works the page asks each second: plugins are not built for each look.
        if work is None or not work.runs or bundle.name not in self._seen:
            self._seen[bundle.name] = self._plugins.preview(bundle)
        seen, brings = self._seen[bundle.name]
        values = {
            "tabs": tabs(visit, PLUGINS),
            "bundle": bundle,
            "title": title,
            "seen": seen,
            "brings": brings,
            "work": work,
        }
        return Page("operations/bundle.html", values, title=Text("{title}", {"title": title}))
