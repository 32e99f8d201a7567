"""Second factors, devices, elevated and personal sessions; the session's gate moves into `enter`."""

from importlib.resources import files

from alembic import op

from portico.db.definer import SCOPE_ROLES, SIGNED_IN_ROLES, create_definer_functions

revision = "c0006"
down_revision = "c0005"
branch_labels = None
depends_on = None

ANYBODY = ("portico_app", *SCOPE_ROLES)

TABLES = """
ALTER TABLE app_user ADD COLUMN factors smallint NOT NULL DEFAULT 0;
ALTER TABLE web_session ADD COLUMN methods text[] NOT NULL DEFAULT '{}',
  ADD COLUMN elevated_at timestamptz, ADD COLUMN place text NOT NULL DEFAULT '',
  ADD COLUMN scopes text[], ADD COLUMN name text,
  ADD COLUMN actor_id uuid REFERENCES app_user (id) ON DELETE CASCADE;
ALTER TABLE web_session DROP CONSTRAINT ck_web_session_kind;
ALTER TABLE web_session ADD CONSTRAINT ck_web_session_kind CHECK (kind IN ('browser', 'api', 'personal'));
CREATE TABLE user_factor (
  id uuid PRIMARY KEY, user_id uuid NOT NULL REFERENCES app_user (id) ON DELETE CASCADE, kind text NOT NULL, name text NOT NULL,
  sealed bytea, credential_id bytea, public_key bytea, sign_count bigint NOT NULL DEFAULT 0, transports text[], last_step bigint,
  confirmed_at timestamptz, last_used_at timestamptz, created_at timestamptz NOT NULL DEFAULT now(),
  CONSTRAINT uq_user_factor_credential_id UNIQUE (credential_id),
  CONSTRAINT ck_user_factor_kind CHECK (kind IN ('totp', 'passkey')));
CREATE INDEX ix_user_factor_user_id ON user_factor (user_id);
CREATE TABLE recovery_code (
  user_id uuid NOT NULL REFERENCES app_user (id) ON DELETE CASCADE, code_hash bytea NOT NULL, used_at timestamptz,
  PRIMARY KEY (user_id, code_hash));
CREATE TABLE ceremony (
  handle_hash bytea PRIMARY KEY, purpose text NOT NULL, user_id uuid REFERENCES app_user (id) ON DELETE CASCADE,
  session_id uuid REFERENCES web_session (id) ON DELETE CASCADE, tenant_id uuid REFERENCES tenant (id) ON DELETE CASCADE,
  data jsonb NOT NULL DEFAULT '{}', expires_at timestamptz NOT NULL);
CREATE INDEX ix_ceremony_expires_at ON ceremony (expires_at);
CREATE TABLE user_device (
  user_id uuid NOT NULL REFERENCES app_user (id) ON DELETE CASCADE, device_hash bytea NOT NULL, user_agent text NOT NULL,
  place text NOT NULL DEFAULT '', first_seen_at timestamptz NOT NULL DEFAULT now(), last_seen_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (user_id, device_hash));
"""
WALLED = ("user_factor", "recovery_code", "ceremony", "user_device")
GRANTS = {
    "enter_definer(bytea, uuid, text, text, text, bigint, boolean)": ("portico_app",),
    "count_factors()": (),
    "session_open(uuid, bytea, text, uuid, interval, text, text, text[], boolean, text, text[], text, uuid)": ANYBODY,
    "session_elevate(uuid, uuid, bytea, text, boolean)": ANYBODY,
    "my_sessions()": SIGNED_IN_ROLES,
    "my_session_end(uuid)": SIGNED_IN_ROLES,
    "factors_of(uuid)": ANYBODY,
    "factor_by_credential(bytea)": ANYBODY,
    "factor_add(uuid, text, text, bytea, bytea, bytea, bigint, text[], boolean)": SIGNED_IN_ROLES,
    "factor_confirm(uuid, bigint)": SIGNED_IN_ROLES,
    "factor_rename(uuid, text)": SIGNED_IN_ROLES,
    "factor_remove(uuid)": SIGNED_IN_ROLES,
    "factor_use_step(uuid, uuid, bigint)": ANYBODY,
    "factor_use_count(uuid, bigint)": ANYBODY,
    "recovery_replace(bytea[])": SIGNED_IN_ROLES,
    "recovery_use(uuid, bytea)": ANYBODY,
    "recovery_left(uuid)": ANYBODY,
    "ceremony_begin(bytea, text, uuid, uuid, uuid, jsonb, interval)": ANYBODY,
    "ceremony_take(bytea, text)": ANYBODY,
    "device_seen(uuid, bytea, text, text)": ANYBODY,
}


def upgrade() -> None:
    run = op.get_bind().exec_driver_sql
    run(TABLES)
    for table in WALLED:  # no policy at all: only definer functions reach these
        run(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
        run(f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY")
    run(f"GRANT SELECT, INSERT, UPDATE, DELETE ON {', '.join(WALLED)} TO portico_definer")
    run("GRANT SELECT (factors) ON app_user TO portico_user, portico_customer, portico_staff, portico_operator")
    run("DROP FUNCTION enter(bytea, uuid, text, text, bigint)")
    run("DROP FUNCTION enter_definer(bytea, uuid, text, text, bigint)")
    run("DROP FUNCTION session_create(uuid, bytea, text, uuid, interval, text, text)")
    folder = files("portico_migrations") / "sql"
    text = "\n".join((folder / name).read_text() for name in ("enter_0006.sql", "identity_0006.sql"))
    create_definer_functions(op, text, GRANTS)
    run("REVOKE ALL ON FUNCTION enter(bytea, uuid, text, text, text, bigint, boolean) FROM PUBLIC")
    run("GRANT EXECUTE ON FUNCTION enter(bytea, uuid, text, text, text, bigint, boolean) TO portico_app")


def downgrade() -> None:
    raise RuntimeError("people's second factors are not thrown away: restore a backup instead")
