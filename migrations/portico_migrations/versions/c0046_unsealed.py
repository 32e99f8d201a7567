"""Who verifies a chain is told what is not in it yet."""

from alembic import op

from portico.db.definer import create_definer_functions

revision = "c0046"
down_revision = "c0045"
branch_labels = None
depends_on = None

SQL = """
-- Entries that no link holds yet, and the time of the oldest: whoever changes one of these leaves no trace in the chain.
CREATE FUNCTION audit_unsealed(p_chain uuid) RETURNS TABLE (entries bigint, oldest timestamptz)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $f$
  SELECT count(*), min(e.at) FROM public.audit_entry e
  WHERE e.tenant_id IS NOT DISTINCT FROM nullif(p_chain, '00000000-0000-0000-0000-000000000000'::uuid)
    AND NOT EXISTS (SELECT 1 FROM public.audit_seal s WHERE s.entry_id = e.id)
$f$;
"""
SIGNATURE = "audit_unsealed(uuid)"


def upgrade() -> None:
    create_definer_functions(op, SQL, {SIGNATURE: ("portico_worker", "portico_staff", "portico_operator")})


def downgrade() -> None:
    op.execute(f"DROP FUNCTION {SIGNATURE}")
