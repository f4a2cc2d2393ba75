"""What plugins would bring, told before they are switched on: built, asked, and thrown away."""

from __future__ import annotations

from collections.abc import Sequence

from attrs import evolve, frozen

from careline.config import Settings
from careline.errors import CarelineError
from careline.hooks import Deprecation, Hub
from careline.plugins.building import built
from careline.plugins.catalog import Catalog
from careline.plugins.checks import config_problems
from careline.plugins.keys import ConfigKey
from careline.plugins.model import Core, Plugin
from careline.storage import metadata
from careline.tasks import Tasks


@frozen(kw_only=True)
class Brings:
    """What one plugin would add.

    ``menus``, ``panels``, ``reports`` and ``steps`` of flows are titles (msgids), all else names;
    ``settings`` are the keys of its table in careline.toml. ``problem`` says why it could not be
    asked.
    """

    plugin: str
    title: str
    tables: tuple[str, ...] = ()
    settings: tuple[ConfigKey, ...] = ()
    menus: tuple[str, ...] = ()
    panels: tuple[str, ...] = ()
    reports: tuple[str, ...] = ()
    steps: tuple[str, ...] = ()
    look_ups: tuple[str, ...] = ()
    commands: tuple[str, ...] = ()
    permissions: tuple[str, ...] = ()
    deprecated: tuple[Deprecation, ...] = ()
    problem: CarelineError | None = None


def what_they_bring(
    names: Sequence[str], result: Sequence[str], catalog: Catalog, settings: Settings, core: Core
) -> tuple[Brings, ...]:
    """What each of ``names`` would add when ``result`` is enabled; nothing of theirs is started.

    They are built on a hub of their own, so that none of them is told or asked anything.
    """
    hub = Hub(core.clock, Tasks())
    hub.order(result)
    for name in result:
        plugin = catalog.plugins.get(name)
        if plugin is not None and plugin.specs is not None:
            hub.add_specs(plugin.specs, name)
    plugins = [catalog.plugins[name] for name in names if name in catalog.plugins]
    trial = evolve(core, hub=hub, tasks=Tasks())
    return tuple(_asked(plugin, catalog, settings, trial) for plugin in plugins)


def _asked(plugin: Plugin, catalog: Catalog, settings: Settings, core: Core) -> Brings:
    told = Brings(
        plugin=plugin.name,
        title=plugin.title,
        tables=tables_of(plugin.name, catalog),
        settings=plugin.config_keys,
    )
    problems = config_problems(settings, plugin)
    if problems:
        return evolve(told, problem=problems[0])
    try:
        config = settings.plugin_config(plugin.name, plugin.config)
        core.hub.register(plugin.name, built(plugin, core, config))
    except CarelineError as error:
        return evolve(told, problem=error)
    return _read(told, core.hub)


def _read(told: Brings, hub: Hub) -> Brings:
    def each(hook: str, attribute: str = "name") -> tuple[str, ...]:
        return tuple(getattr(one, attribute) for one in hub.provided(hook).get(told.plugin, ()))

    pages = hub.provided("pages").get(told.plugin, ())
    return evolve(
        told,
        menus=tuple(page.title for page in pages if page.rail),
        panels=each("panels", "title"),
        reports=each("reports", "title"),
        steps=tuple(kind.title.to("en") for kind in hub.provided("ivr_nodes").get(told.plugin, ())),
        look_ups=each("look_ups"),
        commands=each("commands"),
        permissions=each("permissions"),
        deprecated=hub.deprecated(told.plugin),
    )


def tables_of(plugin: str, catalog: Catalog) -> tuple[str, ...]:
    """The tables that a plugin's imported stores declare; they begin with its name."""
    longer = [name for name in catalog.names if name.startswith(f"{plugin}_")]
    return tuple(
        sorted(
            table
            for table in metadata.tables
            if table.startswith(f"{plugin}_")
            and not any(table.startswith(f"{name}_") for name in longer)
        )
    )
