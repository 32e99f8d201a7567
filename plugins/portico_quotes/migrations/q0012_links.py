"""A quote and its parts are opened by the quote's own key, too, which a link from a mail holds (docs/decisions/0037)."""

from alembic import op

from portico.db.policies import REACH, Wall, change_customer_wall

revision = "q0012"
down_revision = "q0011"
branch_labels = None
depends_on = None

WRITES: dict[str, tuple[str, ...]] = {
    "quotes_quote": ("INSERT", "UPDATE"),
    "quotes_line": ("INSERT", "UPDATE", "DELETE"),
    "quotes_event": ("INSERT",),
    "quotes_version": ("INSERT",),
    "quotes_revision": ("INSERT", "UPDATE"),
}


def upgrade() -> None:
    for table, writes in WRITES.items():
        key = "id" if table == "quotes_quote" else "quote_id"
        change_customer_wall(op, table, Wall(customer="reach", keys=(*REACH, key), customer_writes=writes))


def downgrade() -> None:
    for table, writes in WRITES.items():
        change_customer_wall(op, table, Wall(customer="reach", customer_writes=writes))
