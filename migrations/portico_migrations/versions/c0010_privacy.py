"""What people accepted, their requests for their data and to be erased, and the doors to everything about a person."""

from importlib.resources import files

from alembic import op

from portico.db.definer import SCOPE_ROLES, SIGNED_IN_ROLES, create_definer_functions

revision = "c0010"
down_revision = "c0009"
branch_labels = None
depends_on = None

ANYBODY = ("portico_app", *SCOPE_ROLES)
TABLES = """
CREATE TABLE consent (
  id uuid NOT NULL, user_id uuid NOT NULL, tenant_id uuid, document text NOT NULL, version text NOT NULL,
  accepted_at timestamptz NOT NULL DEFAULT now(), address text NOT NULL DEFAULT '',
  CONSTRAINT pk_consent PRIMARY KEY (id),
  CONSTRAINT ck_consent_document CHECK (document in ('terms', 'privacy')),
  CONSTRAINT fk_consent_user_id FOREIGN KEY (user_id) REFERENCES app_user (id) ON DELETE CASCADE,
  CONSTRAINT fk_consent_tenant_id FOREIGN KEY (tenant_id) REFERENCES tenant (id) ON DELETE CASCADE);
CREATE INDEX ix_consent_user_id ON consent (user_id);
CREATE TABLE data_request (
  id uuid NOT NULL, user_id uuid NOT NULL, tenant_id uuid, kind text NOT NULL, state text NOT NULL DEFAULT 'waiting',
  locale text NOT NULL, created_at timestamptz NOT NULL DEFAULT now(), due_at timestamptz NOT NULL DEFAULT now(),
  lease timestamptz, attempts smallint NOT NULL DEFAULT 0, done integer NOT NULL DEFAULT 0, total integer NOT NULL DEFAULT 0,
  finished_at timestamptz, expires_at timestamptz, file bytea,
  CONSTRAINT pk_data_request PRIMARY KEY (id),
  CONSTRAINT ck_data_request_kind CHECK (kind in ('export', 'erasure')),
  CONSTRAINT ck_data_request_state CHECK (state in ('waiting', 'ready', 'done', 'cancelled', 'failed', 'expired')),
  CONSTRAINT fk_data_request_user_id FOREIGN KEY (user_id) REFERENCES app_user (id) ON DELETE CASCADE,
  CONSTRAINT fk_data_request_tenant_id FOREIGN KEY (tenant_id) REFERENCES tenant (id) ON DELETE CASCADE);
CREATE INDEX ix_data_request_user_id ON data_request (user_id);
CREATE UNIQUE INDEX ix_data_request_open ON data_request (user_id, kind) WHERE state = 'waiting';
CREATE INDEX ix_data_request_due ON data_request (due_at) WHERE state = 'waiting';
"""
WALLED = ("consent", "data_request")
TOUCHED = "mail, event, notification, idempotency_key, consent, data_request"
GRANTS = {
    "consent_give(uuid, uuid, text, text, text)": ANYBODY,
    "my_consents()": SIGNED_IN_ROLES,
    "data_request_open(uuid, text, uuid, text, interval)": SIGNED_IN_ROLES,
    "my_data_requests()": SIGNED_IN_ROLES,
    "my_data_file(uuid)": SIGNED_IN_ROLES,
    "data_request_cancel(uuid)": ANYBODY,
    "data_request_take(interval, integer)": ("portico_worker",),
    "data_request_progress(uuid, integer, integer, interval)": ("portico_worker",),
    "data_request_finish(uuid, text, bytea, interval)": ("portico_worker",),
    "data_request_expire()": ("portico_worker",),
    "person_rows(uuid)": ("portico_worker",),
    "person_companies(uuid)": ("portico_worker",),
    "person_erase(uuid)": ("portico_worker",),
    "retain(uuid, interval, interval, interval)": ("portico_staff", "portico_worker"),
}


def upgrade() -> None:
    run = op.get_bind().exec_driver_sql
    run(TABLES)
    for table in WALLED:  # no policy at all: only definer functions reach these
        run(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
        run(f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY")
    run(f"GRANT SELECT, INSERT, UPDATE, DELETE ON {TOUCHED} TO portico_definer")
    create_definer_functions(op, (files("portico_migrations") / "sql" / "privacy_0010.sql").read_text(), GRANTS)


def downgrade() -> None:
    raise RuntimeError("what people accepted is evidence and is not thrown away: restore a backup instead")
