"""Previews of files: how far they are, and where they lie. What was uploaded before gets its own, some files each hour."""

from alembic import op

revision = "c0038"
down_revision = "c0037"
branch_labels = None
depends_on = None

# Rows that are here already wait, new ones do not: the default says so, and no row is written.
COLUMNS = """
ALTER TABLE file
  ADD COLUMN preview text NOT NULL DEFAULT 'waiting',
  ADD COLUMN preview_problem text NOT NULL DEFAULT '',
  ADD COLUMN preview_pages integer NOT NULL DEFAULT 0,
  ADD COLUMN preview_object text NOT NULL DEFAULT '',
  ADD COLUMN preview_size bigint NOT NULL DEFAULT 0,
  ADD COLUMN preview_parts jsonb NOT NULL DEFAULT '[]',
  ADD CONSTRAINT ck_file_preview CHECK (preview in ('none', 'waiting', 'ready', 'failed'));
ALTER TABLE file ALTER COLUMN preview SET DEFAULT 'none';
CREATE INDEX ix_file_preview ON file (tenant_id, id) WHERE preview = 'waiting' AND preview_object = '';
"""


def upgrade() -> None:
    op.get_bind().exec_driver_sql(COLUMNS)


def downgrade() -> None:
    raise RuntimeError("objects of previews would be left without a row: restore a backup instead")
