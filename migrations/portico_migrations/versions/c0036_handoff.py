"""From one host to another without signing in again: sessions that came from a session, and end with it."""

from importlib.resources import files

from alembic import op

from portico.db.definer import SCOPE_ROLES, SIGNED_IN_ROLES, create_definer_functions, replace_definer_functions

revision = "c0036"
down_revision = "c0035"
branch_labels = None
depends_on = None

GRANTS: dict[str, tuple[str, ...]] = {
    "session_went()": (),
    "handoff_standing(uuid, uuid, boolean, timestamptz)": (),
    "handoff_target(uuid, text)": SIGNED_IN_ROLES,
    "handoff_begin(uuid, bytea, uuid, text, jsonb, interval, integer, interval)": SIGNED_IN_ROLES,
    "handoff_take(bytea, text, text, bytea, text, text, text)": SCOPE_ROLES,
    "handoff_home(text)": SCOPE_ROLES,
    "session_sign_out(uuid)": SIGNED_IN_ROLES,
}
IDLE = (
    ("enter_definer", "s.last_seen_at > now() - idle", "s.last_seen_at > now() - least(idle, make_interval(mins => s.idle_minutes))"),
    ("sessions_alive", "make_interval(mins => coalesce((t.settings->>'idle_minutes')::int, 30))",
     "make_interval(mins => least(coalesce((t.settings->>'idle_minutes')::int, 30), s.idle_minutes))"),
)  # fmt: skip
"""Function, what it says, what it says from now on: a session is not idle for longer than where it came from."""


def upgrade() -> None:
    run = op.get_bind().exec_driver_sql
    run("ALTER TABLE web_session ADD COLUMN origin_id uuid REFERENCES web_session ON DELETE CASCADE, ADD COLUMN idle_minutes integer")
    run("CREATE INDEX ix_web_session_origin_id ON web_session (origin_id)")
    create_definer_functions(op, (files("portico_migrations") / "sql" / "handoff_0036.sql").read_text(), GRANTS)
    for name, former, now in IDLE:
        (signature,) = run("SELECT oid::regprocedure::text FROM pg_proc WHERE proname = %(n)s", {"n": name}).scalars()
        text: str = run("SELECT pg_get_functiondef(%(f)s::regprocedure)", {"f": signature}).scalar_one()
        assert text.count(former) == 1, f"{name} is not what was built so far"
        replace_definer_functions(op, text.replace(former, now))


def downgrade() -> None:
    raise RuntimeError("sessions are not cut off from where they came: restore a backup instead")
