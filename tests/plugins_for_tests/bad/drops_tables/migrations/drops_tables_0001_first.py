"""First tables, and one of others goes."""

import sqlalchemy as sa
from alembic import op

revision = "drops_tables_0001"
down_revision = None
branch_labels = ("drops_tables",)
depends_on = "core_0001"


def upgrade() -> None:
    op.create_table("drops_tables_note", sa.Column("id", sa.Integer, primary_key=True))
    op.create_table("visitors", sa.Column("id", sa.Integer, primary_key=True))
    op.drop_table("voicemail")


def downgrade() -> None:
    op.drop_table("drops_tables_note")
