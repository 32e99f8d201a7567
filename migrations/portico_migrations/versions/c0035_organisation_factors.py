"""A company demands a second factor of what people are in a customer's organisation, too: of its owners, say."""

from alembic import op

from portico.db.definer import replace_definer_functions

revision = "c0035"
down_revision = "c0034"
branch_labels = None
depends_on = None

BY_MEMBERSHIP = "jsonb_exists_any(coalesce(rules->'second_factor', '[]'), roles)"
# What somebody is in an organisation that has ended, in another company's, or was before they became staff, asks nothing.
BY_PLACE = """EXISTS (
          SELECT FROM public.account_member a JOIN public.account c ON (c.tenant_id, c.id) = (a.tenant_id, a.account_id)
            WHERE a.tenant_id = enter_definer.tenant_id AND a.user_id = enter_definer.user_id
              AND enter_definer.member_kind = 'customer' AND c.status = 'active'
              AND jsonb_exists(rules->'second_factor', a.role))"""


def upgrade() -> None:
    bind = op.get_bind()
    (signature,) = bind.exec_driver_sql("SELECT oid::regprocedure::text FROM pg_proc WHERE proname = 'enter_definer'").scalars()
    text: str = bind.exec_driver_sql("SELECT pg_get_functiondef(%(f)s::regprocedure)", {"f": signature}).scalar_one()
    assert text.count(BY_MEMBERSHIP) == 1, "enter_definer is not what was built so far"
    replace_definer_functions(op, text.replace(BY_MEMBERSHIP, f"({BY_MEMBERSHIP} OR {BY_PLACE})"))


def downgrade() -> None:
    raise RuntimeError("nobody is let in without the factor that their company demands: restore a backup instead")
