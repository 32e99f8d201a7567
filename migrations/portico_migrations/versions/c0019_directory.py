"""What the chooser shows of a company: all its languages, and its currency."""

from alembic import op

from portico.db.definer import SCOPE_ROLES, create_definer_functions

revision = "c0019"
down_revision = "c0018"
branch_labels = None
depends_on = None

DIRECTORY = """
CREATE FUNCTION company_directory() RETURNS TABLE (id uuid, slug text, host text, name text, theme text, brand jsonb,
  locale text, locales text[], currency text, signup text)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $f$
  -- Without the bytes of logos: a page asks for those by their digest.
  SELECT t.id, t.slug, t.host, t.name, t.theme, t.brand #- '{logo,data}' #- '{logo,favicon}', t.locale, t.locales, t.currency, t.signup
  FROM public.tenant t
  WHERE t.status = 'active' AND coalesce((t.settings->>'listed')::boolean, true) ORDER BY t.name
$f$;
"""


def upgrade() -> None:
    op.execute("DROP FUNCTION company_directory()")
    create_definer_functions(op, DIRECTORY, {"company_directory()": ("portico_app", *SCOPE_ROLES)})


def downgrade() -> None:
    raise RuntimeError("the chooser asks for these columns: restore a backup instead")
