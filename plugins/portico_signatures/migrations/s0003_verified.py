"""What anybody can verify a signed document by: its reference, what it was sealed with, and the company's certificates."""

from alembic import op

from portico.db.definer import SCOPE_ROLES, create_definer_functions
from portico.db.policies import CUSTOMER, TENANT, VISITORS

revision = "s0003"
down_revision = "s0002"
branch_labels = None
depends_on = None

COLUMNS = """
ALTER TABLE signatures_signature ADD COLUMN reference text NOT NULL DEFAULT '';
ALTER TABLE signatures_signature ADD COLUMN identity_id uuid;
ALTER TABLE signatures_signature ADD CONSTRAINT fk_signatures_signature_tenant_id_identity_id
  FOREIGN KEY (tenant_id, identity_id) REFERENCES signatures_identity (tenant_id, id) ON DELETE RESTRICT;
CREATE UNIQUE INDEX ix_signatures_signature_reference ON signatures_signature (tenant_id, reference) WHERE reference <> '';
CREATE INDEX ix_signatures_signature_document_sha256 ON signatures_signature (tenant_id, document_sha256);
CREATE INDEX ix_signatures_signature_sealed_sha256 ON signatures_signature (tenant_id, sealed_sha256);
CREATE OR REPLACE FUNCTION signatures_signature_frozen() RETURNS trigger LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp AS $f$
DECLARE
  changing text[] := '{state,ended_at,ended_why,account_id,site_id,author_id,sealed_sha256,sealed_at,identity_id}';
BEGIN
  IF to_jsonb(NEW) - changing IS DISTINCT FROM to_jsonb(OLD) - changing
    OR (OLD.state = 'void' AND NEW.state <> 'void')
    OR (OLD.sealed_sha256 <> '' AND (OLD.sealed_sha256, OLD.sealed_at, OLD.identity_id)
      IS DISTINCT FROM (NEW.sealed_sha256, NEW.sealed_at, NEW.identity_id))
  THEN RAISE EXCEPTION 'what was signed is not changed' USING ERRCODE = 'integrity_constraint_violation';
  END IF;
  RETURN NEW;
END $f$;
"""

# Whoever holds a document knows its hash; strangers see nothing of the table itself. Of the company in scope alone, and nothing
# that does not stand in the document.
KNOWN = """
CREATE FUNCTION signatures_known(p_hashes text[], p_reference text) RETURNS TABLE (id uuid, reference text, title text,
  version integer, name text, method text, signed_at timestamptz, state text, ended_at timestamptz, ended_why text,
  document_sha256 text, sealed_sha256 text, sealed_at timestamptz, identity_id uuid)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $f$
  SELECT s.id, s.reference, s.title, s.version, s.name, s.method, s.signed_at, s.state, s.ended_at, s.ended_why,
    s.document_sha256, s.sealed_sha256, s.sealed_at, s.identity_id
  FROM public.signatures_signature s
  WHERE s.tenant_id = nullif(current_setting('portico.tenant_id', true), '')::uuid
    AND (s.document_sha256 = ANY (p_hashes) OR s.sealed_sha256 = ANY (p_hashes) OR s.reference = p_reference)
  ORDER BY s.id LIMIT 50
$f$;
"""


def upgrade() -> None:
    op.get_bind().exec_driver_sql(COLUMNS)
    create_definer_functions(
        op, KNOWN, {"signatures_known(text[], text)": SCOPE_ROLES}, reads=("signatures_signature",)
    )
    # Certificates are what others check signatures with; the keys are in a table of their own.
    for who, short in ((CUSTOMER, "customer"), (VISITORS, "public")):
        op.execute(f"GRANT SELECT ON signatures_identity TO {who}")
        op.execute(f"CREATE POLICY {short}_select ON signatures_identity FOR SELECT TO {who} USING ({TENANT})")


def downgrade() -> None:
    raise RuntimeError("references stand in documents that people hold: restore a backup instead")
