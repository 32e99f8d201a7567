"""Files at quotes are seen by whoever sees the quote."""

from alembic import op

from portico.files.ddl import files_follow

revision = "q0005"
down_revision = "q0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    files_follow(op, "quotes_quote", "quotes.quote")


def downgrade() -> None:
    op.execute("DROP TRIGGER quotes_quote_files ON quotes_quote")
    op.execute("DROP FUNCTION quotes_quote_files_follow()")
