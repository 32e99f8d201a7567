"""A mail may carry the document of the record that it is about."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "c0043"
down_revision = "c0042"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("mail", sa.Column("document", JSONB(none_as_null=True)))


def downgrade() -> None:
    op.drop_column("mail", "document")
