"""Companies, people, sessions, audit, events and notices, with their walls and doors."""

from importlib.resources import files

from alembic import op

from portico.db.definer import SCOPE_ROLES, SIGNED_IN_ROLES, create_definer_functions

revision = "c0001"
down_revision = None
branch_labels = None
depends_on = None

BEFORE_SCOPE = ("portico_app",)
ANYBODY = ("portico_app", *SCOPE_ROLES)

GRANTS = {
    "tenant_snapshot(uuid)": (),
    "enter_definer(bytea, uuid, text, text, bigint)": BEFORE_SCOPE,
    "tenant_config(uuid, text, bigint)": ("portico_app", "portico_worker", "portico_staff", "portico_operator"),
    "active_tenants()": ("portico_app", "portico_worker", "portico_operator"),
    "company_directory()": ANYBODY,
    "raise_config_version()": (),
    "user_register(text, text, text, text)": ANYBODY,
    "user_credentials(text)": ANYBODY,
    "user_set_password(uuid, text)": ANYBODY,
    "user_token_create(uuid, bytea, text, interval, jsonb)": ANYBODY,
    "user_token_use(bytea, text)": ANYBODY,
    "user_token_peek(bytea, text)": ANYBODY,
    "session_create(uuid, bytea, text, uuid, interval, text, text)": ANYBODY,
    "session_end(uuid)": ANYBODY,
    "session_end_all(uuid, uuid)": ANYBODY,
    "sessions_alive(uuid[], uuid[])": ANYBODY,
    "refresh_create(uuid, bytea, interval)": ANYBODY,
    "refresh_use(bytea)": ANYBODY,
    "rate_hit(text, interval)": ANYBODY,
    "rate_forget(text)": ANYBODY,
    "my_memberships()": SIGNED_IN_ROLES,
    "membership_request(uuid, text)": SIGNED_IN_ROLES,
    "membership_leave(uuid)": SIGNED_IN_ROLES,
    "member_provision(text, text)": ("portico_staff",),
    "user_create_verified(text, text, text, boolean, text)": ("portico_owner",),
    "copy_to_memberships()": (),
    "operator_overview()": ("portico_operator",),
    "audit_seal_pending(integer)": ("portico_worker",),
    "audit_verify(uuid)": ("portico_worker", "portico_staff", "portico_operator"),
}


def upgrade() -> None:
    folder = files("portico_migrations") / "sql"
    run = op.get_bind().exec_driver_sql
    run((folder / "tables_0001.sql").read_text())
    run((folder / "walls.sql").read_text())
    create_definer_functions(
        op, "\n".join((folder / name).read_text() for name in ("enter.sql", "identity.sql", "audit.sql")), GRANTS
    )
    run("REVOKE ALL ON FUNCTION enter(bytea, uuid, text, text, bigint) FROM PUBLIC")
    run("GRANT EXECUTE ON FUNCTION enter(bytea, uuid, text, text, bigint) TO portico_app")
    run("REVOKE ALL ON FUNCTION raise_own_config_version() FROM PUBLIC")
    run("REVOKE ALL ON FUNCTION audit_text(audit_entry) FROM PUBLIC")
    run("GRANT EXECUTE ON FUNCTION audit_text(audit_entry) TO portico_definer")


def downgrade() -> None:
    raise RuntimeError("the first migration is not undone: drop the database instead")
