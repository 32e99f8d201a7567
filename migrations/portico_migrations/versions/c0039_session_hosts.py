"""A session is good at the host where it was opened. What was opened before counts as opened at the portal's own hosts: whoever
is signed in at a company's own one signs in there again.
"""

from importlib.resources import files

from alembic import op

from portico.db.definer import SCOPE_ROLES, create_definer_functions, replace_definer_functions

revision = "c0039"
down_revision = "c0038"
branch_labels = None
depends_on = None

FORMER = (
    "session_open(uuid, bytea, text, uuid, interval, text, text, text[], boolean, text, text[], text, uuid)",
    "file_session(uuid)",
)
GRANTS: dict[str, tuple[str, ...]] = {
    "session_open(uuid, bytea, text, uuid, interval, text, text, text[], boolean, text, text[], text, uuid, text)": (
        "portico_app",
        *SCOPE_ROLES,
    ),
    "file_session(uuid)": ("portico_app",),
}
CHANGES = (
    ("enter_definer", "s.token_hash = p_token AND s.kind = p_kind AND s.expires_at > now()",
     " AND (s.kind = 'personal' OR s.host IS NOT DISTINCT FROM p_host)"),
    ("enter_definer", "s.id = p_session AND s.kind = 'api' AND s.expires_at > now()", " AND s.host IS NOT DISTINCT FROM p_host"),
    ("sessions_alive", "WHERE s.expires_at > now()", " AND (s.host IS NULL OR s.host = t.host)"),
    ("handoff_take", "elevated_at, origin_id, idle_minutes", ", host"),
    ("handoff_take", "(handoff_take.data->>'idle')::int", ", p_host"),
)  # fmt: skip
"""Function, what it says, what it says after that from now on. A personal token was made to be used anywhere, in its company."""


def upgrade() -> None:
    run = op.get_bind().exec_driver_sql
    run("ALTER TABLE web_session ADD COLUMN host text")
    for signature in FORMER:
        run(f"DROP FUNCTION {signature}")
    create_definer_functions(op, (files("portico_migrations") / "sql" / "session_hosts_0039.sql").read_text(), GRANTS)
    for name, said, further in CHANGES:
        (signature,) = run("SELECT oid::regprocedure::text FROM pg_proc WHERE proname = %(n)s", {"n": name}).scalars()
        text: str = run("SELECT pg_get_functiondef(%(f)s::regprocedure)", {"f": signature}).scalar_one()
        assert text.count(said) == 1, f"{name} is not what was built so far"
        replace_definer_functions(op, text.replace(said, said + further))


def downgrade() -> None:
    raise RuntimeError("sessions of companies' own hosts are not let in elsewhere: restore a backup instead")
