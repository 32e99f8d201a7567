"""The archive of one's own data is no way round a second factor that a company demands."""

from alembic import op

from portico.db.definer import create_definer_functions

revision = "c0040"
down_revision = "c0039"
branch_labels = None
depends_on = None

# The same roles as at a company's own pages (`enter_definer`, `handoff_standing`), whatever became of the membership. Who has
# a factor was asked for it when the session began.
LOCKED = """
CREATE FUNCTION person_locked(p_user uuid) RETURNS TABLE (tenant_id uuid)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $f$
  SELECT t.id FROM public.membership m JOIN public.tenant t ON t.id = m.tenant_id
  WHERE m.user_id = p_user
    AND NOT EXISTS (SELECT FROM public.user_factor f WHERE f.user_id = p_user AND f.confirmed_at IS NOT NULL)
    AND (jsonb_exists_any(coalesce(t.settings->'second_factor', '[]'), m.roles)
      OR m.kind = 'customer' AND EXISTS (SELECT FROM public.account_member a
        JOIN public.account c ON (c.tenant_id, c.id) = (a.tenant_id, a.account_id) AND c.status = 'active'
        WHERE a.tenant_id = t.id AND a.user_id = p_user AND jsonb_exists(t.settings->'second_factor', a.role)))
$f$;
"""


def upgrade() -> None:
    create_definer_functions(op, LOCKED, {"person_locked(uuid)": ("portico_worker",)})


def downgrade() -> None:
    raise RuntimeError("nobody's data leaves without the factor that their company demands: restore a backup instead")
