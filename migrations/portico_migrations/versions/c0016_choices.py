"""What people want to be told, and where."""

from importlib.resources import files

from alembic import op

from portico.db.definer import create_definer_functions
from portico.db.policies import Wall, apply_wall

revision = "c0016"
down_revision = "c0015"
branch_labels = None
depends_on = None

GRANTS = {
    "person_rows(uuid)": ("portico_worker",),
    "person_erase(uuid)": ("portico_worker",),
}


def upgrade() -> None:
    folder, run = files("portico_migrations") / "sql", op.get_bind().exec_driver_sql
    run((folder / "tables_0016.sql").read_text())
    apply_wall(op, "notification_choice", Wall(customer="user", customer_writes=("INSERT", "UPDATE", "DELETE")))
    run("GRANT SELECT, DELETE ON notification_choice TO portico_definer")
    for function in ("person_rows(uuid)", "person_erase(uuid)"):
        run(f"DROP FUNCTION {function}")
    create_definer_functions(op, (folder / "person_0016.sql").read_text(), GRANTS)


def downgrade() -> None:
    raise RuntimeError("what people chose is not thrown away: restore a backup instead")
