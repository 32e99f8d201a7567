"""The words that somebody agreed to are kept with the language that they were shown in."""

from alembic import op

revision = "s0007"
down_revision = "s0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("ALTER TABLE signatures_signature ADD COLUMN consent_locale text DEFAULT '' NOT NULL")


def downgrade() -> None:
    op.execute("ALTER TABLE signatures_signature DROP COLUMN consent_locale")
