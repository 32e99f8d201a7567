"""Payments with what they settle, and the ledger: journals and entries that nobody changes, and that always balance."""

from pathlib import Path

from alembic import op

from portico.db.definer import create_definer_functions
from portico.db.policies import Wall, apply_wall

revision = "p0001"
down_revision = None
branch_labels = None
depends_on = None

OF_ORGANISATION = Wall(customer="account")
APPENDED = Wall(customer="account", staff_writes=("INSERT",))
WALLS = {
    "payments_payment": OF_ORGANISATION,
    "payments_allocation": OF_ORGANISATION,
    "payments_journal": APPENDED,
    "payments_entry": APPENDED,
    "payments_posted": Wall(),
}
# Nobody is granted UPDATE or DELETE of journals and entries: they go with their customer organisation alone, by its key.
# The check sees all rows, whoever commits: behind a wall a sum might leave some out.
BALANCED = """
CREATE FUNCTION payments_balanced() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $f$
BEGIN
  IF (SELECT sum(e.amount) <> 0 OR bool_or(
                (e.account_id, e.currency, e.booked_on) IS DISTINCT FROM (j.account_id, j.currency, j.booked_on))
        FROM public.payments_entry e
        JOIN public.payments_journal j ON j.tenant_id = e.tenant_id AND j.id = e.journal_id
       WHERE e.tenant_id = NEW.tenant_id AND e.journal_id = NEW.journal_id) THEN
    RAISE EXCEPTION USING ERRCODE = 'check_violation', MESSAGE = 'journal ' || NEW.journal_id || ' does not balance';
  END IF;
  RETURN NULL;
END $f$;
CREATE CONSTRAINT TRIGGER balanced AFTER INSERT OR UPDATE ON payments_entry DEFERRABLE INITIALLY DEFERRED
  FOR EACH ROW EXECUTE FUNCTION payments_balanced();
"""
FIND = """
CREATE FUNCTION payments_find(p_pattern text, p_limit integer) RETURNS SETOF uuid
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $f$
  SELECT p.id FROM public.payments_payment p
  WHERE p.tenant_id = nullif(current_setting('portico.tenant_id', true), '')::uuid
    AND p.search LIKE p_pattern
  ORDER BY p.paid_on DESC, p.id DESC LIMIT p_limit
$f$;
"""


def upgrade() -> None:
    op.get_bind().exec_driver_sql(Path(__file__).with_name("tables_0001.sql").read_text())
    for table, wall in WALLS.items():
        apply_wall(op, table, wall)
    create_definer_functions(op, BALANCED, {"payments_balanced()": ()}, reads=("payments_entry", "payments_journal"))
    create_definer_functions(
        op, FIND, {"payments_find(text, integer)": ("portico_staff",)}, reads=("payments_payment",)
    )


def downgrade() -> None:
    raise RuntimeError("switching the plugin off keeps its tables; drop them by hand if they must go")
