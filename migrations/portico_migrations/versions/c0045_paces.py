"""A company's system is called only so often as its administrator allows, by all processes together."""

from alembic import op

from portico.db.policies import Wall, apply_wall

revision = "c0045"
down_revision = "c0044"
branch_labels = None
depends_on = None

TABLE = """
ALTER TABLE connection ADD COLUMN rate_calls integer, ADD COLUMN rate_per_s integer;
ALTER TABLE connection ADD CONSTRAINT ck_connection_rate CHECK
  ((rate_calls is null) = (rate_per_s is null) and rate_calls between 1 and 1000 and rate_per_s in (1, 60));
CREATE TABLE connection_pace (
  tenant_id uuid NOT NULL,
  id uuid NOT NULL,
  connection_id uuid NOT NULL,
  calls timestamptz[] DEFAULT '{}' NOT NULL,
  paused_until timestamptz,
  CONSTRAINT pk_connection_pace PRIMARY KEY (tenant_id, id),
  CONSTRAINT uq_connection_pace_tenant_id_connection_id UNIQUE (tenant_id, connection_id),
  CONSTRAINT fk_connection_pace_tenant_id_connection_id FOREIGN KEY (tenant_id, connection_id)
    REFERENCES connection (tenant_id, id) ON DELETE CASCADE
);
"""


def upgrade() -> None:
    op.get_bind().exec_driver_sql(TABLE)
    apply_wall(op, "connection_pace", Wall())


def downgrade() -> None:
    op.execute("DROP TABLE connection_pace")
    op.execute("ALTER TABLE connection DROP CONSTRAINT ck_connection_rate, DROP COLUMN rate_calls, DROP COLUMN rate_per_s")
