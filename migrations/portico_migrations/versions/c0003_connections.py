"""Connections, their sealed secrets and sync state, with the one door that lists them for jobs."""

from importlib.resources import files

from alembic import op

from portico.db.definer import create_definer_functions

revision = "c0003"
down_revision = "c0002"
branch_labels = None
depends_on = None

FUNCTIONS = """
CREATE FUNCTION active_connections() RETURNS TABLE (tenant_id uuid, connection_id uuid, connector text)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $f$
  SELECT c.tenant_id, c.id, c.connector FROM public.connection c JOIN public.tenant t ON t.id = c.tenant_id
  WHERE t.status = 'active' AND c.status = 'active' AND c.replaces_id IS NULL ORDER BY c.tenant_id, c.id
$f$;
CREATE FUNCTION connection_config_version() RETURNS trigger LANGUAGE plpgsql
SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $f$
BEGIN
  UPDATE public.tenant SET config_version = config_version + 1
    WHERE id = CASE WHEN TG_OP = 'DELETE' THEN OLD.tenant_id ELSE NEW.tenant_id END;
  RETURN NULL;
END $f$;
-- The sync notes its success every minute: that is no change of configuration, hence the list of columns.
CREATE TRIGGER config_version
  AFTER INSERT OR DELETE OR UPDATE OF connector, config, status, version ON connection
  FOR EACH ROW EXECUTE FUNCTION connection_config_version();
"""
def upgrade() -> None:
    op.get_bind().exec_driver_sql((files("portico_migrations") / "sql" / "tables_0003.sql").read_text())
    grants = {"active_connections()": ("portico_app", "portico_worker"), "connection_config_version()": ()}
    create_definer_functions(op, FUNCTIONS, grants, reads=("connection", "tenant"))


def downgrade() -> None:
    raise RuntimeError("connections are not undone: restore a backup instead")
