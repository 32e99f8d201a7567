"""Several counts of the rate limits at once, and an end of old ones."""

from alembic import op

from portico.db.definer import SCOPE_ROLES, create_definer_functions

revision = "c0009"
down_revision = "c0008"
branch_labels = None
depends_on = None

FUNCTIONS = """
-- Adds to counts of the present window and says how many there are, for each key. Keys come sorted, each once.
CREATE FUNCTION rate_hits(p_keys text[], p_hits integer[], p_window interval) RETURNS TABLE (key text, hits integer)
LANGUAGE sql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $f$
  INSERT INTO public.rate_window AS w (key, started_at, hits)
    SELECT k, date_bin(p_window, now(), 'epoch'), h FROM unnest(p_keys, p_hits) AS given (k, h)
  ON CONFLICT (key, started_at) DO UPDATE SET hits = w.hits + excluded.hits RETURNING w.key, w.hits
$f$;

-- Counts of windows that ended: they name addresses, and nobody needs them any more. The longest window is a day.
CREATE FUNCTION rate_forget_old() RETURNS integer
LANGUAGE sql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $f$
  WITH gone AS (DELETE FROM public.rate_window WHERE started_at < now() - interval '25 hours' RETURNING 1)
  SELECT count(*)::integer FROM gone
$f$;
"""
GRANTS = {
    "rate_hits(text[], integer[], interval)": ("portico_app", *SCOPE_ROLES),
    "rate_forget_old()": ("portico_worker",),
}


def upgrade() -> None:
    op.execute("CREATE INDEX ix_rate_window_started_at ON rate_window (started_at)")
    create_definer_functions(op, FUNCTIONS, GRANTS)


def downgrade() -> None:
    op.execute("DROP INDEX ix_rate_window_started_at")
    for name in ("rate_hits(text[], integer[], interval)", "rate_forget_old()"):
        op.execute(f"DROP FUNCTION {name}")
