"""What the start of the core does with wanted versions of plugins, before any plugin is imported.

A change that an earlier start has begun and that never came up is taken back here. Each change is
made by a process of its own (``python -m careline.setup.taking_up HOME NAME``), which knows the
tables of all installed plugins; this one imports none of them before it is done.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

from attrs import evolve
from twisted.logger import Logger

from careline.config import Home, load
from careline.errors import CarelineError
from careline.plugins.model import PluginState, PluginStatus
from careline.plugins.versions import Outcome, Version, Versions, use_kept, versions_of
from careline.setup.prepare import migrations_of

#: Seconds that the tables' change may take; the supervisor waits longer for the first heart-beat.
CHANGE_S = 100
#: How long the rows are kept that a change of tables might have lost.
ROWS_KEPT = timedelta(days=30)

log = Logger()


def take_up(home: Home) -> None:
    """Make all wanted changes, then have this process import the versions in use."""
    for versions in versions_of(home):
        versions.forget_rows(datetime.now(UTC) - ROWS_KEPT)
        if versions.trial is not None:
            command = [sys.executable, "-m", "careline.setup.taking_up", str(home.root)]
            try:
                subprocess.run([*command, versions.name], timeout=CHANGE_S, check=False)  # noqa: S603
            except subprocess.TimeoutExpired:
                log.error("the tables of {plugin} take too long to change", plugin=versions.name)
    use_kept(home)


def failed(home: Home, reason: str) -> None:
    """The core could not start; whatever is being tried may be why."""
    for versions in versions_of(home):
        trial = versions.trial
        if trial is not None and trial.begun:
            versions.want(evolve(trial, reason=trial.reason or reason))


def came_up(home: Home, status: Callable[[str], PluginStatus]) -> bool:
    """The core has started: changes whose plugins run are settled; False when one is to go back.

    The core is then to be started once more, which takes it back.
    """
    well = True
    for versions in versions_of(home):
        trial = versions.trial
        if trial is None or not trial.begun:
            continue
        now = status(versions.name)
        if now.state is PluginState.FAILED:
            versions.want(evolve(trial, reason=now.error or "-"))
            well = False
        else:
            new = _kept(versions, trial.new)
            versions.settle(Outcome(version=new.version, wanted=new.version))
    return well


def change(home: Home, name: str) -> None:
    """Make the wanted change of one plugin, or take it back when it was begun already."""
    versions = Versions(home, name)
    trial = versions.trial
    if trial is None:
        return
    old, new = _kept(versions, trial.old), _kept(versions, trial.new)
    if trial.begun:
        _back(versions, old, new, trial.reason or "the core did not come up with it")
        return
    versions.want(evolve(trial, begun=True))
    try:
        _move(versions, old, new)
    except CarelineError as error:
        _back(versions, old, new, str(error))


def _back(versions: Versions, old: Version, new: Version, reason: str) -> None:
    try:
        _move(versions, new, old)
    except CarelineError as error:  # stay with the new one: without it, its tables stop the core
        versions.use(new)
        reason = f"{reason}\n{error}"
        versions.settle(Outcome(version=new.version, wanted=old.version, reason=reason))
        return
    versions.settle(Outcome(version=old.version, wanted=new.version, reason=reason))


def _move(versions: Versions, source: Version, target: Version) -> None:
    """Bring the tables to what ``target`` needs, and have it imported from now on."""
    home, name = versions.home, versions.name
    settings = load(home.config, os.environ)
    older = source.before == target.folder
    knows = source if older else target  # whose revisions lead from one to the other
    migrations = migrations_of(settings)
    if knows.migrations:
        migrations = migrations.with_folder(name, versions.path(knows) / knows.migrations)
    # Killed between the two, the tables are behind the files, which any start mends.
    try:
        if older and source.revision:
            migrations.go_back(name, target.revision)
        versions.use(target)
        if not older and name in settings.plugins:
            migrations.upgrade([name])
    finally:
        migrations.close()


def _kept(versions: Versions, folder: str) -> Version:
    found = versions.kept(folder)
    assert found is not None, f"{folder} is gone"  # noqa: S101  nobody but us removes it
    return found


if __name__ == "__main__":
    place = Home(Path(sys.argv[1]))
    use_kept(place)
    change(place, sys.argv[2])
