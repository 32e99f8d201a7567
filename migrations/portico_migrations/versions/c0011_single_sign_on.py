"""A company's own sign-in, and sessions that it controls: `enter` tells how a session came to be, and who looks through it."""

from importlib.resources import files

from alembic import op

from portico.db.definer import SCOPE_ROLES, create_definer_functions
from portico.db.policies import Wall, apply_wall

revision = "c0011"
down_revision = "c0010"
branch_labels = None
depends_on = None

ANYBODY = ("portico_app", *SCOPE_ROLES)
ENTER = "bytea, uuid, text, text, text, bigint, boolean"
TABLES = """
CREATE TABLE sso_provider (
  tenant_id uuid NOT NULL, id uuid NOT NULL, name text NOT NULL, issuer text NOT NULL, client_id text NOT NULL,
  enabled boolean NOT NULL DEFAULT false, staff_must boolean NOT NULL DEFAULT false, customers_may boolean NOT NULL DEFAULT false,
  newcomers text NOT NULL DEFAULT '', version bigint NOT NULL DEFAULT 1, works boolean NOT NULL DEFAULT false,
  signs_out boolean NOT NULL DEFAULT false, tested_at timestamptz, found jsonb NOT NULL DEFAULT '[]'::jsonb,
  created_at timestamptz NOT NULL DEFAULT now(), updated_at timestamptz NOT NULL DEFAULT now(),
  CONSTRAINT pk_sso_provider PRIMARY KEY (tenant_id, id), CONSTRAINT uq_sso_provider_tenant_id UNIQUE (tenant_id),
  CONSTRAINT ck_sso_provider_name CHECK (length(name) between 1 and 60));
CREATE TABLE sso_secret (
  tenant_id uuid NOT NULL, id uuid NOT NULL, provider_id uuid NOT NULL, field text NOT NULL, sealed bytea NOT NULL,
  key_version integer NOT NULL,
  CONSTRAINT pk_sso_secret PRIMARY KEY (tenant_id, id),
  CONSTRAINT uq_sso_secret_tenant_id_provider_id_field UNIQUE (tenant_id, provider_id, field),
  CONSTRAINT fk_sso_secret_tenant_id_provider_id FOREIGN KEY (tenant_id, provider_id)
    REFERENCES sso_provider (tenant_id, id) ON DELETE CASCADE);
CREATE TABLE sso_domain (
  tenant_id uuid NOT NULL, id uuid NOT NULL, domain text NOT NULL, token text NOT NULL, verified_at timestamptz, verified_by text,
  checked_at timestamptz, problem text, created_at timestamptz NOT NULL DEFAULT now(), updated_at timestamptz NOT NULL DEFAULT now(),
  CONSTRAINT pk_sso_domain PRIMARY KEY (tenant_id, id), CONSTRAINT uq_sso_domain_tenant_id_domain UNIQUE (tenant_id, domain),
  CONSTRAINT ck_sso_domain_verified_by CHECK (verified_by in ('dns', 'operator')));
CREATE TABLE sso_identity (
  tenant_id uuid NOT NULL, id uuid NOT NULL, user_id uuid NOT NULL, issuer text NOT NULL, subject text NOT NULL,
  created_at timestamptz NOT NULL DEFAULT now(), last_used_at timestamptz NOT NULL DEFAULT now(),
  CONSTRAINT pk_sso_identity PRIMARY KEY (tenant_id, id),
  CONSTRAINT uq_sso_identity_tenant_id_issuer_subject UNIQUE (tenant_id, issuer, subject),
  CONSTRAINT uq_sso_identity_person UNIQUE (tenant_id, user_id, issuer),
  CONSTRAINT fk_sso_identity_user_id FOREIGN KEY (user_id) REFERENCES app_user (id) ON DELETE CASCADE);
CREATE INDEX ix_sso_identity_user_id ON sso_identity (user_id);
"""
WALLS = {
    "sso_provider": Wall(public=True, customer="tenant"),
    "sso_secret": Wall(),
    "sso_domain": Wall(),
    "sso_identity": Wall(),
}
GRANTS = {
    f"enter_definer({ENTER})": ("portico_app",),
    "sso_person(uuid)": ("portico_staff",),
    "sso_sessions_end()": ("portico_staff",),
    "sso_config_version()": (),
    "session_proved_at(uuid, timestamptz)": ANYBODY,
    "ceremony_peek(bytea, text)": ANYBODY,
    "person_rows(uuid)": ("portico_worker",),
    "person_erase(uuid)": ("portico_worker",),
}


def upgrade() -> None:
    run = op.get_bind().exec_driver_sql
    run(TABLES)
    for table, wall in WALLS.items():
        apply_wall(op, table, wall)
    run(f"DROP FUNCTION enter({ENTER})")
    run(f"DROP FUNCTION enter_definer({ENTER})")
    run("DROP FUNCTION person_rows(uuid)")
    run("DROP FUNCTION person_erase(uuid)")
    run("GRANT SELECT, DELETE ON sso_identity TO portico_definer")
    folder = files("portico_migrations") / "sql"
    text = "\n".join((folder / name).read_text() for name in ("enter_0011.sql", "sso_0011.sql"))
    create_definer_functions(op, text, GRANTS)
    run(f"REVOKE ALL ON FUNCTION enter({ENTER}) FROM PUBLIC")
    run(f"GRANT EXECUTE ON FUNCTION enter({ENTER}) TO portico_app")


def downgrade() -> None:
    raise RuntimeError("who is who at a company's provider is not thrown away: restore a backup instead")
