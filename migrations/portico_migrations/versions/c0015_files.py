"""Files that people upload, and the keys that their contents are sealed with."""

from importlib.resources import files

from alembic import op

from portico.db.definer import create_definer_functions
from portico.db.policies import Wall, apply_wall

revision = "c0015"
down_revision = "c0014"
branch_labels = None
depends_on = None

GRANTS = {
    "file_session(uuid)": ("portico_app",),
    "person_rows(uuid)": ("portico_worker",),
}


def upgrade() -> None:
    folder, run = files("portico_migrations") / "sql", op.get_bind().exec_driver_sql
    run((folder / "tables_0015.sql").read_text())
    apply_wall(op, "file", Wall(customer="reach", customer_writes=("UPDATE", "DELETE")))
    apply_wall(op, "file_key", Wall())
    run("GRANT SELECT, UPDATE (account_id, site_id, author_id) ON file TO portico_definer")
    run("DROP FUNCTION person_rows(uuid)")
    names = ("files_0015.sql", "person_0015.sql")
    create_definer_functions(op, "\n".join((folder / name).read_text() for name in names), GRANTS)


def downgrade() -> None:
    raise RuntimeError("what people uploaded is not thrown away: restore a backup instead")
