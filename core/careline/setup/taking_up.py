"""What the start of the core does with wanted versions of plugins, before any plugin is imported.

A change that an earlier start has begun and that never came up is taken back here. Each change is
made by a process of its own (``python -m careline.setup.taking_up HOME NAME``), which knows the
tables of all installed plugins; this one imports none of them before it is done.
"""

from __future__ import annotations

import ctypes
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path

from attrs import evolve
from twisted.logger import Logger

from careline.config import Home, load
from careline.errors import CarelineError
from careline.plugins.model import PluginState, PluginStatus
from careline.plugins.versions import Outcome, Trial, Version, Versions, use_kept, versions_of
from careline.setup.prepare import migrations_of
from careline.storage.migrate import Migrations, engine_of
from careline.storage.rows import columns_of, keep_rows
from careline.storage.rows_back import put_back

#: Seconds that the changes of all plugins may take together; the supervisor waits longer for the
#: first heart-beat, which comes after them and after the core's own start.
CHANGE_S = 90
#: Linux: the signal that a process gets when the one that started it is gone.
PR_SET_PDEATHSIG = 1

Columns = Mapping[str, list[str]]
log = Logger()


def take_up(home: Home) -> None:
    """Make all wanted changes, then have this process import the versions in use.

    What does not fit into the time of one start is taken up at the next.
    """
    end = time.monotonic() + CHANGE_S
    for versions in versions_of(home):
        versions.remove_forgotten()
        for _try in range(2):  # a process that died has begun it: the second takes it back
            left = end - time.monotonic()
            if versions.trial is None or left <= 0 or not _in_a_process(home, versions.name, left):
                break
    use_kept(home)


def failed(home: Home, reason: str) -> bool:
    """The core could not start; True when a change is being tried, which may be why."""
    tried = False
    for versions in versions_of(home):
        trial = versions.trial
        if trial is not None and trial.begun:
            versions.want(evolve(trial, reason=trial.reason or reason))
            tried = True
    return tried


def came_up(home: Home, status: Callable[[str], PluginStatus]) -> bool:
    """The core has started: changes whose plugins run are settled; False when one is to go back.

    The core is then to be started once more, which takes it back.
    """
    well = True
    for versions in versions_of(home):
        trial = versions.trial
        if trial is None or not trial.begun:
            continue
        now, in_use = status(versions.name), versions.in_use
        if in_use is None or in_use.folder != trial.new:
            versions.settle(_not_made(versions, trial, now.version))
        elif now.state is PluginState.FAILED:
            versions.want(evolve(trial, reason=now.error or "-"))
            well = False
        else:
            versions.settle(Outcome(version=in_use.version, wanted=in_use.version))
    return well


def _not_made(versions: Versions, trial: Trial, runs: str) -> Outcome:
    """The process that was to make the change died, and so did the one that took it back."""
    wanted = versions.kept(trial.new)
    reason = trial.reason or "the change came to no end; the core's log may say why"
    return Outcome(version=runs, wanted=wanted.version if wanted else trial.new, reason=reason)


def change(home: Home, name: str) -> None:
    """Make the wanted change of one plugin, or take it back when it was begun already."""
    versions = Versions(home, name)
    trial = versions.trial
    if trial is None:
        return
    if trial.begun:
        _back(versions, trial, trial.reason or "the core did not come up with it")
        return
    trial = evolve(trial, begun=True)
    versions.want(trial)
    old, new = _kept(versions, trial.old), _kept(versions, trial.new)
    try:
        if old.before == new.folder:
            _down(versions, old, new, trial)
        else:
            _up(versions, old, new)
    except (CarelineError, OSError) as error:
        _back(versions, versions.trial or trial, str(error))


def _back(versions: Versions, trial: Trial, reason: str) -> None:
    old, new = _kept(versions, trial.old), _kept(versions, trial.new)
    try:
        if old.before == new.folder:
            reason += _up_again(versions, old, trial)
        else:
            _down(versions, new, old)
    except (CarelineError, OSError) as error:  # its tables would stop the core without it
        versions.use(new)
        reason = f"{reason}\n{error}"
        versions.settle(Outcome(version=new.version, wanted=old.version, reason=reason))
        return
    versions.settle(Outcome(version=old.version, wanted=new.version, reason=reason))


def _up(versions: Versions, source: Version, target: Version) -> None:
    """Bring the tables to what a newer version needs, and have it imported from now on."""
    migrations, enabled = _migrations(versions, target)
    # Killed between the two, the tables are behind the files, which any start mends.
    try:
        versions.use(target)
        if enabled:
            migrations.upgrade([versions.name])
    finally:
        migrations.close()


def _down(versions: Versions, source: Version, target: Version, trial: Trial | None = None) -> None:
    """Take the tables back to what an older version knows.

    With ``trial`` what the newer has kept is put into its file first, as it is now that no core
    writes, and the trial says what of it is gone.
    """
    migrations, _ = _migrations(versions, source)
    try:
        if source.revision:
            had = _columns(migrations, versions.name)
            if trial is not None:
                keep_rows(engine_of(migrations), had, versions.rows(source))
                versions.write(evolve(source, columns=had))
            try:
                migrations.go_back(versions.name, target.revision)
            finally:
                if trial is not None:
                    gone = _gone(had, _columns(migrations, versions.name))
                    versions.want(evolve(trial, gone=gone))
        versions.use(target)
    finally:
        migrations.close()


def _up_again(versions: Versions, version: Version, trial: Trial) -> str:
    """Undo :func:`_down`, with all that it took away; what could not be put back, for people.

    Until that is done the older version is in use: it does not start on these tables, so nobody
    writes to them meanwhile.
    """
    migrations, enabled = _migrations(versions, version)
    file = versions.rows(version)
    trouble = ""
    try:
        gone = _both(trial.gone, _gone(version.columns, _columns(migrations, versions.name)))
        if enabled or gone:
            versions.want(evolve(trial, gone=gone))
            migrations.upgrade([versions.name])
        try:
            put_back(engine_of(migrations), file, gone)
        except (CarelineError, OSError, ValueError) as error:  # the tables are the newer one's
            log.error("{file} is not put back: {error}", file=file, error=error)
            trouble = f"\n{file}: {error}"
    finally:
        migrations.close()
    versions.use(version)
    return trouble


def _migrations(versions: Versions, knows: Version) -> tuple[Migrations, bool]:
    """With the revisions of the newer version; whether the plugin is enabled."""
    settings = load(versions.home.config, os.environ)
    migrations = migrations_of(settings)
    if knows.migrations:
        folder = versions.path(knows) / knows.migrations
        migrations = migrations.with_folder(versions.name, folder)
    return migrations, versions.name in settings.plugins


def _columns(migrations: Migrations, name: str) -> dict[str, list[str]]:
    return columns_of(engine_of(migrations), migrations.tables(name))


def _gone(had: Columns, there: Columns) -> dict[str, list[str]]:
    """Tables and columns that are there no more."""
    left = {
        table: [one for one in columns if one not in there.get(table, ())]
        for table, columns in had.items()
    }
    return {table: columns for table, columns in left.items() if columns}


def _both(one: Columns, other: Columns) -> dict[str, list[str]]:
    return {
        table: sorted({*one.get(table, ()), *other.get(table, ())}) for table in {**one, **other}
    }


def _kept(versions: Versions, folder: str) -> Version:
    found = versions.kept(folder)
    assert found is not None, f"{folder} is gone"  # noqa: S101  nobody but us removes it
    return found


def _in_a_process(home: Home, name: str, seconds: float) -> int | None:
    """Make one change apart; its exit code, None when it took too long and was ended."""
    command = [sys.executable, "-P", "-m", "careline.setup.taking_up", str(home.root)]
    command += [name, str(os.getpid())]
    try:
        return subprocess.run(command, timeout=seconds, check=False).returncode  # noqa: S603
    except subprocess.TimeoutExpired:
        log.error("the tables of {plugin} take too long to change", plugin=name)
        return None


def _end_with(parent: int) -> None:
    """Never outlive the core: the next start would make the same change beside us."""
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:
        sys.exit(1)


if __name__ == "__main__":
    _end_with(int(sys.argv[3]))
    place = Home(Path(sys.argv[1]))
    use_kept(place)
    change(place, sys.argv[2])
