"""Several signatures on one record, in an order."""

from alembic import op

from portico.db.definer import replace_definer_functions
from portico.db.policies import Wall, apply_wall, follow_parent

revision = "s0004"
down_revision = "s0003"
branch_labels = None
depends_on = None

TABLES = """
CREATE TABLE signatures_round (
  tenant_id uuid NOT NULL,
  id uuid NOT NULL,
  account_id uuid NOT NULL,
  site_id uuid,
  author_id uuid,
  kind text NOT NULL,
  subject text NOT NULL,
  subject_id uuid NOT NULL,
  title text NOT NULL,
  version integer NOT NULL,
  document_sha256 text NOT NULL,
  locale text NOT NULL,
  said jsonb NOT NULL,
  starter_id uuid NOT NULL,
  starter text NOT NULL,
  state text NOT NULL,
  created_at timestamptz NOT NULL,
  ended_at timestamptz,
  ended_why text NOT NULL,
  CONSTRAINT pk_signatures_round PRIMARY KEY (tenant_id, id),
  CONSTRAINT ck_signatures_round_state CHECK (state in ('open', 'done', 'ended')),
  CONSTRAINT fk_signatures_round_tenant_id_account_id FOREIGN KEY (tenant_id, account_id)
    REFERENCES account (tenant_id, id) ON DELETE CASCADE
);
CREATE INDEX ix_signatures_round_account ON signatures_round (tenant_id, account_id);
CREATE UNIQUE INDEX ix_signatures_round_open ON signatures_round (tenant_id, kind, subject_id) WHERE state = 'open';
CREATE TABLE signatures_signer (
  tenant_id uuid NOT NULL,
  id uuid NOT NULL,
  account_id uuid NOT NULL,
  site_id uuid,
  author_id uuid,
  round_id uuid NOT NULL,
  position integer NOT NULL,
  user_id uuid NOT NULL,
  name text NOT NULL,
  delegate text NOT NULL,
  state text NOT NULL,
  reason text NOT NULL,
  asked_at timestamptz,
  reminded_at timestamptz,
  done_at timestamptz,
  CONSTRAINT pk_signatures_signer PRIMARY KEY (tenant_id, id),
  CONSTRAINT ck_signatures_signer_state CHECK (state in ('waiting', 'asked', 'signed', 'delegated', 'declined')),
  CONSTRAINT fk_signatures_signer_tenant_id_account_id FOREIGN KEY (tenant_id, account_id)
    REFERENCES account (tenant_id, id) ON DELETE CASCADE,
  CONSTRAINT fk_signatures_signer_tenant_id_round_id FOREIGN KEY (tenant_id, round_id)
    REFERENCES signatures_round (tenant_id, id) ON DELETE CASCADE
);
CREATE INDEX ix_signatures_signer_account ON signatures_signer (tenant_id, account_id);
CREATE UNIQUE INDEX ix_signatures_signer_person ON signatures_signer (tenant_id, round_id, user_id);
ALTER TABLE signatures_signature ADD COLUMN round_id uuid;
ALTER TABLE signatures_signature ADD CONSTRAINT fk_signatures_signature_tenant_id_round_id
  FOREIGN KEY (tenant_id, round_id) REFERENCES signatures_round (tenant_id, id) ON DELETE CASCADE;
CREATE INDEX ix_signatures_signature_tenant_id_round_id ON signatures_signature (tenant_id, round_id);
"""
WALL = Wall(customer="reach", customer_writes=("INSERT", "UPDATE"), staff_writes=("INSERT", "UPDATE"))

# Who holds what several signed holds all of their names.
KNOWN = """
CREATE OR REPLACE FUNCTION signatures_known(p_hashes text[], p_reference text) RETURNS TABLE (id uuid, reference text, title text,
  version integer, name text, method text, signed_at timestamptz, state text, ended_at timestamptz, ended_why text,
  document_sha256 text, sealed_sha256 text, sealed_at timestamptz, identity_id uuid)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $f$
  WITH found AS (
    SELECT s.id, s.round_id FROM public.signatures_signature s
    WHERE s.tenant_id = nullif(current_setting('portico.tenant_id', true), '')::uuid
      AND (s.document_sha256 = ANY (p_hashes) OR s.sealed_sha256 = ANY (p_hashes) OR s.reference = p_reference)
  )
  SELECT s.id, s.reference, s.title, s.version, s.name, s.method, s.signed_at, s.state, s.ended_at, s.ended_why,
    s.document_sha256, s.sealed_sha256, s.sealed_at, s.identity_id
  FROM public.signatures_signature s
  WHERE s.tenant_id = nullif(current_setting('portico.tenant_id', true), '')::uuid
    AND (s.id IN (SELECT f.id FROM found f) OR s.round_id IN (SELECT f.round_id FROM found f))
  ORDER BY s.id LIMIT 50
$f$;
"""


def upgrade() -> None:
    op.get_bind().exec_driver_sql(TABLES)
    apply_wall(op, "signatures_round", WALL)
    apply_wall(op, "signatures_signer", WALL)
    follow_parent(op, "signatures_signer", "signatures_round", "round_id")
    replace_definer_functions(op, KNOWN)


def downgrade() -> None:
    raise RuntimeError("what people signed is not thrown away: restore a backup instead")
