"""A trial of a connection is told while it is on its way, and a new connection may wait for one."""

from alembic import op

revision = "c0044"
down_revision = "c0043"
branch_labels = None
depends_on = None

OUTCOMES = "outcome in ('done', 'failed', 'refused', 'empty', 'running')"


def upgrade() -> None:
    op.execute("ALTER TABLE connection ADD COLUMN held boolean DEFAULT false NOT NULL")
    op.execute("ALTER TABLE connection_run DROP CONSTRAINT ck_connection_run_outcome")
    op.execute(f"ALTER TABLE connection_run ADD CONSTRAINT ck_connection_run_outcome CHECK ({OUTCOMES})")


def downgrade() -> None:
    op.execute("ALTER TABLE connection DROP COLUMN held")
    op.execute("DELETE FROM connection_run WHERE outcome = 'running'")
    op.execute("ALTER TABLE connection_run DROP CONSTRAINT ck_connection_run_outcome")
    op.execute(
        "ALTER TABLE connection_run ADD CONSTRAINT ck_connection_run_outcome "
        "CHECK (outcome in ('done', 'failed', 'refused', 'empty'))"
    )
