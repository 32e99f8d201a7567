"""Contracts with their lines, and customers' answers to them."""

from alembic import op

from portico.db.policies import Wall, apply_wall, follow_parent

revision = "t0001"
down_revision = None
branch_labels = None
depends_on = None

TABLES = """
CREATE TABLE contracts_contract (
  tenant_id uuid NOT NULL,
  id uuid NOT NULL,
  account_id uuid NOT NULL,
  site_id uuid,
  author_id uuid,
  connection_id uuid NOT NULL,
  erp_ref text NOT NULL,
  number text NOT NULL,
  title text NOT NULL,
  status text NOT NULL,
  status_at timestamptz NOT NULL,
  currency text NOT NULL,
  value numeric(18, 4),
  per text NOT NULL,
  starts_on date,
  ends_on date,
  renewal_months integer,
  notice_days integer,
  answer_until date,
  terms text NOT NULL,
  reason text NOT NULL,
  version integer NOT NULL,
  remote_version text NOT NULL,
  offered_at timestamptz NOT NULL,
  told_end date,
  erp_updated_at timestamptz NOT NULL,
  digest bytea NOT NULL,
  search text NOT NULL,
  created_at timestamptz NOT NULL DEFAULT now(),
  updated_at timestamptz NOT NULL DEFAULT now(),
  CONSTRAINT pk_contracts_contract PRIMARY KEY (tenant_id, id),
  CONSTRAINT uq_contracts_contract_tenant_id_connection_id_erp_ref UNIQUE (tenant_id, connection_id, erp_ref),
  CONSTRAINT ck_contracts_contract_status
    CHECK (status in ('draft', 'offered', 'active', 'declined', 'ended', 'cancelled')),
  CONSTRAINT ck_contracts_contract_per CHECK (per in ('term', 'month', 'quarter', 'year')),
  CONSTRAINT fk_contracts_contract_tenant_id_account_id FOREIGN KEY (tenant_id, account_id)
    REFERENCES account (tenant_id, id) ON DELETE CASCADE
);
CREATE INDEX ix_contracts_contract_account ON contracts_contract (tenant_id, account_id, offered_at DESC, id DESC);
CREATE INDEX ix_contracts_contract_all ON contracts_contract (tenant_id, offered_at DESC, id DESC);
CREATE INDEX ix_contracts_contract_ending ON contracts_contract (tenant_id, ends_on) WHERE status = 'active';
CREATE TABLE contracts_line (
  tenant_id uuid NOT NULL,
  id uuid NOT NULL,
  account_id uuid NOT NULL,
  site_id uuid,
  author_id uuid,
  contract_id uuid NOT NULL,
  position integer NOT NULL,
  item_ref text,
  name text NOT NULL,
  quantity numeric(18, 4),
  unit text NOT NULL,
  unit_price numeric(18, 4) NOT NULL,
  tax_rate numeric(5, 2) NOT NULL,
  CONSTRAINT pk_contracts_line PRIMARY KEY (tenant_id, id),
  CONSTRAINT uq_contracts_line_tenant_id_contract_id_position UNIQUE (tenant_id, contract_id, position),
  CONSTRAINT fk_contracts_line_tenant_id_account_id FOREIGN KEY (tenant_id, account_id)
    REFERENCES account (tenant_id, id) ON DELETE CASCADE,
  CONSTRAINT fk_contracts_line_tenant_id_contract_id FOREIGN KEY (tenant_id, contract_id)
    REFERENCES contracts_contract (tenant_id, id) ON DELETE CASCADE
);
CREATE TABLE contracts_answer (
  tenant_id uuid NOT NULL,
  id uuid NOT NULL,
  account_id uuid NOT NULL,
  site_id uuid,
  author_id uuid,
  contract_id uuid NOT NULL,
  version integer NOT NULL,
  remote_version text NOT NULL,
  agreed boolean NOT NULL,
  reason text NOT NULL,
  person_id uuid,
  answered_by text NOT NULL,
  at timestamptz NOT NULL,
  state text NOT NULL,
  taken_at timestamptz,
  problem text NOT NULL,
  CONSTRAINT pk_contracts_answer PRIMARY KEY (tenant_id, id),
  CONSTRAINT ck_contracts_answer_state CHECK (state in ('waiting', 'taken', 'refused')),
  CONSTRAINT fk_contracts_answer_tenant_id_account_id FOREIGN KEY (tenant_id, account_id)
    REFERENCES account (tenant_id, id) ON DELETE CASCADE,
  CONSTRAINT fk_contracts_answer_tenant_id_contract_id FOREIGN KEY (tenant_id, contract_id)
    REFERENCES contracts_contract (tenant_id, id) ON DELETE CASCADE
);
CREATE UNIQUE INDEX ux_contracts_answer_counts ON contracts_answer (tenant_id, contract_id) WHERE state <> 'refused';
CREATE INDEX ix_contracts_answer_contract ON contracts_answer (tenant_id, contract_id, at);
"""
WALLS = {
    "contracts_contract": Wall(customer="reach"),
    "contracts_line": Wall(customer="reach"),
    "contracts_answer": Wall(customer="reach", customer_writes=("INSERT",), staff_writes=("INSERT", "UPDATE")),
}


def upgrade() -> None:
    op.get_bind().exec_driver_sql(TABLES)
    for table, wall in WALLS.items():
        apply_wall(op, table, wall)
    for part in ("contracts_line", "contracts_answer"):
        follow_parent(op, part, "contracts_contract", "contract_id")


def downgrade() -> None:
    raise RuntimeError("what customers agreed to is not thrown away: restore a backup instead")
