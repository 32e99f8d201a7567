"""What customers ask to be different about an offer."""

from alembic import op

from portico.db.policies import Wall, apply_wall, follow_parent

revision = "q0008"
down_revision = "q0007"
branch_labels = None
depends_on = None

TABLE = """
ALTER TABLE quotes_quote ADD COLUMN requested_at timestamptz;
CREATE TABLE quotes_revision (
  tenant_id uuid NOT NULL,
  id uuid NOT NULL,
  account_id uuid NOT NULL,
  site_id uuid,
  author_id uuid,
  quote_id uuid NOT NULL,
  message text NOT NULL,
  wishes jsonb NOT NULL,
  asker text NOT NULL,
  asked_at timestamptz NOT NULL,
  outcome text,
  reply text NOT NULL,
  replier text NOT NULL,
  ended_at timestamptz,
  CONSTRAINT pk_quotes_revision PRIMARY KEY (tenant_id, id),
  CONSTRAINT fk_quotes_revision_tenant_id_account_id_quote_id FOREIGN KEY (tenant_id, account_id, quote_id)
    REFERENCES quotes_quote (tenant_id, account_id, id) ON DELETE CASCADE
);
CREATE INDEX ix_quotes_revision_quote ON quotes_revision (tenant_id, account_id, quote_id, asked_at);
CREATE UNIQUE INDEX uq_quotes_revision_open ON quotes_revision (tenant_id, quote_id) WHERE ended_at IS NULL;
"""
WALL = Wall(customer="reach", customer_writes=("INSERT", "UPDATE"), staff_writes=("INSERT", "UPDATE"))


def upgrade() -> None:
    op.get_bind().exec_driver_sql(TABLE)
    apply_wall(op, "quotes_revision", WALL)
    follow_parent(op, "quotes_revision", "quotes_quote", "quote_id")


def downgrade() -> None:
    raise RuntimeError("what customers asked for is not thrown away: restore a backup instead")
