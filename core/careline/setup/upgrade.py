"""A plugin's version changed with calls up: checked and kept first, taken up by the core's start.

The command line checks the new version in a process of its own, keeps the files of the one before
and the rows of its tables, and writes down what is wanted. No core runs while tables change: the
next start of the core does it (:mod:`careline.setup.taking_up`), and goes back by itself when it
does not come up so. Calls are in Asterisk meanwhile.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from attrs import evolve, frozen

from careline.config import Settings
from careline.control.client import restore
from careline.errors import CarelineError, Conflict, Invalid, NotFound, Refused
from careline.plugins.apart import run_apart
from careline.plugins.catalog import Catalog
from careline.plugins.checks import problems_of
from careline.plugins.packing import (
    fetch,
    keep_present,
    refuse_missing,
    same_package,
)
from careline.plugins.versions import Trial, Version, Versions
from careline.setup.prepare import migrations_of
from careline.storage.migrate import Migrations, engine_of
from careline.storage.rows import columns_of, filled, keep_rows

#: Seconds that looking at a new version may take.
TRIAL_S = 180

#: What the contract finds against the plugin whose files lie in a folder.
Judge = Callable[[Path], Sequence[CarelineError]]


@frozen
class Lost:
    """What goes with a version that is taken back: a table, or a column, and how many rows."""

    table: str
    column: str
    rows: int

    def __str__(self) -> str:
        """``table.column``, or the table alone, and the number of its rows."""
        return f"{self.table}{'.' if self.column else ''}{self.column} ({self.rows})"


def plan_upgrade(
    settings: Settings, catalog: Catalog, name: str, what: str, judge: Judge | None = None
) -> tuple[Version, Version]:
    """Fetch, check and keep a new version of plugin ``name``; gives the present one and the new.

    Nothing runs differently yet: :meth:`Versions.want` does that. Raises Invalid with everything
    that stands against it; without ``judge`` it need not keep the contract. Where the present
    files are the new ones already (``pip install -e``), there is no version before to go back to.
    """
    if name not in catalog.plugins:
        raise problems_of([name], catalog)[0]
    versions = Versions(settings.home, name)
    _refuse_second(versions)
    versions.root.mkdir(parents=True, exist_ok=True, mode=0o700)
    staging = versions.root / ".new"
    shutil.rmtree(staging, ignore_errors=True)
    try:
        fetched = fetch(name, what, staging)
        refuse_missing(fetched)
        found = _looked_at(settings, name, staging, judge)
        old = _present(settings, catalog, versions)
        same = same_package(name, versions.path(old), staging)
        new = _new(versions, fetched.version, found, before=old.before if same else old.folder)
        staging.rename(versions.path(new))
        versions.write(new)
    finally:
        shutil.rmtree(staging, ignore_errors=True)
    if old.revision != new.revision and name in settings.plugins:
        _keep_rows(settings, versions, old)
    return old, new


def plan_rollback(settings: Settings, name: str) -> tuple[Version, Version, list[Lost]]:
    """The version in use, the one before, and what only the one in use has kept; keeps that.

    Raises Invalid when the one before cannot run here any more.
    """
    versions = Versions(settings.home, name)
    _refuse_second(versions)
    now = versions.in_use
    before = versions.kept(now.before) if now is not None and now.before else None
    if now is None or before is None:
        raise NotFound(
            "upgrade.no_before",
            "no version of plugin {plugin} from before is kept here; one that pip installed with -e"
            " cannot be: its folder holds the newer files",
            plugin=name,
        )
    _looked_at(settings, name, versions.path(before), older=True)
    lost = []
    if now.revision != before.revision:
        lost = _lost(settings, versions, now, before)
    return now, before, lost


def plan_forgetting(settings: Settings, name: str) -> None:
    """Refuse to forget the kept versions of a plugin where its own in the environment cannot run.

    Its tables must be the same: :func:`plan_upgrade` to that very version brings them there.
    """
    versions = Versions(settings.home, name)
    _refuse_second(versions)
    now = versions.in_use
    if now is None:
        raise NotFound(
            "upgrade.none_kept",
            "no version of plugin {plugin} is kept here: it is the one of the environment",
            plugin=name,
        )
    own = _looked_at(settings, name, None, older=True)
    if own["revision"] != now.revision:
        raise Refused(
            "upgrade.other_tables",
            "{plugin} {own} of the environment has other tables than {now}, which runs; take that"
            " very version first: careline plugin upgrade {plugin}",
            plugin=name,
            own=own["version"],
            now=now.version,
        )


def _refuse_second(versions: Versions) -> None:
    if versions.trial is not None or versions.forgotten:
        raise Conflict(
            "upgrade.waits",
            "a change of plugin {plugin} waits already: careline takes it up when it is started",
            plugin=versions.name,
        )


def _looked_at(
    settings: Settings,
    name: str,
    folder: Path | None,
    judge: Judge | None = None,
    *,
    older: bool = False,
) -> Mapping[str, Any]:
    """What the process of its own says; Invalid with all that stands against the version."""
    words = [str(settings.home.root), name, str(folder or ""), *(["older"] if older else [])]
    found: Mapping[str, Any] = _answer("careline.app.trial", words, folder)
    problems = [restore(one) for one in found["problems"]]
    if not problems and judge is not None and folder is not None:
        problems = list(judge(folder))
    if problems:
        raise Invalid(
            "upgrade.refused",
            "This version of {plugin} cannot be taken ({count}):",
            problems=problems,
            plugin=name,
            count=len(problems),
        )
    return found


def _answer(module: str, words: Sequence[str], folder: Path | None) -> Any:
    """The JSON that a program prints which finds the new files before all others."""
    path = [str(folder or ""), os.environ.get("PYTHONPATH", "")]
    ended = run_apart(module, words, path, TRIAL_S)
    if ended is not None and ended.answer is not None:
        return ended.answer
    failed = f"no answer within {TRIAL_S} s"
    if ended is not None:
        failed = "\n".join(ended.complaint.splitlines()[-5:])
    raise Invalid("upgrade.trial", "looking at it failed: {reason}", reason=failed)


def _present(settings: Settings, catalog: Catalog, versions: Versions) -> Version:
    """The version in use; the environment's own is copied, that it may be taken up again."""
    kept = versions.in_use
    if kept is not None:
        return kept
    plugin = catalog.plugins[versions.name]
    folder = versions.new_folder(plugin.version)
    package = keep_present(versions.name, versions.root / folder)
    revision = migrations = ""
    if plugin.migrations is not None:
        migrations = str(plugin.migrations.relative_to(package.parent))
        revision = _head(settings, versions.name)
    old = Version(folder=folder, version=plugin.version, revision=revision, migrations=migrations)
    versions.write(old)
    return old


def _head(settings: Settings, name: str) -> str:
    migrations = migrations_of(settings)
    try:
        return next(one.head or "" for one in migrations.check() if one.name == name)
    finally:
        migrations.close()


def _new(versions: Versions, version: str, found: Mapping[str, Any], *, before: str) -> Version:
    return Version(
        folder=versions.new_folder(version),
        version=version,
        revision=found["revision"],
        migrations=found["migrations"],
        before=before,
    )


def _keep_rows(settings: Settings, versions: Versions, version: Version) -> None:
    """The rows of the tables as they are now, and which columns they have."""
    migrations = migrations_of(settings)
    try:
        columns = _columns(migrations, versions.name)
        keep_rows(engine_of(migrations), columns, versions.rows(version))
    finally:
        migrations.close()
    versions.write(evolve(version, columns=columns))


def _columns(migrations: Migrations, name: str) -> dict[str, list[str]]:
    return columns_of(engine_of(migrations), migrations.tables(name))


def _lost(settings: Settings, versions: Versions, now: Version, before: Version) -> list[Lost]:
    _keep_rows(settings, versions, now)
    lost = []
    migrations = migrations_of(settings)
    try:
        engine = engine_of(migrations)
        for table, columns in _columns(migrations, versions.name).items():
            had = before.columns.get(table)
            if had is None:
                lost.append(Lost(table, "", filled(engine, table)))
                continue
            lost += [
                Lost(table, one, filled(engine, table, one)) for one in columns if one not in had
            ]
    finally:
        migrations.close()
    return [one for one in lost if one.rows]


def want(settings: Settings, name: str, old: Version, new: Version) -> None:
    """Have the next start of the core take up ``new``."""
    Versions(settings.home, name).want(Trial(old=old.folder, new=new.folder))
