"""Templates: lines to start a draft from."""

from alembic import op

from portico.db.policies import Wall, apply_wall

revision = "q0013"
down_revision = "q0012"
branch_labels = None
depends_on = None

TABLE = """
CREATE TABLE quotes_template (
  tenant_id uuid NOT NULL,
  id uuid NOT NULL,
  account_id uuid NOT NULL,
  author_id uuid NOT NULL,
  author text NOT NULL,
  name text NOT NULL,
  shared boolean NOT NULL,
  note text NOT NULL,
  currency text NOT NULL,
  lines jsonb NOT NULL,
  created_at timestamptz NOT NULL DEFAULT now(),
  updated_at timestamptz NOT NULL DEFAULT now(),
  CONSTRAINT pk_quotes_template PRIMARY KEY (tenant_id, id),
  CONSTRAINT fk_quotes_template_tenant_id_account_id FOREIGN KEY (tenant_id, account_id)
    REFERENCES account (tenant_id, id) ON DELETE CASCADE
);
CREATE INDEX ix_quotes_template_account ON quotes_template (tenant_id, account_id, name);
"""
WALL = Wall(customer="account", customer_writes=("INSERT", "UPDATE", "DELETE"))


def upgrade() -> None:
    op.get_bind().exec_driver_sql(TABLE)
    apply_wall(op, "quotes_template", WALL)


def downgrade() -> None:
    op.execute("DROP TABLE quotes_template")
