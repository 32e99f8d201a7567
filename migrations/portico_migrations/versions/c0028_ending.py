"""Invitations to a person end with their place in an organisation, and views of a customer with their actor's sessions."""

from importlib.resources import files

from alembic import op

from portico.db.definer import replace_definer_functions

revision = "c0028"
down_revision = "c0027"
branch_labels = None
depends_on = None


def upgrade() -> None:
    replace_definer_functions(op, (files("portico_migrations") / "sql" / "ending_0028.sql").read_text())


def downgrade() -> None:
    raise RuntimeError("what ends with a session or a place is not left open again: restore a backup instead")
