"""Table 0001."""

import sqlalchemy as sa
from alembic import op

revision = "two_heads_0001"
down_revision = None
branch_labels = ("two_heads",)
depends_on = "core_0001"


def upgrade() -> None:
    op.create_table("two_heads_0001", sa.Column("id", sa.Integer, primary_key=True))


def downgrade() -> None:
    op.drop_table("two_heads_0001")
