"""How long a company takes from an order to its last delivery, for predicting the day."""

from alembic import op

from portico.db.policies import Wall, apply_wall

revision = "o0003"
down_revision = "o0002"
branch_labels = None
depends_on = None

TABLE = """
CREATE TABLE orders_lead_time (
  tenant_id UUID NOT NULL,
  id UUID NOT NULL,
  kind TEXT NOT NULL,
  deliveries INTEGER NOT NULL,
  days JSONB NOT NULL,
  tested INTEGER NOT NULL,
  inside INTEGER NOT NULL,
  median_error INTEGER,
  remark TEXT NOT NULL,
  computed_at TIMESTAMP WITH TIME ZONE NOT NULL,
  CONSTRAINT pk_orders_lead_time PRIMARY KEY (tenant_id, id),
  CONSTRAINT uq_orders_lead_time_tenant_id_kind UNIQUE (tenant_id, kind)
)
"""


def upgrade() -> None:
    op.execute(TABLE)
    apply_wall(op, "orders_lead_time", Wall(customer="tenant"))


def downgrade() -> None:
    op.execute("DROP TABLE orders_lead_time")
