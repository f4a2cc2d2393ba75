"""lists are handed in, erased discharges stay away."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "followup_0003"
down_revision = "followup_0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "followup_erased",
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.PrimaryKeyConstraint("digest", name=op.f("pk_followup_erased")),
    )
    with op.batch_alter_table("followup_erased", schema=None) as batch_op:
        batch_op.create_index("ix_followup_erased_day", ["day"], unique=False)

    op.create_table(
        "followup_list",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("campus", sa.String(length=32), nullable=False),
        sa.Column("title", sa.String(length=200), nullable=False),
        sa.Column("file", sa.String(length=64), nullable=False),
        sa.Column("by", sa.String(length=64), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column(
            "header", sa.JSON().with_variant(postgresql.JSONB(), "postgresql"), nullable=False
        ),
        sa.Column("read", sa.Integer(), nullable=False),
        sa.Column("total", sa.Integer(), nullable=True),
        sa.Column("added", sa.Integer(), nullable=False),
        sa.Column("known", sa.Integer(), nullable=False),
        sa.Column("rejected", sa.Integer(), nullable=False),
        sa.Column("noted", sa.Integer(), nullable=False),
        sa.Column("uncalled", sa.Integer(), nullable=False),
        sa.Column("error", sa.JSON().with_variant(postgresql.JSONB(), "postgresql"), nullable=True),
        sa.Column("finished", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_followup_list")),
    )
    with op.batch_alter_table("followup_list", schema=None) as batch_op:
        batch_op.create_index("ix_followup_list_at", ["at"], unique=False)

    op.create_table(
        "followup_list_line",
        sa.Column(
            "list",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            autoincrement=False,
            nullable=False,
        ),
        sa.Column("line", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column(
            "cells", sa.JSON().with_variant(postgresql.JSONB(), "postgresql"), nullable=False
        ),
        sa.Column("taken", sa.Boolean(), nullable=False),
        sa.Column(
            "reasons", sa.JSON().with_variant(postgresql.JSONB(), "postgresql"), nullable=False
        ),
        sa.PrimaryKeyConstraint("list", "line", name=op.f("pk_followup_list_line")),
    )


def downgrade() -> None:
    # Before, nobody knew these reasons.
    op.execute(
        sa.text("UPDATE followup_task SET why = NULL WHERE why IN ('no_number', 'together')")
    )
    op.drop_table("followup_list_line")
    with op.batch_alter_table("followup_list", schema=None) as batch_op:
        batch_op.drop_index("ix_followup_list_at")

    op.drop_table("followup_list")
    with op.batch_alter_table("followup_erased", schema=None) as batch_op:
        batch_op.drop_index("ix_followup_erased_day")

    op.drop_table("followup_erased")
