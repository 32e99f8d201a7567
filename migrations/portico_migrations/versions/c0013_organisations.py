"""Customer organisations: roles, reach, sites and invitations; `enter` tells a customer's place in each."""

from importlib.resources import files

from alembic import op

from portico.db.definer import SCOPE_ROLES, SIGNED_IN_ROLES, create_definer_functions
from portico.db.policies import Wall, apply_wall, change_customer_wall

revision = "c0013"
down_revision = "c0012"
branch_labels = None
depends_on = None

ANYBODY = ("portico_app", *SCOPE_ROLES)
ENTER = "(bytea, uuid, text, text, text, bigint, boolean)"
GRANTS = {
    f"enter_definer{ENTER}": ("portico_app",),
    "sessions_alive(uuid[], uuid[])": ANYBODY,
    "account_check_owner(uuid, uuid)": (),
    "account_member_keeps_owner()": (),
    "membership_keeps_owner()": (),
    "membership_needs_account()": (),
    "organisation_people(uuid)": ("portico_customer",),
    "invitation_peek(bytea)": ANYBODY,
    "invitation_take(bytea, uuid)": (),
    "invitation_accept(bytea)": SIGNED_IN_ROLES,
    "invitation_enrol(bytea, text, text, text)": ANYBODY,
}


def upgrade() -> None:
    folder, run = files("portico_migrations") / "sql", op.get_bind().exec_driver_sql
    run((folder / "tables_0013.sql").read_text())
    owners = {"customer": "account", "owner_writes": True}
    apply_wall(op, "account_site", Wall(**owners, customer_writes=("INSERT", "UPDATE")))
    apply_wall(op, "account_invitation", Wall(customer="owner", customer_writes=("INSERT", "UPDATE")))
    change_customer_wall(op, "account_member", Wall(**owners, customer_writes=("UPDATE", "DELETE")))
    change_customer_wall(op, "event", Wall(customer="reach", customer_writes=("INSERT",)))
    run("GRANT SELECT, INSERT, UPDATE, DELETE ON account_site, account_invitation TO portico_definer")
    for function in (f"enter{ENTER}", f"enter_definer{ENTER}", "sessions_alive(uuid[], uuid[])"):
        run(f"DROP FUNCTION {function}")
    names = ("enter_0013.sql", "alive_0013.sql", "organisation_0013.sql")
    create_definer_functions(op, "\n".join((folder / name).read_text() for name in names), GRANTS)
    run(f"REVOKE ALL ON FUNCTION enter{ENTER} FROM PUBLIC")
    run(f"GRANT EXECUTE ON FUNCTION enter{ENTER} TO portico_app")


def downgrade() -> None:
    raise RuntimeError("who belongs to a customer's organisation is not thrown away: restore a backup instead")
