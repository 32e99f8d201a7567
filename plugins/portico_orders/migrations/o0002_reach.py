"""Orders and their parts are seen by those alone within whose reach they are."""

from alembic import op

from portico.db.policies import Wall, change_customer_wall, follow_parent

revision = "o0002"
down_revision = "o0001"
branch_labels = None
depends_on = None

PARTS = ("orders_line", "orders_delivery", "orders_delivery_line", "orders_change")
INDEXES = """
CREATE INDEX ix_orders_order_author ON orders_order (tenant_id, account_id, author_id, ordered_at DESC, id DESC)
  WHERE author_id IS NOT NULL;
CREATE INDEX ix_orders_order_site ON orders_order (tenant_id, account_id, site_id, ordered_at DESC, id DESC)
  WHERE site_id IS NOT NULL;
"""


def upgrade() -> None:
    for table in ("orders_order", *PARTS):
        op.execute(f"ALTER TABLE {table} ADD COLUMN site_id uuid, ADD COLUMN author_id uuid")
        change_customer_wall(op, table, Wall(customer="reach"))
    op.get_bind().exec_driver_sql(INDEXES)
    for part in PARTS:
        follow_parent(op, part, "orders_order", "order_id")


def downgrade() -> None:
    raise RuntimeError("a wall is not taken down: restore a backup instead")
