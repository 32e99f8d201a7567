"""Links in mails that open one record to whoever they were sent to."""

from importlib.resources import files

from alembic import op

from portico.db.definer import SCOPE_ROLES, create_definer_functions, replace_definer_functions
from portico.db.policies import REACH, Wall, apply_wall

revision = "c0047"
down_revision = "c0046"
branch_labels = None
depends_on = None

TABLE = """
CREATE TABLE action_link (
  tenant_id uuid NOT NULL,
  id uuid NOT NULL,
  account_id uuid NOT NULL,
  site_id uuid,
  author_id uuid,
  purpose text NOT NULL,
  subject_type text NOT NULL,
  subject_id uuid NOT NULL,
  version integer NOT NULL,
  user_id uuid NOT NULL,
  recipient text NOT NULL,
  email text NOT NULL,
  token_hash bytea NOT NULL,
  made_at timestamptz NOT NULL,
  expires_at timestamptz NOT NULL,
  used_at timestamptz,
  revoked_at timestamptz,
  revoked_by text DEFAULT '' NOT NULL,
  CONSTRAINT pk_action_link PRIMARY KEY (tenant_id, id),
  CONSTRAINT uq_action_link_token_hash UNIQUE (token_hash),
  CONSTRAINT fk_action_link_tenant_id_account_id FOREIGN KEY (tenant_id, account_id)
    REFERENCES account (tenant_id, id) ON DELETE CASCADE,
  CONSTRAINT fk_action_link_tenant_id_account_id_user_id FOREIGN KEY (tenant_id, account_id, user_id)
    REFERENCES account_member (tenant_id, account_id, user_id) ON DELETE CASCADE
);
CREATE INDEX ix_action_link_subject ON action_link (tenant_id, subject_id, made_at);
CREATE INDEX ix_action_link_member ON action_link (tenant_id, account_id, user_id);
CREATE INDEX ix_action_link_user ON action_link (user_id);
CREATE INDEX ix_action_link_expires ON action_link (tenant_id, expires_at);
"""
GRANTS: dict[str, tuple[str, ...]] = {"link_open(bytea, text)": SCOPE_ROLES, "action_link_end()": ()}


def upgrade() -> None:
    run = op.get_bind().exec_driver_sql
    run(TABLE)
    apply_wall(op, "action_link", Wall(customer="reach", keys=(*REACH, "subject_id"), customer_writes=("UPDATE",)))
    run("GRANT UPDATE (revoked_at) ON action_link TO portico_definer")
    folder = files("portico_migrations") / "sql"
    create_definer_functions(op, (folder / "links_0047.sql").read_text(), GRANTS, reads=("action_link",))
    replace_definer_functions(op, (folder / "person_0047.sql").read_text())


def downgrade() -> None:
    raise RuntimeError("who answered by which link is not thrown away: restore a backup instead")
