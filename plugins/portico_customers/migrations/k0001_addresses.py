"""Contact details and delivery addresses of customers."""

from pathlib import Path

from alembic import op

revision = "k0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.get_bind().exec_driver_sql(Path(__file__).with_name("tables_0001.sql").read_text())


def downgrade() -> None:
    raise RuntimeError("switching the plugin off keeps its tables; drop them by hand if they must go")
