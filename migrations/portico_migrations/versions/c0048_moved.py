"""Since when a connection is read from another kind of system than before."""

from alembic import op

revision = "c0048"
down_revision = "c0047"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("ALTER TABLE connection_sync ADD COLUMN moved_at timestamptz")


def downgrade() -> None:
    op.execute("ALTER TABLE connection_sync DROP COLUMN moved_at")
