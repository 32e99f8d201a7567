"""An erasure makes nobody an owner unseen: who follows is made one before, told, and in the trail."""

from importlib.resources import files

from alembic import op

from portico.db.definer import replace_definer_functions

revision = "c0024"
down_revision = "c0023"
branch_labels = None
depends_on = None


def upgrade() -> None:
    replace_definer_functions(op, (files("portico_migrations") / "sql" / "person_0024.sql").read_text())
    op.execute("DROP FUNCTION account_pass_on(uuid)")


def downgrade() -> None:
    raise RuntimeError("owners are not made unseen again: restore a backup instead")
