"""Databases with tables, or with the demonstration hospital too, made once and copied for each."""

from __future__ import annotations

import os
import shutil
from collections.abc import Sequence
from pathlib import Path

from sqlalchemy import make_url

from careline.campuses.store import list_campuses
from careline.clock import Clock
from careline.config import Settings
from careline.dispositions.demo import put_starter
from careline.plugins.catalog import Catalog
from careline.plugins.model import Plugin
from careline.setup.demo import put_demo
from careline.setup.demonstration import publish_flows
from careline.setup.prepare import migrations_of
from careline.storage import open_database
from careline.storage.migrate import Migrations
from careline.tasks import Tasks
from careline.testing.runner import run_async
from careline_migrations.tables import import_stores

#: SQLite files with tables and no rows of ours, by the plugins whose tables they have.
_files: dict[tuple[str, ...], bytes] = {}


def kind_of(plugins: Sequence[Plugin]) -> tuple[str, ...]:
    """What the tables depend on, in one process: each plugin, its version and its revisions."""
    return tuple(f"{one.name} {one.version} {one.migrations}" for one in plugins)


def put_tables(settings: Settings, plugins: Sequence[Plugin]) -> None:
    """Make the tables of the core and of ``plugins`` in the new database that ``settings`` name."""
    url = make_url(settings.database_url)
    target, kind = Path(str(url.database)), kind_of(plugins)
    on_sqlite = url.get_backend_name() == "sqlite"
    if on_sqlite and kind in _files:
        with os.fdopen(os.open(target, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600), "wb") as file:
            file.write(_files[kind])
        return
    migrations = migrations_of(settings) if plugins else Migrations(settings.database_url)
    try:
        migrations.upgrade([one.name for one in plugins])
    finally:
        migrations.close()
    if on_sqlite and not target.with_name(f"{target.name}-wal").exists():  # else it is not whole
        _files[kind] = target.read_bytes()


class Databases:
    """Gives each core a database of its own; ``folder`` keeps one of each kind to copy."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._made: dict[tuple[str, ...], Path] = {}

    def put(self, settings: Settings, catalog: Catalog, clock: Clock) -> None:
        """Make the database that ``settings`` name: tables of all enabled plugins, and a hospital.

        On PostgreSQL it must be an empty one.
        """
        plugins = [catalog.plugins[name] for name in settings.plugins if name in catalog.plugins]
        url = make_url(settings.database_url)
        if url.get_backend_name() != "sqlite":
            fill(settings.database_url, catalog, plugins, clock)
            return
        target = Path(str(url.database))
        kind = kind_of(plugins)
        if kind not in self._made:
            made = self._folder / f"{len(self._made)}.db"
            fill(f"sqlite:///{made}", catalog, plugins, clock)
            self._made[kind] = made
        shutil.copyfile(self._made[kind], target)


def fill(url: str, catalog: Catalog, plugins: Sequence[Plugin], clock: Clock) -> None:
    """Tables of the core and of ``plugins``, the demonstration's people, queues and flows.

    Of the plugins' own demonstration only the flows are there.
    """
    import_stores()
    tables = {one.name: one.migrations for one in catalog.plugins.values() if one.migrations}
    migrations = Migrations(url, tables)
    try:
        migrations.upgrade([one.name for one in plugins])
    finally:
        migrations.close()
    db = open_database(url, clock=clock, tasks=Tasks())
    try:
        if not db.run_sync(list_campuses):
            run_async(publish_flows(db, clock, plugins), clock)
            db.run_sync(put_demo)
            db.run_sync(put_starter, clock.now())
    finally:
        run_async(db.close(), clock)
