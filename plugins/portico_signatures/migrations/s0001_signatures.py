"""Signatures, and what keeps them from being changed."""

from alembic import op

from portico.db.policies import Wall, apply_wall
from portico.files.ddl import files_follow

revision = "s0001"
down_revision = None
branch_labels = None
depends_on = None

TABLE = """
CREATE TABLE signatures_signature (
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
  signer_id uuid NOT NULL,
  signer text NOT NULL,
  email text NOT NULL,
  name text NOT NULL,
  method text NOT NULL,
  drawing jsonb NOT NULL,
  consent text NOT NULL,
  locale text NOT NULL,
  address text NOT NULL,
  user_agent text NOT NULL,
  signed_at timestamptz NOT NULL,
  document_name text NOT NULL,
  document_sha256 text NOT NULL,
  content jsonb NOT NULL,
  content_sha256 text NOT NULL,
  state text NOT NULL,
  ended_at timestamptz,
  ended_why text NOT NULL,
  CONSTRAINT pk_signatures_signature PRIMARY KEY (tenant_id, id),
  CONSTRAINT ck_signatures_signature_state CHECK (state in ('given', 'agreed', 'void')),
  CONSTRAINT ck_signatures_signature_method CHECK (method in ('typed', 'drawn')),
  CONSTRAINT fk_signatures_signature_tenant_id_account_id FOREIGN KEY (tenant_id, account_id)
    REFERENCES account (tenant_id, id) ON DELETE CASCADE
);
CREATE INDEX ix_signatures_signature_subject ON signatures_signature (tenant_id, kind, subject_id, id);
CREATE INDEX ix_signatures_signature_account ON signatures_signature (tenant_id, account_id);
"""
FROZEN = """
CREATE FUNCTION signatures_signature_frozen() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $f$
BEGIN
  IF to_jsonb(NEW) - '{state,ended_at,ended_why,account_id,site_id,author_id}'::text[]
    IS DISTINCT FROM to_jsonb(OLD) - '{state,ended_at,ended_why,account_id,site_id,author_id}'::text[]
    OR (OLD.state = 'void' AND NEW.state <> 'void')
  THEN RAISE EXCEPTION 'what was signed is not changed' USING ERRCODE = 'integrity_constraint_violation';
  END IF;
  RETURN NEW;
END $f$;
REVOKE EXECUTE ON FUNCTION signatures_signature_frozen() FROM PUBLIC;
CREATE TRIGGER signatures_signature_frozen BEFORE UPDATE ON signatures_signature FOR EACH ROW
  EXECUTE FUNCTION signatures_signature_frozen();
"""
WALL = Wall(customer="reach", customer_writes=("INSERT", "UPDATE"), staff_writes=("INSERT", "UPDATE"))


def upgrade() -> None:
    op.get_bind().exec_driver_sql(TABLE)
    apply_wall(op, "signatures_signature", WALL)
    op.get_bind().exec_driver_sql(FROZEN)
    files_follow(op, "signatures_signature", "signatures.signature")


def downgrade() -> None:
    raise RuntimeError("what people signed is not thrown away: restore a backup instead")
