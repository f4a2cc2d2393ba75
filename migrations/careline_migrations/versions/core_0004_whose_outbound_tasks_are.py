"""whose outbound tasks are."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "core_0004"
down_revision = "core_0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("outbound_task", schema=None) as batch_op:
        batch_op.add_column(
            sa.Column("whose", sa.String(length=8), server_default="", nullable=False)
        )
        batch_op.add_column(
            sa.Column("most_tries", sa.Integer(), server_default="0", nullable=False)
        )


def downgrade() -> None:
    with op.batch_alter_table("outbound_task", schema=None) as batch_op:
        batch_op.drop_column("most_tries")
        batch_op.drop_column("whose")
