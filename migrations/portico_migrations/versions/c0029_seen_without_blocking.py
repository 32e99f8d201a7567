"""Noting that a session is in use keeps nobody from referring to it: a page that asks for a passkey does so beside its own
transaction, and waited for itself.
"""

from alembic import op

from portico.db.definer import replace_definer_functions

revision = "c0029"
down_revision = "c0028"
branch_labels = None
depends_on = None

STRONG, WEAK = "FOR UPDATE SKIP LOCKED", "FOR NO KEY UPDATE SKIP LOCKED"


def upgrade() -> None:
    bind = op.get_bind()
    (signature,) = bind.exec_driver_sql("SELECT oid::regprocedure::text FROM pg_proc WHERE proname = 'enter_definer'").scalars()
    text: str = bind.exec_driver_sql("SELECT pg_get_functiondef(%(f)s::regprocedure)", {"f": signature}).scalar_one()
    assert text.count(STRONG) == 2, "enter_definer is not what was built so far"
    replace_definer_functions(op, text.replace(STRONG, WEAK))


def downgrade() -> None:
    raise RuntimeError("pages are not made to wait for themselves again: restore a backup instead")
