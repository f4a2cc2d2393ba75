"""What ``env.py`` does: runs revisions on the given connection, a transaction for each."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Literal

from alembic.autogenerate.api import AutogenContext
from sqlalchemy import Connection, Table, text

from careline.errors import Invalid
from careline.storage.columns import EnumValue, Json, UTCDateTime, metadata
from careline.storage.guard import Guard


def run_revisions(context: Any) -> None:
    """Configure alembic's ``context`` (the module ``alembic.context``) and run what was planned."""
    connection: Connection = context.config.attributes["connection"]
    guard: Guard | None = context.config.attributes.get("guard")

    def applied(*, step: Any, **_: object) -> None:
        if connection.dialect.name == "sqlite":
            check_foreign_keys(connection)
        if guard is not None:
            guard.check(connection, str(step.up_revision_id))

    context.configure(
        connection=connection,
        transaction_per_migration=True,
        transactional_ddl=True,  # SQLite too: our engines say BEGIN themselves
        render_as_batch=True,
        on_version_apply=applied,
        **compare_options(context.config.attributes.get("owned")),
    )
    with context.begin_transaction():
        context.run_migrations()


def compare_options(owned: Callable[[str], bool] | None) -> dict[str, Any]:
    """Options by which metadata and database are compared; ``owned`` tells which tables count."""

    def include(
        thing: Any, name: str | None, kind: str, reflected: bool, compare_to: object
    ) -> bool:
        table = thing if isinstance(thing, Table) else getattr(thing, "table", None)
        return owned is None or table is None or owned(table.name)

    return {
        "target_metadata": metadata,
        "compare_type": True,
        "include_object": include,
        "render_item": render_item,
    }


def check_foreign_keys(connection: Connection) -> None:
    """SQLite: foreign keys rest while tables are rebuilt, so look that none is broken after."""
    broken = connection.execute(text("PRAGMA foreign_key_check")).fetchall()
    if broken:
        tables = sorted({str(row[0]) for row in broken})
        raise Invalid(
            "db.broken_references",
            "A migration would leave rows that point nowhere in: {tables}",
            tables=", ".join(tables),
        )


def render_item(kind: str, thing: Any, autogen: AutogenContext) -> str | Literal[False]:
    """Write our column types as what they are in SQL: a revision must not change with the code."""
    if kind != "type":
        return False
    if isinstance(thing, UTCDateTime):
        return "sa.DateTime(timezone=True)"
    if isinstance(thing, EnumValue):
        return f"sa.String({thing.length})"
    if isinstance(thing, Json):
        autogen.imports.add("from sqlalchemy.dialects import postgresql")
        return 'sa.JSON().with_variant(postgresql.JSONB(), "postgresql")'
    return False


__all__ = ["check_foreign_keys", "compare_options", "run_revisions"]
