"""A quote knows the open request for its approval."""

from alembic import op

revision = "q0004"
down_revision = "q0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("ALTER TABLE quotes_quote ADD COLUMN approval_id uuid")


def downgrade() -> None:
    op.execute("ALTER TABLE quotes_quote DROP COLUMN approval_id")
