"""What is known of a document is looked up by indexes alone: anybody may ask, and a company has many signatures."""

from alembic import op

from portico.db.definer import replace_definer_functions

revision = "s0005"
down_revision = "s0004"
branch_labels = None
depends_on = None

# One condition with OR reads every signature of the company; each branch of a UNION has an index of its own.
KNOWN = """
CREATE OR REPLACE FUNCTION signatures_known(p_hashes text[], p_reference text) RETURNS TABLE (id uuid, reference text, title text,
  version integer, name text, method text, signed_at timestamptz, state text, ended_at timestamptz, ended_why text,
  document_sha256 text, sealed_sha256 text, sealed_at timestamptz, identity_id uuid)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $f$
  WITH found AS (
    SELECT s.tenant_id, s.id, s.round_id FROM public.signatures_signature s
    WHERE s.tenant_id = nullif(current_setting('portico.tenant_id', true), '')::uuid AND s.document_sha256 = ANY (p_hashes)
    UNION
    SELECT s.tenant_id, s.id, s.round_id FROM public.signatures_signature s
    WHERE s.tenant_id = nullif(current_setting('portico.tenant_id', true), '')::uuid AND s.sealed_sha256 = ANY (p_hashes)
    UNION
    SELECT s.tenant_id, s.id, s.round_id FROM public.signatures_signature s
    WHERE s.tenant_id = nullif(current_setting('portico.tenant_id', true), '')::uuid AND s.reference = p_reference
      AND s.reference <> ''
  ),
  together AS (
    SELECT f.tenant_id, f.id FROM found f
    UNION
    SELECT s.tenant_id, s.id FROM found f
    JOIN public.signatures_signature s ON s.tenant_id = f.tenant_id AND s.round_id = f.round_id
  )
  SELECT s.id, s.reference, s.title, s.version, s.name, s.method, s.signed_at, s.state, s.ended_at, s.ended_why,
    s.document_sha256, s.sealed_sha256, s.sealed_at, s.identity_id
  FROM together t
  JOIN public.signatures_signature s ON s.tenant_id = t.tenant_id AND s.id = t.id
  ORDER BY s.id LIMIT 50
$f$;
"""


def upgrade() -> None:
    replace_definer_functions(op, KNOWN)


def downgrade() -> None:
    raise RuntimeError("what people signed is not thrown away: restore a backup instead")
