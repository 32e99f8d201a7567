"""Requests about a person's data that failed for good are told to the person before they end."""

from importlib.resources import files

from alembic import op

from portico.db.definer import create_definer_functions, replace_definer_functions

revision = "c0023"
down_revision = "c0022"
branch_labels = None
depends_on = None


def upgrade() -> None:
    folder = files("portico_migrations") / "sql"
    grants = {"data_requests_failing(integer)": ("portico_worker",)}
    create_definer_functions(op, (folder / "privacy_0023.sql").read_text(), grants)
    replace_definer_functions(op, (folder / "expire_0023.sql").read_text())


def downgrade() -> None:
    raise RuntimeError("nobody's failed request is hidden again: restore a backup instead")
