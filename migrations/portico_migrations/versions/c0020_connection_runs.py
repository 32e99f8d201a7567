"""What each run of a synchronisation did, and since when somebody is told that one stands still."""

from importlib.resources import files

from alembic import op

from portico.db.policies import Wall, apply_wall

revision = "c0020"
down_revision = "c0019"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.get_bind().exec_driver_sql((files("portico_migrations") / "sql" / "tables_0020.sql").read_text())
    apply_wall(op, "connection_run", Wall())


def downgrade() -> None:
    op.execute("DROP TABLE connection_run")
    op.execute("ALTER TABLE connection DROP COLUMN alarmed_at")
