"""Items are found by their code, for those who type or paste it."""

from alembic import op

revision = "q0009"
down_revision = "q0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("CREATE INDEX ix_quotes_item_code ON quotes_item (tenant_id, folded_code) WHERE active")


def downgrade() -> None:
    op.execute("DROP INDEX ix_quotes_item_code")
