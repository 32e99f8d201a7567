"""Invoices with lines, the orders that they bill, and history, and the search that staff use over all of a company's invoices."""

from pathlib import Path

from alembic import op

from portico.db.definer import create_definer_functions
from portico.db.policies import Wall, apply_wall, follow_parent

revision = "i0001"
down_revision = None
branch_labels = None
depends_on = None

WALLS = {
    "invoices_invoice": Wall(customer="reach"),
    "invoices_line": Wall(customer="reach"),
    "invoices_order": Wall(customer="reach"),
    "invoices_change": Wall(customer="reach", staff_writes=("INSERT",)),
}
# LIKE is not leakproof, so no index serves it under row-level security. This looks in the index, for the
# company in scope alone, and gives ids only: the caller reads the invoices themselves through the wall.
SEARCH = """
CREATE FUNCTION invoices_find(p_pattern text, p_limit integer) RETURNS SETOF uuid
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $f$
  SELECT i.id FROM public.invoices_invoice i
  WHERE i.tenant_id = nullif(current_setting('portico.tenant_id', true), '')::uuid
    AND i.search LIKE p_pattern
  ORDER BY i.issued_on DESC, i.id DESC LIMIT p_limit
$f$;
"""


def upgrade() -> None:
    op.get_bind().exec_driver_sql(Path(__file__).with_name("tables_0001.sql").read_text())
    for table, wall in WALLS.items():
        apply_wall(op, table, wall)
    for part in ("invoices_line", "invoices_order", "invoices_change"):
        follow_parent(op, part, "invoices_invoice", "invoice_id")
    create_definer_functions(
        op, SEARCH, {"invoices_find(text, integer)": ("portico_staff",)}, reads=("invoices_invoice",)
    )


def downgrade() -> None:
    raise RuntimeError("switching the plugin off keeps its tables; drop them by hand if they must go")
