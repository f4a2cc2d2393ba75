"""rows of lists are known by whose they are."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "followup_0004"
down_revision = "followup_0003"
branch_labels = None
depends_on = None

#: Before followup_0003 a note said that there was no number: such a task waits for one now.
UNCALLED = """
    UPDATE followup_task SET why = 'no_number', note = ''
    WHERE state = 'unreachable' AND note = 'There is no number to call.' AND answers = 0
"""


def upgrade() -> None:
    op.create_table(
        "followup_key",
        sa.Column("name", sa.String(length=32), nullable=False),
        sa.Column("value", sa.String(length=64), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_followup_key")),
    )
    op.create_table(
        "followup_list_person",
        sa.Column(
            "list",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            autoincrement=False,
            nullable=False,
        ),
        sa.Column("line", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("patient", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.PrimaryKeyConstraint("list", "line", name=op.f("pk_followup_list_person")),
    )
    with op.batch_alter_table("followup_list_person", schema=None) as batch_op:
        batch_op.create_index("ix_followup_list_person_patient", ["patient"], unique=False)

    with op.batch_alter_table("followup_list_line", schema=None) as batch_op:
        batch_op.add_column(
            sa.Column("name", sa.String(length=100), server_default="", nullable=False)
        )
        batch_op.create_index("ix_followup_list_line_name", ["name"], unique=False)

    op.execute(sa.text(UNCALLED))


def downgrade() -> None:
    with op.batch_alter_table("followup_list_line", schema=None) as batch_op:
        batch_op.drop_index("ix_followup_list_line_name")
        batch_op.drop_column("name")

    with op.batch_alter_table("followup_list_person", schema=None) as batch_op:
        batch_op.drop_index("ix_followup_list_person_patient")

    op.drop_table("followup_list_person")
    op.drop_table("followup_key")
