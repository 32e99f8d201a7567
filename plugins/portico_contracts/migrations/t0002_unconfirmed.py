"""An answer that the company's system can confirm no more, as its connection was deleted, waits no more."""

from alembic import op

revision = "t0002"
down_revision = "t0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("ALTER TABLE contracts_answer DROP CONSTRAINT ck_contracts_answer_state")
    op.execute(
        "ALTER TABLE contracts_answer ADD CONSTRAINT ck_contracts_answer_state "
        "CHECK (state in ('waiting', 'taken', 'refused', 'unconfirmed'))"
    )


def downgrade() -> None:
    raise RuntimeError("what customers agreed to is not thrown away: restore a backup instead")
