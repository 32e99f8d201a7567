"""Whoever holds the mailbox names the person; views of a customer end with any browser of who opened them; archives of one's
own data that lie unsealed are not given out any more.
"""

from importlib.resources import files

from alembic import op

from portico.db.definer import SCOPE_ROLES, create_definer_functions, replace_definer_functions
from portico.db.roles import DEFINER

revision = "c0032"
down_revision = "c0031"
branch_labels = None
depends_on = None

UNSEALED = "UPDATE public.data_request SET state = 'expired', file = NULL WHERE file IS NOT NULL"


def upgrade() -> None:
    folder = files("portico_migrations") / "sql"
    anybody = ("portico_app", *SCOPE_ROLES)
    create_definer_functions(op, (folder / "claim_0032.sql").read_text(), {"user_claim(bytea, text)": anybody})
    replace_definer_functions(op, (folder / "views_0032.sql").read_text())
    run = op.get_bind().exec_driver_sql
    run(f"SET LOCAL ROLE {DEFINER}")  # the walls keep the owner from rows
    run(UNSEALED)
    run("RESET ROLE")


def downgrade() -> None:
    raise RuntimeError("what is sealed is not opened again, nor names given back: restore a backup instead")
