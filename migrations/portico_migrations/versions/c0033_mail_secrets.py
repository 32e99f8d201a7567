"""What opens something in a mail lies beside it, sealed, until the mail was sent."""

from alembic import op

revision = "c0033"
down_revision = "c0032"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.get_bind().exec_driver_sql("ALTER TABLE mail ADD COLUMN secret bytea")


def downgrade() -> None:
    raise RuntimeError("links in mails that wait would be lost: restore a backup instead")
