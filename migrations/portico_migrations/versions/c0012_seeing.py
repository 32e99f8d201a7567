"""Staff who look as a customer: `enter` asks whether they still are staff. Its check before this one could not be run."""

from importlib.resources import files

from alembic import op

from portico.db.definer import create_definer_functions

revision = "c0012"
down_revision = "c0011"
branch_labels = None
depends_on = None

ENTER = "bytea, uuid, text, text, text, bigint, boolean"


def upgrade() -> None:
    op.get_bind().exec_driver_sql(f"DROP FUNCTION enter_definer({ENTER})")
    text = (files("portico_migrations") / "sql" / "enter_0012.sql").read_text()
    create_definer_functions(op, text, {f"enter_definer({ENTER})": ("portico_app",)})


def downgrade() -> None:
    raise RuntimeError("what opens every request is not taken back: restore a backup instead")
