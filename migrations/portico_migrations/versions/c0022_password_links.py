"""A new password ends the links that were mailed before it."""

from importlib.resources import files

from alembic import op

from portico.db.definer import replace_definer_functions

revision = "c0022"
down_revision = "c0021"
branch_labels = None
depends_on = None


def upgrade() -> None:
    replace_definer_functions(op, (files("portico_migrations") / "sql" / "password_0022.sql").read_text())


def downgrade() -> None:
    raise RuntimeError("links that ended do not come back: restore a backup instead")
