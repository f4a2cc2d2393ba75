"""Migrations: one version table, a branch for the core and one for each installed plugin.

The scripts and ``env.py`` are data in the ``careline_migrations`` package. Everything here blocks:
for the CLI, and for threads.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from alembic.config import Config
from alembic.runtime.environment import EnvironmentContext
from alembic.runtime.migration import MigrationContext
from alembic.script import Script, ScriptDirectory
from alembic.util.exc import CommandError
from sqlalchemy import Connection, Engine, MetaData, inspect
from twisted.logger import Logger

from careline.errors import CarelineError, Invalid, NotFound, Refused
from careline.storage.columns import metadata
from careline.storage.engine import build_engine, sqlite_path
from careline.storage.faults import DATABASE_ERRORS, classify, unavailable
from careline.storage.guard import Guard
from careline.storage.locks import migration_lock
from careline.storage.schema import BranchState, Standing, require

CORE = "core"
log = Logger()
VERSION_TABLE = "alembic_version"
Progress = Callable[[str], object]


def scripts_folder() -> Path:
    """The folder of ``env.py``, found without importing a package that stands above the core."""
    spec = find_spec("careline_migrations")
    if spec is None or not spec.submodule_search_locations:
        raise NotFound("db.no_migrations", "The package careline_migrations is not installed.")
    return Path(next(iter(spec.submodule_search_locations)))


class Migrations:
    """The migrations of ``url``'s database.

    ``plugins`` maps every *installed* plugin that has tables, enabled or not, to its folder of
    revisions: without all of them not even the core's can be put in order. ``core`` (the core's
    folder) and ``declared`` (the tables of the imported stores) are given in tests only.
    """

    def __init__(
        self,
        url: str,
        plugins: Mapping[str, Path] | None = None,
        core: Path | None = None,
        declared: MetaData = metadata,
    ) -> None:
        self._declared = declared
        self.plugins = dict(plugins or {})
        self.misfits: dict[str, Invalid] = {}
        self._engine = build_engine(url, foreign_keys=False)
        self._core = core or scripts_folder() / "versions"
        self.config = build_config([self._core, *self.plugins.values()])

    def upgrade(self, enabled: Collection[str] = (), progress: Progress | None = None) -> None:
        """Bring the core, then each plugin of ``enabled`` that has tables, to its head.

        Each revision is one transaction: one that fails leaves nothing of itself behind, and what
        came before it stays. ``progress`` is told each revision's id as it begins.
        """
        script = self._scripts()
        self._refuse_misfits(enabled)
        with self._connected() as connection, migration_lock(self._engine):
            self._refuse_foreign(connection, script)
            for name in [CORE, *(name for name in self.plugins if name in enabled)]:
                target = f"{name}@head"
                self._run(
                    connection,
                    script,
                    lambda rev, _, target=target: script._upgrade_revs(target, rev),
                    progress,
                )

    def check(self, enabled: Collection[str] = ()) -> list[BranchState]:
        """Tell how the core and each installed plugin stand; ``enabled`` ones must have tables."""
        script = self._scripts()
        self._refuse_misfits(enabled)
        path = sqlite_path(self._engine.url)
        if path is not None and not path.exists():
            return [
                BranchState(name, Standing.ABSENT, head=_head(script, name).revision)
                for name in [CORE, *self.plugins]
            ]
        with self._connected() as connection:
            return self._states(connection, script)

    def require_current(self, enabled: Collection[str] = ()) -> None:
        """Raise Invalid, naming every problem and its cure, unless the server may start."""
        require(self.check(enabled), enabled)

    def downgrade_plugin(
        self, name: str, to: str = "base", progress: Progress | None = None
    ) -> None:
        """Take a plugin's tables back to revision ``to``; its data goes with them."""
        if name not in self.plugins:
            raise NotFound(
                "db.no_branch", "No installed plugin {name} has tables of its own.", name=name
            )
        script = self._scripts()
        with self._connected() as connection, migration_lock(self._engine):
            applied = _closure(script, self._heads(connection))
            kept = set() if to == "base" else _implied(script, to)
            if not any(name in one.branch_labels and one.revision not in kept for one in applied):
                return
            _refuse_dependants(script, applied, name)
            target = f"{name}@base" if to == "base" else to
            self._run(
                connection,
                script,
                lambda rev, _: script._downgrade_revs(target, rev),
                progress,
            )

    def go_back(self, name: str, to: str, progress: Progress | None = None) -> None:
        """Take a plugin's tables back to revision ``to`` where they are past it; "": to none."""
        if name in self.plugins:
            self.downgrade_plugin(name, to or "base", progress)

    def purge(self, name: str, progress: Progress | None = None) -> None:
        """Remove a plugin's tables and data for good; nothing happens when it has none."""
        self.downgrade_plugin(name, "base", progress)

    def close(self) -> None:
        """Close the connections."""
        self._engine.dispose()

    def _scripts(self) -> ScriptDirectory:
        """The revisions of all; a plugin without whose the others fit is left out."""
        try:
            return self._fitting(self.plugins)
        except CommandError as error:
            misfit = self._misfit()
            if misfit is None:
                raise _bad_scripts(str(error)) from error
            name, script = misfit
            del self.plugins[name]
            self.misfits[name] = _bad_scripts(str(error))
            self.config = build_config([self._core, *self.plugins.values()])
            log.error("plugin {plugin}: {error}", plugin=name, error=self.misfits[name])
            return script

    def _misfit(self) -> tuple[str, ScriptDirectory] | None:
        for name in self.plugins:
            try:
                return name, self._fitting([one for one in self.plugins if one != name])
            except CommandError:
                continue
        return None

    def _fitting(self, plugins: Collection[str]) -> ScriptDirectory:
        folders = [self._core, *(self.plugins[name] for name in plugins)]
        script = ScriptDirectory.from_config(build_config(folders))
        for name in [CORE, *plugins]:
            _head(script, name)
        return script

    def _refuse_misfits(self, enabled: Collection[str]) -> None:
        """One that is not enabled harms nobody."""
        for name, error in self.misfits.items():
            if name in enabled:
                raise error

    @contextmanager
    def _connected(self) -> Iterator[Connection]:
        try:
            with self._engine.connect() as connection:
                yield connection
        except DATABASE_ERRORS as error:
            fault = classify(error)
            if fault is None:
                raise
            raise unavailable(fault, error) from error

    def _heads(self, connection: Connection) -> tuple[str, ...]:
        heads = MigrationContext.configure(connection).get_current_heads()
        connection.rollback()
        return heads

    def _run(
        self,
        connection: Connection,
        script: ScriptDirectory,
        plan: Callable[..., Sequence[Any]],
        progress: Progress | None,
    ) -> None:
        begun: list[str] = []
        guard = Guard(self.owner, CORE)

        def steps(revision: Any, context: Any) -> Iterator[Any]:
            for step in plan(revision, context):
                begun.append(str(step.revision.revision))
                if progress is not None:
                    progress(begun[-1])
                guard.begin(connection, next(iter(step.revision.branch_labels), CORE))
                yield step

        self.config.attributes["connection"] = connection
        self.config.attributes["guard"] = guard
        try:
            with EnvironmentContext(self.config, script, fn=steps):
                script.run_env()
        except CarelineError:
            raise
        except Exception as error:
            raise _failure(begun[-1] if begun else "", error) from error
        finally:
            # A transaction left open here would be taken for the caller's, and not be committed.
            connection.rollback()

    def _refuse_foreign(self, connection: Connection, script: ScriptDirectory) -> None:
        """Change nothing in a database that is ahead, half-applied or holds unknown plugins."""
        fine = (Standing.CURRENT, Standing.BEHIND, Standing.ABSENT)
        states = self._states(connection, script)
        bad = [state for state in states if state.standing not in fine]
        require(bad, [state.name for state in bad])

    def _states(self, connection: Connection, script: ScriptDirectory) -> list[BranchState]:
        heads = self._heads(connection)
        known = {revision.revision for revision in script.walk_revisions()}
        strange = [head for head in heads if head not in known]
        states = [_foreign(script, head, self.plugins) for head in strange]
        told = {state.name for state in states}
        applied = _closure(script, [head for head in heads if head in known])
        present = set(inspect(connection).get_table_names()) - {VERSION_TABLE}
        connection.rollback()
        for name in [CORE, *self.plugins]:
            # A strange head hides what it implies, so nothing can be said of the others.
            if name not in told and (not strange or name != CORE):
                states.append(self._state(script, name, applied, present))
        return sorted(states, key=lambda state: (state.name != CORE, state.name))

    def _state(
        self, script: ScriptDirectory, name: str, applied: Sequence[Script], present: set[str]
    ) -> BranchState:
        head = _head(script, name).revision
        mine = [revision for revision in applied if name in revision.branch_labels]
        current = _newest(mine)
        surplus = () if mine else self._surplus(name, present)
        missing = () if current != head else self._missing(name, present)
        if surplus or missing:
            return BranchState(name, Standing.HALF_APPLIED, current, head, surplus or missing)
        if current is None:
            return BranchState(name, Standing.ABSENT, None, head)
        standing = Standing.CURRENT if current == head else Standing.BEHIND
        return BranchState(name, standing, current, head)

    def tables(self, name: str) -> list[str]:
        """The tables that the database holds of a branch."""
        with self._connected() as connection:
            present = inspect(connection).get_table_names()
        return sorted(table for table in present if self.owner(table) == name)

    def with_folder(self, name: str, folder: Path) -> Migrations:
        """The same database with a plugin's revisions from another folder; this one is closed."""
        self.close()
        url = self._engine.url.render_as_string(hide_password=False)
        return Migrations(url, {**self.plugins, name: folder}, declared=MetaData())

    def owner(self, table: str) -> str:
        """The branch that a table belongs to: the plugin whose name it begins with, or the core."""
        owners = [name for name in self.plugins if table.startswith(f"{name}_")]
        return max(owners, key=len, default=CORE)

    def _surplus(self, name: str, present: set[str]) -> tuple[str, ...]:
        return tuple(sorted(table for table in present if self.owner(table) == name))

    def _missing(self, name: str, present: set[str]) -> tuple[str, ...]:
        return tuple(
            sorted(
                table
                for table in self._declared.tables
                if self.owner(table) == name and table not in present
            )
        )


def _bad_scripts(detail: str) -> Invalid:
    return Invalid("db.bad_scripts", "The migrations do not fit together: {detail}", detail=detail)


def build_config(folders: Sequence[Path]) -> Config:
    """The alembic configuration: no file, all in here."""
    config = Config()
    for key, value in {
        "script_location": str(scripts_folder()),
        "version_locations": os.pathsep.join(map(str, folders)),
        "path_separator": "os",
        "file_template": "%(rev)s_%(slug)s",
    }.items():
        config.set_main_option(key, value.replace("%", "%%"))
    return config


def _head(script: ScriptDirectory, name: str) -> Script:
    """The one newest revision of a branch; CommandError when there is none or more than one."""
    try:
        heads = script.get_revisions(f"{name}@head")
    except CommandError as error:
        several = getattr(error.__cause__, "heads", ())
        if several:
            ends = ", ".join(sorted(several))
            raise CommandError(f"branch {name} has more than one head: {ends}") from error
        raise
    if len(heads) != 1 or heads[0] is None:
        raise CommandError(f"branch {name} has {len(heads)} heads")
    return heads[0]


def _closure(script: ScriptDirectory, heads: Sequence[str]) -> list[Script]:
    """All revisions that ``heads`` imply: their ancestors and what these depend on."""
    found: dict[str, Script] = {}
    left = list(heads)
    while left:
        revision = script.get_revision(left.pop())
        if revision is not None and revision.revision not in found:
            found[revision.revision] = revision
            left += revision._all_down_revisions
    return list(found.values())


def _implied(script: ScriptDirectory, revision: str) -> set[str]:
    try:
        return {one.revision for one in _closure(script, [revision])}
    except CommandError as error:
        raise _bad_scripts(str(error)) from error


def _newest(revisions: Sequence[Script]) -> str | None:
    below = {down for revision in revisions for down in revision._versioned_down_revisions}
    tops = [one.revision for one in revisions if one.revision not in below]
    return max(tops, default=None)


def _foreign(script: ScriptDirectory, head: str, plugins: Mapping[str, Path]) -> BranchState:
    name = head.rsplit("_", 1)[0]
    if name == CORE or name in plugins:
        return BranchState(name, Standing.AHEAD, head, _head(script, name).revision)
    return BranchState(name, Standing.NOT_INSTALLED, head)


def _refuse_dependants(script: ScriptDirectory, applied: Sequence[Script], name: str) -> None:
    for revision in applied:
        if name not in revision.branch_labels and any(
            name in one.branch_labels for one in _closure(script, [revision.revision])
        ):
            raise Refused(
                "db.needed",
                "The tables of {name} are needed by {other}; remove that plugin's first.",
                name=name,
                other=next(iter(revision.branch_labels), revision.revision),
            )


def _failure(revision: str, error: Exception) -> CarelineError:
    fault = classify(error)
    if fault is not None:
        return unavailable(fault, error)
    detail = (str(getattr(error, "orig", error)).strip().splitlines() or [repr(error)])[0]
    return Invalid(
        "db.migration_failed",
        "Migration {revision} failed and was taken back; the database is as it was before it."
        " ({detail})",
        revision=revision,
        detail=f"{type(error).__name__}: {detail}",
    )


def engine_of(migrations: Migrations) -> Engine:
    """The engine that migrations run on, for the revision generator and tests."""
    return migrations._engine
