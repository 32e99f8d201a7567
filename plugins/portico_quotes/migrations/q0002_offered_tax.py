"""Lets a line remember the tax rate that the company asks now beside the one that was accepted, as it does for the price."""

from alembic import op

revision = "q0002"
down_revision = "q0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    # A new installation's first migration makes the table as the models have it.
    op.execute("ALTER TABLE quotes_line ADD COLUMN IF NOT EXISTS offered_tax_rate numeric(18, 4)")


def downgrade() -> None:
    op.execute("ALTER TABLE quotes_line DROP COLUMN offered_tax_rate")
