"""Who arrives from another host is asked first; a browser's former session ends even where it has idled."""

from importlib.resources import files

from alembic import op

from portico.db.definer import SCOPE_ROLES, create_definer_functions

revision = "c0041"
down_revision = "c0040"
branch_labels = None
depends_on = None

GRANTS: dict[str, tuple[str, ...]] = {
    "handoff_peek(bytea, text, text)": SCOPE_ROLES,
    "session_displace(bytea)": SCOPE_ROLES,
}


def upgrade() -> None:
    create_definer_functions(op, (files("portico_migrations") / "sql" / "handoff_0041.sql").read_text(), GRANTS)


def downgrade() -> None:
    raise RuntimeError("sessions would come in without being asked: restore a backup instead")
