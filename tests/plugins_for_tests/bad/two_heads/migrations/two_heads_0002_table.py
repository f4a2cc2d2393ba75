"""Table 0002."""

import sqlalchemy as sa
from alembic import op

revision = "two_heads_0002"
down_revision = "two_heads_0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table("two_heads_0002", sa.Column("id", sa.Integer, primary_key=True))


def downgrade() -> None:
    op.drop_table("two_heads_0002")
