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
    # The owner sees no row of a forced wall: it cannot take out what would count, and be a line, without these columns.
    raise RuntimeError("what is left must not become binding: restore a backup instead")
