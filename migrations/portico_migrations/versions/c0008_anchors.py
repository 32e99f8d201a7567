"""Heads of the audit chains can be read, to be anchored outside; a broken chain says what is wrong with it; who shows a
second factor is named."""

from importlib.resources import files

from alembic import op

from portico.db.definer import SCOPE_ROLES, create_definer_functions

revision = "c0008"
down_revision = "c0007"
branch_labels = None
depends_on = None

READERS = ("portico_worker", "portico_staff", "portico_operator")
GRANTS = {
    "audit_seal_pending(integer)": ("portico_worker",),
    "audit_heads(timestamptz)": ("portico_worker",),
    "audit_chains()": ("portico_operator",),
    "audit_hashes(uuid, bigint[])": READERS,
    "audit_verify(uuid)": READERS,
    "session_elevate(uuid, uuid, bytea, text, boolean)": ("portico_app", *SCOPE_ROLES),
}


def upgrade() -> None:
    run = op.get_bind().exec_driver_sql
    run("DROP FUNCTION audit_seal_pending(integer)")
    run("DROP FUNCTION audit_verify(uuid)")
    run("DROP FUNCTION session_elevate(uuid, uuid, bytea, text, boolean)")
    text = (files("portico_migrations") / "sql" / "audit_0008.sql").read_text()
    create_definer_functions(op, text, GRANTS)


def downgrade() -> None:
    raise RuntimeError("the trail's chain is not loosened: restore a backup instead")
