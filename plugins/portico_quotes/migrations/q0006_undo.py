"""An answer can wait before it goes to the company, and be undone meanwhile."""

from alembic import op

revision = "q0006"
down_revision = "q0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("ALTER TABLE quotes_quote ADD COLUMN answer_due_at timestamptz, ADD COLUMN before_answer jsonb")


def downgrade() -> None:
    op.execute("ALTER TABLE quotes_quote DROP COLUMN answer_due_at, DROP COLUMN before_answer")
