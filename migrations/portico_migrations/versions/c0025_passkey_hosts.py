"""A passkey belongs to the host that it was made at."""

from importlib.resources import files

from alembic import op

from portico.db.definer import SCOPE_ROLES, SIGNED_IN_ROLES, create_definer_functions

revision = "c0025"
down_revision = "c0024"
branch_labels = None
depends_on = None

ANYBODY = ("portico_app", *SCOPE_ROLES)
BEFORE = (
    "factors_of(uuid)",
    "factor_by_credential(bytea)",
    "factor_add(uuid, text, text, bytea, bytea, bytea, bigint, text[], boolean)",
    "factor_use_count(uuid, bigint)",
)
GRANTS = {
    "factors_of(uuid)": ANYBODY,
    "factor_by_credential(bytea, text)": ANYBODY,
    "factor_add(uuid, text, text, bytea, bytea, bytea, bigint, text[], boolean, text)": SIGNED_IN_ROLES,
    "factor_use_count(uuid, bigint, text)": ANYBODY,
}


def upgrade() -> None:
    op.execute("ALTER TABLE user_factor ADD COLUMN host text")
    for function in BEFORE:
        op.execute(f"DROP FUNCTION {function}")
    create_definer_functions(op, (files("portico_migrations") / "sql" / "factors_0025.sql").read_text(), GRANTS)


def downgrade() -> None:
    raise RuntimeError("people's second factors are not thrown away: restore a backup instead")
