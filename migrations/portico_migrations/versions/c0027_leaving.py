"""A person leaves an organisation by themselves."""

from importlib.resources import files

from alembic import op

from portico.db.definer import create_definer_functions

revision = "c0027"
down_revision = "c0026"
branch_labels = None
depends_on = None


def upgrade() -> None:
    text = (files("portico_migrations") / "sql" / "leaving_0027.sql").read_text()
    create_definer_functions(op, text, {"account_leave(uuid)": ("portico_customer",)})


def downgrade() -> None:
    op.execute("DROP FUNCTION account_leave(uuid)")
