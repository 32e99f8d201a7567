"""Signed PDFs, and what companies sign them with."""

from alembic import op

from portico.db.policies import Wall, apply_wall

revision = "s0002"
down_revision = "s0001"
branch_labels = None
depends_on = None

TABLES = """
ALTER TABLE signatures_signature ADD COLUMN sealed_sha256 text NOT NULL DEFAULT '';
ALTER TABLE signatures_signature ADD COLUMN sealed_at timestamptz;
CREATE TABLE signatures_identity (
  tenant_id uuid NOT NULL,
  id uuid NOT NULL,
  certificate text NOT NULL,
  chain text NOT NULL,
  brought boolean NOT NULL DEFAULT false,
  ends_at timestamptz NOT NULL,
  created_at timestamptz NOT NULL,
  CONSTRAINT pk_signatures_identity PRIMARY KEY (tenant_id, id)
);
CREATE TABLE signatures_secret (
  tenant_id uuid NOT NULL,
  id uuid NOT NULL,
  identity_id uuid NOT NULL,
  field text NOT NULL,
  sealed bytea NOT NULL,
  key_version integer NOT NULL,
  CONSTRAINT pk_signatures_secret PRIMARY KEY (tenant_id, id),
  CONSTRAINT uq_signatures_secret_tenant_id_identity_id_field UNIQUE (tenant_id, identity_id, field),
  CONSTRAINT fk_signatures_secret_tenant_id_identity_id FOREIGN KEY (tenant_id, identity_id)
    REFERENCES signatures_identity (tenant_id, id) ON DELETE CASCADE
);
CREATE OR REPLACE FUNCTION signatures_signature_frozen() RETURNS trigger LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp AS $f$
BEGIN
  IF to_jsonb(NEW) - '{state,ended_at,ended_why,account_id,site_id,author_id,sealed_sha256,sealed_at}'::text[]
    IS DISTINCT FROM
    to_jsonb(OLD) - '{state,ended_at,ended_why,account_id,site_id,author_id,sealed_sha256,sealed_at}'::text[]
    OR (OLD.state = 'void' AND NEW.state <> 'void')
    OR (OLD.sealed_sha256 <> '' AND (OLD.sealed_sha256, OLD.sealed_at) IS DISTINCT FROM (NEW.sealed_sha256, NEW.sealed_at))
  THEN RAISE EXCEPTION 'what was signed is not changed' USING ERRCODE = 'integrity_constraint_violation';
  END IF;
  RETURN NEW;
END $f$;
"""


def upgrade() -> None:
    op.get_bind().exec_driver_sql(TABLES)
    apply_wall(op, "signatures_identity", Wall())
    apply_wall(op, "signatures_secret", Wall())


def downgrade() -> None:
    raise RuntimeError("what documents were signed with is not thrown away: restore a backup instead")
