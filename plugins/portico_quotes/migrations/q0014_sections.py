"""Sections between a quote's lines, and lines that are optional."""

from alembic import op

revision = "q0014"
down_revision = "q0013"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute(
        "ALTER TABLE quotes_line ADD COLUMN optional boolean NOT NULL DEFAULT false, "
        "ADD COLUMN chosen boolean NOT NULL DEFAULT true, "
        "ADD CONSTRAINT ck_quotes_line_chosen CHECK (chosen OR optional)"
    )


def downgrade() -> None:
    op.execute("DELETE FROM quotes_line WHERE kind = 'section' OR NOT chosen")
    op.execute("ALTER TABLE quotes_line DROP COLUMN optional, DROP COLUMN chosen")
