"""A program's session lives no longer than the company lets any session live."""

from importlib.resources import files

from alembic import op

from portico.db.definer import replace_definer_functions

revision = "c0021"
down_revision = "c0020"
branch_labels = None
depends_on = None


def upgrade() -> None:
    replace_definer_functions(op, (files("portico_migrations") / "sql" / "lifetime_0021.sql").read_text())


def downgrade() -> None:
    raise RuntimeError("nobody's sessions are lengthened: restore a backup instead")
