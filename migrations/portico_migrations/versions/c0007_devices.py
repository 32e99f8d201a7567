"""Devices know their person and country; all other sessions end at once; open streams keep to the absolute lifetime."""

from importlib.resources import files

from alembic import op

from portico.db.definer import SCOPE_ROLES, SIGNED_IN_ROLES, create_definer_functions

revision = "c0007"
down_revision = "c0006"
branch_labels = None
depends_on = None

ANYBODY = ("portico_app", *SCOPE_ROLES)
GRANTS = {
    "device_seen(uuid, bytea, text, text, boolean)": ANYBODY,
    "my_other_sessions_end(uuid)": SIGNED_IN_ROLES,
    "sessions_alive(uuid[], uuid[])": ANYBODY,
    "email_change(bytea)": SIGNED_IN_ROLES,
    "factors_reset(text)": ("portico_owner",),
    "personal_token_open(uuid, bytea, uuid, interval, text, boolean, text[], text)": SIGNED_IN_ROLES,
}
# Sign-ins at the apex belong to no company; no other job of the installation can be left there by a request.
APEX_JOB = """
CREATE POLICY job_enqueue_apex ON job FOR INSERT TO portico_public, portico_user, portico_operator
  WITH CHECK (tenant_id IS NULL AND actor = 'identity.apex_device_seen')
"""


def upgrade() -> None:
    run = op.get_bind().exec_driver_sql
    run("DROP FUNCTION device_seen(uuid, bytea, text, text)")
    run("DROP FUNCTION sessions_alive(uuid[], uuid[])")
    run(APEX_JOB)
    create_definer_functions(op, (files("portico_migrations") / "sql" / "sessions_0007.sql").read_text(), GRANTS)


def downgrade() -> None:
    raise RuntimeError("what people are told about their sign-ins is not taken back: restore a backup instead")
