"""Quotes, their lines and their history are seen by those alone within whose reach they are."""

from alembic import op

from portico.db.policies import Wall, change_customer_wall, follow_parent

revision = "q0003"
down_revision = "q0002"
branch_labels = None
depends_on = None

TABLES = """
ALTER TABLE quotes_quote ADD COLUMN site_id uuid;
ALTER TABLE quotes_line ADD COLUMN site_id uuid, ADD COLUMN author_id uuid;
ALTER TABLE quotes_event ADD COLUMN site_id uuid, ADD COLUMN author_id uuid;
UPDATE quotes_line c SET author_id = p.author_id FROM quotes_quote p
  WHERE p.tenant_id = c.tenant_id AND p.id = c.quote_id AND p.author_id IS NOT NULL;
UPDATE quotes_event c SET author_id = p.author_id FROM quotes_quote p
  WHERE p.tenant_id = c.tenant_id AND p.id = c.quote_id AND p.author_id IS NOT NULL;
CREATE INDEX ix_quotes_quote_author ON quotes_quote (tenant_id, account_id, author_id, moved_at DESC, id DESC);
CREATE INDEX ix_quotes_quote_site ON quotes_quote (tenant_id, account_id, site_id, moved_at DESC, id DESC)
  WHERE site_id IS NOT NULL;
"""


def upgrade() -> None:
    op.get_bind().exec_driver_sql(TABLES)
    change_customer_wall(op, "quotes_quote", Wall(customer="reach", customer_writes=("INSERT", "UPDATE")))
    change_customer_wall(op, "quotes_line", Wall(customer="reach", customer_writes=("INSERT", "UPDATE", "DELETE")))
    change_customer_wall(op, "quotes_event", Wall(customer="reach", customer_writes=("INSERT",)))
    for child in ("quotes_line", "quotes_event"):
        follow_parent(op, child, "quotes_quote", "quote_id")


def downgrade() -> None:
    raise RuntimeError("a wall is not taken down: restore a backup instead")
