"""Whoever asks for a link at the apex leaves a job there, the same for every address."""

from alembic import op

revision = "c0030"
down_revision = "c0029"
branch_labels = None
depends_on = None

# No other job of the installation can be left there by a request.
APEX_JOBS = """
DROP POLICY job_enqueue_apex ON job;
CREATE POLICY job_enqueue_apex ON job FOR INSERT TO portico_public, portico_user, portico_operator
  WITH CHECK (tenant_id IS NULL AND actor = ANY ('{identity.apex_device_seen,identity.apex_asked}'))
"""


def upgrade() -> None:
    op.get_bind().exec_driver_sql(APEX_JOBS)


def downgrade() -> None:
    raise RuntimeError("who has an account is not told by time again: restore a backup instead")
