"""People sign in at the portal's own host alone. What was opened at a company's own host and is not that company's ends, and no
such session can be made or counts any more.
"""

from importlib.resources import files

from alembic import op

from portico.db.definer import SCOPE_ROLES, SIGNED_IN_ROLES, create_definer_functions, replace_definer_functions
from portico.db.roles import DEFINER

revision = "c0042"
down_revision = "c0041"
branch_labels = None
depends_on = None

FORMER = (
    "handoff_target(uuid, text)",
    "handoff_begin(uuid, bytea, uuid, text, jsonb, interval, integer, interval)",
    "handoff_peek(bytea, text, text)",
    "handoff_take(bytea, text, text, bytea, text, text, text)",
    "handoff_home(text)",
)
GRANTS: dict[str, tuple[str, ...]] = {
    "handoff_target(uuid)": SIGNED_IN_ROLES,
    "handoff_begin(uuid, bytea, text, text, interval)": SIGNED_IN_ROLES,
    "handoff_take(bytea, text, text, bytea, text, text, text)": SCOPE_ROLES,
}
CHANGES = (
    ("enter_definer", "(s.kind = 'personal' OR s.host IS NOT DISTINCT FROM p_host)",
     "(s.kind = 'personal' OR s.host IS NOT DISTINCT FROM p_host AND (p_host IS NULL OR s.tenant_id IS NOT NULL))"),
    ("enter_definer", "s.expires_at > now() AND s.host IS NOT DISTINCT FROM p_host", "s.expires_at > now() AND p_host IS NULL"),
    ("enter_definer", "s.last_seen_at > now() - least(idle, make_interval(mins => s.idle_minutes))", "s.last_seen_at > now() - idle"),
    ("sessions_alive", "make_interval(mins => least(coalesce((t.settings->>'idle_minutes')::int, 30), s.idle_minutes))",
     "make_interval(mins => coalesce((t.settings->>'idle_minutes')::int, 30))"),
)  # fmt: skip
"""Function, what it says, what it says from now on. Programs sign in at the portal's own host, too; a session that was handed over
is idle for as long as its company allows, as it is the company's page where the person signed in."""
CONFINED = "host IS NULL OR tenant_id IS NOT NULL"
OTHERS = "DELETE FROM public.web_session WHERE host IS NOT NULL AND (tenant_id IS NULL OR kind = 'api')"


def upgrade() -> None:
    run = op.get_bind().exec_driver_sql
    run(f"SET LOCAL ROLE {DEFINER}")  # the walls keep the owner from rows
    run(OTHERS)
    run("DELETE FROM public.ceremony WHERE purpose = 'handoff'")
    run("RESET ROLE")
    run(f"ALTER TABLE web_session ADD CONSTRAINT ck_web_session_host CHECK ({CONFINED})")
    for signature in FORMER:
        run(f"DROP FUNCTION {signature}")
    create_definer_functions(op, (files("portico_migrations") / "sql" / "handoff_0042.sql").read_text(), GRANTS)
    for name, former, now in CHANGES:
        (signature,) = run("SELECT oid::regprocedure::text FROM pg_proc WHERE proname = %(n)s", {"n": name}).scalars()
        text: str = run("SELECT pg_get_functiondef(%(f)s::regprocedure)", {"f": signature}).scalar_one()
        assert text.count(former) == 1, f"{name} is not what was built so far: {former}"
        replace_definer_functions(op, text.replace(former, now))
    run("ALTER TABLE web_session DROP COLUMN idle_minutes")


def downgrade() -> None:
    raise RuntimeError("nobody signs in at a company's own host again: restore a backup instead")
