"""Tables: the revisions make what the store declares, go both ways, and touch nobody else's."""

from __future__ import annotations

import tempfile
from collections.abc import Collection, Iterator, Mapping
from pathlib import Path
from typing import Any

from sqlalchemy import Engine, MetaData, Table, inspect

from careline.errors import CarelineError
from careline.plugins.bundles import with_required
from careline.storage import metadata
from careline.storage.migrate import Migrations, engine_of
from careline.testing.contract.subject import Subject
from careline_migrations.new import differences
from careline_migrations.tables import import_stores

Schema = Mapping[str, Any]
OURS = "alembic_version"


def tables(subject: Subject) -> Iterator[CarelineError]:
    """Up, down and up again, on SQLite and on PostgreSQL when there is one."""
    declared = [name for name in metadata.tables if name.startswith(f"{subject.name}_")]
    if subject.plugin.migrations is None:
        if declared:
            yield subject.found(
                "tables.no_revisions",
                "plugin {plugin} declares tables ({tables}) and has no revisions; run: python -m "
                'careline_migrations.new "first tables" --plugin {plugin}',
                tables=declared,
            )
        return
    with tempfile.TemporaryDirectory() as scratch:
        yield from tables_on(subject, f"sqlite:///{Path(scratch)}/check.db")
    if subject.postgresql:
        yield from tables_on(subject, subject.postgresql)


def tables_on(subject: Subject, url: str) -> Iterator[CarelineError]:
    """The same on one database, which holds the core's tables alone before and after."""
    import_stores()
    wanted = with_required([subject.name], subject.catalog)
    plugins = [subject.catalog.plugins[name] for name in wanted]
    folders = {one.name: one.migrations for one in plugins if one.migrations}
    migrations = Migrations(url, folders, declared=_declared_by(subject, folders))
    try:
        migrations.upgrade([name for name in folders if name != subject.name])
        yield from _both_ways(subject, migrations)
    except CarelineError as error:
        yield error
    finally:
        migrations.close()


def _declared_by(subject: Subject, folders: Collection[str]) -> MetaData:
    """The tables of the core and of these plugins, by name alone; other plugins are loaded too."""
    declared = MetaData()
    for name in metadata.tables:
        owners = [one for one in subject.catalog.names if name.startswith(f"{one}_")]
        if not owners or max(owners, key=len) in folders:
            Table(name, declared)
    return declared


def _both_ways(subject: Subject, migrations: Migrations) -> Iterator[CarelineError]:
    engine = engine_of(migrations)
    before = schema(engine)
    migrations.upgrade([subject.name])
    after = schema(engine)
    if any(True for _ in differences(migrations, subject.name)):
        yield subject.found(
            "tables.differ",
            "plugin {plugin}: its revisions make other tables than its store declares; run: python "
            '-m careline_migrations.new "what changes" --plugin {plugin}',
        )
    migrations.purge(subject.name)
    left = sorted(set(schema(engine)) - set(before))
    if left:
        yield subject.found(
            "tables.left",
            "plugin {plugin}: its revisions taken back leave tables behind: {tables}",
            tables=left,
        )
    migrations.upgrade([subject.name])
    if schema(engine) != after:
        yield subject.found(
            "tables.again",
            "plugin {plugin}: its revisions taken back and run again make other tables than at "
            "first",
        )
    migrations.purge(subject.name)


def schema(engine: Engine) -> Schema:
    """All tables with their columns, as values that can be compared."""
    with engine.connect() as connection:
        columns = inspect(connection).get_multi_columns()
        return {
            str(name): sorted((one["name"], str(one["type"]), one["nullable"]) for one in ones)
            for (_, name), ones in columns.items()
            if name != OURS
        }
