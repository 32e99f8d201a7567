"""What operators see across companies, one named function each; and when a company first switched a plugin on."""

from alembic import op

from portico.db.definer import create_definer_functions

revision = "c0005"
down_revision = "c0004"
branch_labels = None
depends_on = None

FUNCTIONS = """
-- What was done lately, in companies and at the apex: who and what, never before and after.
CREATE FUNCTION operator_activity(p_limit integer) RETURNS TABLE (id uuid, tenant_id uuid, at timestamptz, actor text, action text)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $f$
  SELECT a.id, a.tenant_id, a.at, a.actor, a.action FROM public.audit_entry a ORDER BY a.id DESC LIMIT least(p_limit, 100)
$f$;

-- How companies' connections stand: no settings, no secrets.
CREATE FUNCTION operator_connections() RETURNS TABLE (tenant_id uuid, connection_id uuid, name text, connector text, status text,
  last_ok_at timestamptz, last_error text)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $f$
  SELECT c.tenant_id, c.id, c.name, c.connector, c.status, c.last_ok_at, c.last_error FROM public.connection c
  WHERE c.replaces_id IS NULL ORDER BY c.tenant_id, c.id
$f$;

-- In how many active companies each plugin is on.
CREATE FUNCTION operator_plugins() RETURNS TABLE (plugin text, companies bigint)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $f$
  SELECT p.plugin, count(*) FROM public.tenant_plugin p JOIN public.tenant t ON t.id = p.tenant_id AND t.status = 'active'
  WHERE p.enabled GROUP BY p.plugin
$f$;
"""


def upgrade() -> None:
    op.execute("ALTER TABLE tenant_plugin ADD COLUMN IF NOT EXISTS first_on_at timestamptz")
    grants = dict.fromkeys(("operator_activity(integer)", "operator_connections()", "operator_plugins()"), ("portico_operator",))
    create_definer_functions(op, FUNCTIONS, grants, reads=("connection",))


def downgrade() -> None:
    for name in ("operator_activity(integer)", "operator_connections()", "operator_plugins()"):
        op.execute(f"DROP FUNCTION {name}")
    op.execute("ALTER TABLE tenant_plugin DROP COLUMN first_on_at")
