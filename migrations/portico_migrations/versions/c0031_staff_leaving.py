"""Whoever works for a company leaves it by themselves, unless nobody else administers it."""

from importlib.resources import files

from alembic import op

from portico.db.definer import replace_definer_functions

revision = "c0031"
down_revision = "c0030"
branch_labels = None
depends_on = None


def upgrade() -> None:
    replace_definer_functions(op, (files("portico_migrations") / "sql" / "staff_leaving_0031.sql").read_text())


def downgrade() -> None:
    raise RuntimeError("the last administrator is not let go again: restore a backup instead")
