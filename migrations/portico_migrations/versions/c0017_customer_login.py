"""Signing in by customer number."""

from importlib.resources import files

from alembic import op

from portico.db.definer import SCOPE_ROLES, create_definer_functions

revision = "c0017"
down_revision = "c0016"
branch_labels = None
depends_on = None


def upgrade() -> None:
    sql = (files("portico_migrations") / "sql" / "login_0017.sql").read_text()
    create_definer_functions(op, sql, {"customer_login(uuid, text)": ("portico_app", *SCOPE_ROLES)})


def downgrade() -> None:
    op.execute("DROP FUNCTION customer_login(uuid, text)")
