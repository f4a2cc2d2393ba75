"""Whether a list of enabled plugins can run together; everything that is wrong, at once."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from difflib import get_close_matches

from packaging.specifiers import InvalidSpecifier, SpecifierSet

import careline
from careline.config import Settings
from careline.errors import CarelineError, Invalid
from careline.hooks import API
from careline.plugins.catalog import Catalog
from careline.plugins.model import Plugin


def check_enabled(settings: Settings, catalog: Catalog) -> None:
    """Raise one Invalid with all that is wrong with the enabled plugins and their tables."""
    problems = problems_of(settings.plugins, catalog)
    problems += _table_problems(settings, catalog)
    if problems:
        raise Invalid(
            "plugin.invalid",
            "The plugins in {file} are not right ({count}):",
            problems=problems,
            file=settings.home.config,
            count=len(problems),
        )


def problems_of(
    names: Sequence[str], catalog: Catalog, version: str = careline.__version__
) -> list[Invalid]:
    """What is wrong with enabling ``names`` in this order."""
    found: list[Invalid] = []
    for index, name in enumerate(names):
        plugin = catalog.plugins.get(name)
        if plugin is None:
            found.append(catalog.broken.get(name) or _not_installed(name, catalog))
            continue
        found.extend(_requirement_problems(plugin, names, index))
        found.extend(_range_problems(plugin, version))
    return found


def _not_installed(name: str, catalog: Catalog) -> Invalid:
    near = get_close_matches(name, catalog.names, n=1)
    if near:
        return Invalid(
            "plugin.unknown",
            "plugins: {plugin} is not installed; did you mean {near}?",
            plugin=name,
            near=near[0],
        )
    return Invalid(
        "plugin.unknown",
        "plugins: {plugin} is not installed; installed: {installed}",
        plugin=name,
        installed=", ".join(catalog.names) or "-",
    )


def _requirement_problems(plugin: Plugin, names: Sequence[str], at: int) -> Iterator[Invalid]:
    for needed in plugin.requires:
        if needed not in names:
            yield Invalid(
                "plugin.requires",
                "plugins: {plugin} needs {needed}; enable that before it",
                plugin=plugin.name,
                needed=needed,
            )
        elif names.index(needed) > at:
            yield Invalid(
                "plugin.order",
                "plugins: {needed} must stand before {plugin}, which needs it",
                plugin=plugin.name,
                needed=needed,
            )


def _range_problems(plugin: Plugin, version: str) -> Iterator[Invalid]:
    if not _is_within(version, plugin.core):
        yield Invalid(
            "plugin.core_range",
            "plugins: {plugin} {version} works with careline {range}, and this is {core}",
            plugin=plugin.name,
            version=plugin.version,
            range=plugin.core,
            core=version,
        )
    if not _is_within(API, plugin.api):
        yield Invalid(
            "plugin.api_range",
            "plugins: {plugin} {version} works with hooks of version {range}, and these are {api}",
            plugin=plugin.name,
            version=plugin.version,
            range=plugin.api,
            api=API,
        )


def _is_within(version: str, wanted: str) -> bool:
    """Whether a version fits a range; one that is no range fits nothing."""
    try:
        return SpecifierSet(wanted).contains(version, prereleases=True)
    except InvalidSpecifier:
        return False


def _table_problems(settings: Settings, catalog: Catalog) -> Iterator[Invalid]:
    """Errors of each plugin's own table, and tables that no plugin will ever read."""
    for name in settings.plugins:
        if name in catalog.plugins:
            yield from config_problems(settings, catalog.plugins[name])
    for name in settings.plugin:
        if name not in catalog.names and name not in settings.plugins:
            near = get_close_matches(name, catalog.names, n=1)
            yield Invalid(
                "plugin.stray_table",
                "plugin.{plugin}: no such plugin is installed; did you mean {near}?"
                if near
                else "plugin.{plugin}: no such plugin is installed; remove the table or install it",
                plugin=name,
                near=near[0] if near else "",
            )


def config_problems(settings: Settings, plugin: Plugin) -> list[Invalid]:
    """What is wrong with the table of ``plugin``."""
    try:
        settings.plugin_config(plugin.name, plugin.config)
    except CarelineError as error:
        return [one for one in error.problems if isinstance(one, Invalid)]
    return []
