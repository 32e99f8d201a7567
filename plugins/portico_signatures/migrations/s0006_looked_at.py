"""Rounds that wait are looked after in turn: those first that were not for the longest time."""

from alembic import op

revision = "s0006"
down_revision = "s0005"
branch_labels = None
depends_on = None

COLUMNS = """
ALTER TABLE signatures_round ADD COLUMN looked_at timestamptz;
CREATE INDEX ix_signatures_round_looked_at ON signatures_round (tenant_id, looked_at) WHERE state = 'open';
"""


def upgrade() -> None:
    op.get_bind().exec_driver_sql(COLUMNS)


def downgrade() -> None:
    op.execute("ALTER TABLE signatures_round DROP COLUMN looked_at")
