"""Plugins switched on and off while no core runs; a running core does it with calls up."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from careline.config import Settings
from careline.errors import Invalid, NotFound, Refused
from careline.hooks.hub import job_prefixes
from careline.ivr.uses import refuse_used
from careline.jobs import store as jobs_store
from careline.plugins.bundles import with_required
from careline.plugins.catalog import Catalog
from careline.plugins.checks import config_problems, problems_of
from careline.plugins.edit import set_plugins
from careline.plugins.model import PluginState, PluginStatus
from careline.plugins.versions import Versions
from careline.storage.migrate import Migrations


def enable(
    settings: Settings, catalog: Catalog, migrations: Migrations, names: Sequence[str]
) -> tuple[str, ...]:
    """Enable ``names`` with all that they need, or nothing; gives what is new.

    Checked and migrated first, then written. Raises Invalid with everything that stands against it.
    """
    wanted = with_required([*settings.plugins, *names], catalog)
    new = tuple(name for name in wanted if name not in settings.plugins)
    problems = problems_of(wanted, catalog)
    for name in new:
        if name in catalog.plugins:
            problems += config_problems(settings, catalog.plugins[name])
    if problems:
        raise Invalid(
            "plugin.invalid",
            "That is not possible ({count}):",
            problems=problems,
            count=len(problems),
        )
    migrations.upgrade(wanted)
    set_plugins(settings.home.config, wanted)
    return new


def disable(settings: Settings, catalog: Catalog, name: str) -> None:
    """Take a plugin off the list; its data stays. Refused when another needs it."""
    if name not in settings.plugins:
        raise NotFound("plugin.not_enabled", "plugin {plugin} is not enabled", plugin=name)
    plugins = catalog.plugins
    others = [one for one in settings.plugins if one in plugins and name in plugins[one].requires]
    if others:
        raise Refused(
            "plugin.needed",
            "plugin {plugin} is needed by {others}; disable that first",
            plugin=name,
            others=", ".join(others),
        )
    set_plugins(settings.home.config, [one for one in settings.plugins if one != name])


def purge(
    settings: Settings,
    catalog: Catalog,
    migrations: Migrations,
    name: str,
    run: Callable[..., object],
) -> None:
    """Remove a disabled plugin's tables, jobs and data for good; ``run`` is a transaction's.

    Refused while flows use it to which called numbers lead.
    """
    if name in settings.plugins:
        raise Refused("plugin.enabled", "plugin {plugin} is enabled; disable it first", plugin=name)
    run(refuse_used, name, catalog.names)
    run(jobs_store.forget, job_prefixes(name))
    if name in migrations.plugins:
        migrations.purge(name)
    Versions(settings.home, name).forget_rows()


def statuses(settings: Settings, catalog: Catalog) -> list[PluginStatus]:
    """All enabled plugins in order, then the other installed ones, none of them running."""
    others = [name for name in catalog.names if name not in settings.plugins]
    return [_status(settings, catalog, name) for name in (*settings.plugins, *others)]


def _status(settings: Settings, catalog: Catalog, name: str) -> PluginStatus:
    plugin = catalog.plugins.get(name)
    return PluginStatus(
        name=name,
        title=plugin.title if plugin else name,
        version=plugin.version if plugin else "",
        enabled=name in settings.plugins,
        state=PluginState.OFF if plugin else PluginState.MISSING,
        error=str(catalog.broken.get(name) or ""),
    )
