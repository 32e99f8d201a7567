"""What a quote said each time it went over: asked by the customer, offered by the company."""

from alembic import op

from portico.db.policies import Wall, apply_wall, follow_parent

revision = "q0007"
down_revision = "q0006"
branch_labels = None
depends_on = None

TABLE = """
CREATE TABLE quotes_version (
  tenant_id uuid NOT NULL,
  id uuid NOT NULL,
  account_id uuid NOT NULL,
  site_id uuid,
  author_id uuid,
  quote_id uuid NOT NULL,
  number integer NOT NULL,
  offered boolean NOT NULL,
  actor text NOT NULL,
  made_at timestamptz NOT NULL,
  currency text NOT NULL,
  net numeric(18, 4) NOT NULL,
  tax numeric(18, 4) NOT NULL,
  gross numeric(18, 4) NOT NULL,
  valid_until date,
  reason text NOT NULL,
  lines jsonb NOT NULL,
  CONSTRAINT pk_quotes_version PRIMARY KEY (tenant_id, id),
  CONSTRAINT uq_quotes_version_tenant_id_quote_id_number UNIQUE (tenant_id, quote_id, number),
  CONSTRAINT fk_quotes_version_tenant_id_account_id_quote_id FOREIGN KEY (tenant_id, account_id, quote_id)
    REFERENCES quotes_quote (tenant_id, account_id, id) ON DELETE CASCADE
);
"""
WALL = Wall(customer="reach", customer_writes=("INSERT",), staff_writes=("INSERT",))


def upgrade() -> None:
    op.get_bind().exec_driver_sql(TABLE)
    apply_wall(op, "quotes_version", WALL)
    follow_parent(op, "quotes_version", "quotes_quote", "quote_id")


def downgrade() -> None:
    raise RuntimeError("what was offered is not thrown away: restore a backup instead")
