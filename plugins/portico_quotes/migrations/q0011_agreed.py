"""An answer carries what it is to: the sum, and the company's own version of the offer."""

from alembic import op

revision = "q0011"
down_revision = "q0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("ALTER TABLE quotes_quote ADD COLUMN remote_version text DEFAULT '' NOT NULL, ADD COLUMN agreed jsonb")


def downgrade() -> None:
    op.execute("ALTER TABLE quotes_quote DROP COLUMN remote_version, DROP COLUMN agreed")
