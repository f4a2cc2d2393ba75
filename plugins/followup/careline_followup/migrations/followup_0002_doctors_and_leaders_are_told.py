"""doctors and leaders are told."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "followup_0002"
down_revision = "followup_0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("followup_post", schema=None) as batch_op:
        batch_op.add_column(
            sa.Column("doctor", sa.String(length=100), server_default="", nullable=False)
        )
        batch_op.drop_constraint(
            batch_op.f("uq_followup_post_campus_ward_level_number"), type_="unique"
        )
        batch_op.create_unique_constraint(
            batch_op.f("uq_followup_post_campus_ward_doctor_level_number"),
            ["campus", "ward", "doctor", "level", "number"],
        )


def downgrade() -> None:
    # Before, these would be told of every ward's flags.
    op.execute(sa.text("DELETE FROM followup_post WHERE doctor <> '' OR level < 0"))
    with op.batch_alter_table("followup_post", schema=None) as batch_op:
        batch_op.drop_constraint(
            batch_op.f("uq_followup_post_campus_ward_doctor_level_number"), type_="unique"
        )
        batch_op.create_unique_constraint(
            batch_op.f("uq_followup_post_campus_ward_level_number"),
            ["campus", "ward", "level", "number"],
        )
        batch_op.drop_column("doctor")
