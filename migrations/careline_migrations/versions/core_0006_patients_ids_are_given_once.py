"""patients' ids are given once.

SQLite gives the highest id again when its row is gone, unless the table says AUTOINCREMENT: who was
taken in after an erasure would have been hit by what was still to be done about the erased.
"""

from __future__ import annotations

from alembic import op

revision = "core_0006"
down_revision = "core_0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    _rebuild(sqlite_autoincrement=True)


def downgrade() -> None:
    _rebuild()


def _rebuild(**how: bool) -> None:
    if op.get_bind().dialect.name != "sqlite":  # PostgreSQL's sequences never go back
        return
    with op.batch_alter_table("patient", recreate="always", table_kwargs=how):
        pass
