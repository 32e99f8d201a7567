"""Requests for approval of what is above somebody's limit; what is about a person holds them, and invitations."""

from importlib.resources import files

from alembic import op

from portico.db.definer import create_definer_functions
from portico.db.policies import REACH, Wall, apply_wall

revision = "c0014"
down_revision = "c0013"
branch_labels = None
depends_on = None

WRITES = ("INSERT", "UPDATE")
GRANTS = {
    "account_pass_on(uuid)": (),
    "person_rows(uuid)": ("portico_worker",),
    "person_erase(uuid)": ("portico_worker",),
}


def upgrade() -> None:
    folder, run = files("portico_migrations") / "sql", op.get_bind().exec_driver_sql
    run((folder / "tables_0014.sql").read_text())
    apply_wall(
        op,
        "approval",
        Wall(customer="reach", keys=(*REACH, "approver_id"), customer_writes=WRITES, staff_writes=WRITES),
    )
    run("GRANT SELECT, UPDATE ON approval TO portico_definer")
    for function in ("person_rows(uuid)", "person_erase(uuid)"):
        run(f"DROP FUNCTION {function}")
    create_definer_functions(op, (folder / "person_0014.sql").read_text(), GRANTS)


def downgrade() -> None:
    raise RuntimeError("who approved what is not thrown away: restore a backup instead")
