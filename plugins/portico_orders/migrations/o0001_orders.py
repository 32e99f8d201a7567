"""Orders with lines, deliveries and history, and the search that staff use over all of a company's orders."""

from pathlib import Path

from alembic import op

from portico.db.definer import create_definer_functions

revision = "o0001"
down_revision = None
branch_labels = None
depends_on = None

# LIKE is not leakproof, so no index serves it under row-level security. This looks in the index, for the
# company in scope alone, and gives ids only: the caller reads the orders themselves through the wall.
SEARCH = """
CREATE FUNCTION orders_find(p_pattern text, p_limit integer) RETURNS SETOF uuid
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $f$
  SELECT o.id FROM public.orders_order o
  WHERE o.tenant_id = nullif(current_setting('portico.tenant_id', true), '')::uuid
    AND o.search LIKE p_pattern
  ORDER BY o.ordered_at DESC, o.id DESC LIMIT p_limit
$f$;
"""


def upgrade() -> None:
    op.get_bind().exec_driver_sql(Path(__file__).with_name("tables_0001.sql").read_text())
    create_definer_functions(op, SEARCH, {"orders_find(text, integer)": ("portico_staff",)}, reads=("orders_order",))


def downgrade() -> None:
    raise RuntimeError("switching the plugin off keeps its tables; drop them by hand if they must go")
