"""Where a quote is to be delivered and when it is wanted, and what of that each version said."""

from alembic import op

revision = "q0010"
down_revision = "q0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    for table in ("quotes_quote", "quotes_version"):
        op.execute(f"ALTER TABLE {table} ADD COLUMN delivery_address jsonb, ADD COLUMN wanted_on date")


def downgrade() -> None:
    for table in ("quotes_quote", "quotes_version"):
        op.execute(f"ALTER TABLE {table} DROP COLUMN delivery_address, DROP COLUMN wanted_on")
