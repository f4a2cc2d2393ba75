"""Whether a version of a plugin can run here: asked in a process of its own, before it is taken.

``python -m careline.app.trial HOME NAME FOLDER [older]`` imports the plugin from FOLDER ("": from
the environment), beside all that is enabled, and prints one JSON object: what the version is, and
everything that stands against it. For an ``older`` one newer tables are no reason: they are taken
back with it.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from attrs import evolve

from careline.app.life import App
from careline.clock import Clock
from careline.config import Home, Settings, load
from careline.control.server import describe
from careline.errors import CarelineError, Invalid
from careline.plugins.bundles import with_required
from careline.plugins.catalog import Catalog, read_catalog
from careline.plugins.checks import config_problems, problems_of
from careline.plugins.model import Plugin
from careline.plugins.versions import use_kept
from careline.setup.prepare import migrations_of
from careline.setup.waiting import Blocking, wait_for
from careline.storage.schema import BranchState, Standing, problem


def tried(home: Home, name: str, folder: Path | None, *, older: bool = False) -> dict[str, Any]:
    """The version in ``folder`` and its problems, each as the control socket describes errors.

    None is the version that the environment has.
    """
    use_kept(home, {name: folder})
    settings = load(home.config, os.environ)
    catalog = read_catalog()
    plugin = catalog.plugins.get(name)
    if plugin is None:
        return {"problems": [describe(one) for one in problems_of([name], catalog)]}
    found: dict[str, Any] = {"version": plugin.version, "migrations": "", "revision": ""}
    problems: list[CarelineError] = list(_problems(settings, catalog, plugin, folder))
    if plugin.migrations is not None:
        migrations = migrations_of(settings)
        try:
            [state] = [one for one in migrations.check() if one.name == name]
            if folder is not None:
                found["migrations"] = os.path.relpath(plugin.migrations, folder)
            found["revision"] = state.head or ""
            problems += _of_tables(state, older=older)
        except CarelineError as error:
            problems.append(error)
        finally:
            migrations.close()
    return {**found, "problems": [describe(one) for one in problems]}


def _problems(
    settings: Settings, catalog: Catalog, plugin: Plugin, folder: Path | None
) -> Iterator[CarelineError]:
    """Ranges, requirements, its table in careline.toml, and whether all can be loaded together."""
    if folder is not None and not _lies_in(plugin, folder):
        yield Invalid(
            "upgrade.elsewhere",
            "plugin {plugin} is not imported from the new files: its package lacks a module",
            plugin=plugin.name,
        )
    wanted = with_required([*settings.plugins, plugin.name], catalog)
    problems = [*problems_of(wanted, catalog), *config_problems(settings, plugin)]
    yield from problems
    if problems:
        return
    clock = Clock(Blocking())
    try:
        wait_for(clock, App(None, evolve(settings, plugins=wanted), clock).plugins.load())
    except CarelineError as error:
        yield error


def _lies_in(plugin: Plugin, folder: Path) -> bool:
    module = sys.modules.get(getattr(plugin.hooks, "__module__", ""))
    file = getattr(module, "__file__", None)
    return file is None or folder.resolve() in Path(file).resolve().parents


def _of_tables(state: BranchState, *, older: bool) -> Iterator[CarelineError]:
    """What the database holds must be something that this version knows."""
    if state.standing is Standing.HALF_APPLIED or (state.standing is Standing.AHEAD and not older):
        yield problem(state)


if __name__ == "__main__":
    place = Home(Path(sys.argv[1]))
    files = Path(sys.argv[3]) if sys.argv[3] else None
    seen = tried(place, sys.argv[2], files, older="older" in sys.argv[4:])
    print(f"\n{json.dumps(seen)}")  # the last line, whatever a plugin prints
