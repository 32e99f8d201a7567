"""Whoever runs the installation disables a person, enables them again, and takes an operator's rights away."""

from importlib.resources import files

from alembic import op

from portico.db.definer import create_definer_functions

revision = "c0034"
down_revision = "c0033"
branch_labels = None
depends_on = None

GRANTS = {
    "person_set_active(text, boolean)": ("portico_owner",),
    "operator_end(text)": ("portico_owner",),
}


def upgrade() -> None:
    create_definer_functions(op, (files("portico_migrations") / "sql" / "standing_0034.sql").read_text(), GRANTS)


def downgrade() -> None:
    raise RuntimeError("who was disabled is not let in again: restore a backup instead")
