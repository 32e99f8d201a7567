"""What e-invoices say of the company and its customers, and what was checked."""

from alembic import op

from portico.db.policies import Wall, apply_wall, follow_parent

revision = "e0001"
down_revision = None
branch_labels = None
depends_on = None

TABLES = """
CREATE TABLE einvoices_company (
  tenant_id uuid NOT NULL,
  id uuid NOT NULL,
  name text NOT NULL DEFAULT '',
  street text NOT NULL DEFAULT '',
  postcode text NOT NULL DEFAULT '',
  city text NOT NULL DEFAULT '',
  region text NOT NULL DEFAULT '',
  country text NOT NULL DEFAULT '',
  vat_id text NOT NULL DEFAULT '',
  tax_number text NOT NULL DEFAULT '',
  registration text NOT NULL DEFAULT '',
  iban text NOT NULL DEFAULT '',
  bic text NOT NULL DEFAULT '',
  holder text NOT NULL DEFAULT '',
  electronic text NOT NULL DEFAULT '',
  scheme text NOT NULL DEFAULT '',
  contact text NOT NULL DEFAULT '',
  phone text NOT NULL DEFAULT '',
  email text NOT NULL DEFAULT '',
  zero_home text NOT NULL DEFAULT '',
  zero_abroad text NOT NULL DEFAULT '',
  exemption text NOT NULL DEFAULT '',
  terms text NOT NULL DEFAULT '',
  version integer NOT NULL DEFAULT 1,
  created_at timestamptz NOT NULL DEFAULT now(),
  updated_at timestamptz NOT NULL DEFAULT now(),
  CONSTRAINT pk_einvoices_company PRIMARY KEY (tenant_id, id),
  CONSTRAINT uq_einvoices_company_tenant_id UNIQUE (tenant_id)
);
CREATE TABLE einvoices_customer (
  tenant_id uuid NOT NULL,
  id uuid NOT NULL,
  account_id uuid NOT NULL,
  name text NOT NULL DEFAULT '',
  street text NOT NULL DEFAULT '',
  postcode text NOT NULL DEFAULT '',
  city text NOT NULL DEFAULT '',
  region text NOT NULL DEFAULT '',
  country text NOT NULL DEFAULT '',
  vat_id text NOT NULL DEFAULT '',
  registration text NOT NULL DEFAULT '',
  electronic text NOT NULL DEFAULT '',
  scheme text NOT NULL DEFAULT '',
  reference text NOT NULL DEFAULT '',
  created_at timestamptz NOT NULL DEFAULT now(),
  updated_at timestamptz NOT NULL DEFAULT now(),
  CONSTRAINT pk_einvoices_customer PRIMARY KEY (tenant_id, id),
  CONSTRAINT uq_einvoices_customer_tenant_id_account_id UNIQUE (tenant_id, account_id),
  CONSTRAINT fk_einvoices_customer_tenant_id_account_id FOREIGN KEY (tenant_id, account_id)
    REFERENCES account (tenant_id, id) ON DELETE CASCADE
);
CREATE TABLE einvoices_check (
  tenant_id uuid NOT NULL,
  id uuid NOT NULL,
  account_id uuid NOT NULL,
  site_id uuid,
  author_id uuid,
  invoice_id uuid NOT NULL,
  state text NOT NULL,
  reasons jsonb NOT NULL DEFAULT '[]'::jsonb,
  invoice_digest bytea NOT NULL,
  ubl bytea,
  cii bytea,
  checked_at timestamptz NOT NULL,
  CONSTRAINT pk_einvoices_check PRIMARY KEY (tenant_id, id),
  CONSTRAINT uq_einvoices_check_tenant_id_invoice_id UNIQUE (tenant_id, invoice_id),
  CONSTRAINT ck_einvoices_check_state CHECK (state in ('passed', 'refused')),
  CONSTRAINT ck_einvoices_check_files CHECK ((state = 'passed') = (ubl IS NOT NULL AND cii IS NOT NULL)),
  CONSTRAINT fk_einvoices_check_tenant_id_account_id FOREIGN KEY (tenant_id, account_id)
    REFERENCES account (tenant_id, id) ON DELETE CASCADE,
  CONSTRAINT fk_einvoices_check_tenant_id_invoice_id FOREIGN KEY (tenant_id, invoice_id)
    REFERENCES invoices_invoice (tenant_id, id) ON DELETE CASCADE
);
CREATE INDEX ix_einvoices_check_account ON einvoices_check (tenant_id, account_id);
CREATE INDEX ix_einvoices_check_refused ON einvoices_check (tenant_id, checked_at) WHERE state = 'refused';
"""
WALLS = {
    "einvoices_company": Wall(customer="tenant"),
    "einvoices_customer": Wall(),
    "einvoices_check": Wall(customer="reach"),
}


def upgrade() -> None:
    op.get_bind().exec_driver_sql(TABLES)
    for table, wall in WALLS.items():
        apply_wall(op, table, wall)
    follow_parent(op, "einvoices_check", "invoices_invoice", "invoice_id")


def downgrade() -> None:
    for table in reversed(WALLS):
        op.execute(f"DROP TABLE {table}")
