"""Lets everybody in a company know how old a copy is, without letting them see the connection."""

from alembic import op

from portico.db.definer import create_definer_functions

revision = "c0004"
down_revision = "c0003"
branch_labels = None
depends_on = None

FRESHNESS = """
CREATE FUNCTION sync_freshness(p_entity text)
RETURNS TABLE (connected boolean, last_success_at timestamptz, failing boolean)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $f$
  SELECT count(c.id) > 0, max(s.last_success_at), coalesce(bool_or(s.error IS NOT NULL), false)
  FROM public.connection c
  LEFT JOIN public.connection_sync s ON s.tenant_id = c.tenant_id AND s.connection_id = c.id
    AND s.entity = p_entity
  WHERE c.tenant_id = nullif(current_setting('portico.tenant_id', true), '')::uuid
    AND c.status = 'active' AND c.replaces_id IS NULL
$f$;
"""


def upgrade() -> None:
    create_definer_functions(
        op,
        FRESHNESS,
        {"sync_freshness(text)": ("portico_customer", "portico_staff")},
        reads=("connection_sync",),
    )


def downgrade() -> None:
    op.execute("DROP FUNCTION sync_freshness(text)")
