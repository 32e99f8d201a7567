-- The tables as they were first released, frozen: models move on, what a database was built from does not.

CREATE TABLE payments_payment (
  tenant_id uuid NOT NULL,
  id uuid NOT NULL,
  account_id uuid NOT NULL,
  erp_ref text,
  reference text,
  number text NOT NULL,
  source text NOT NULL,
  provider text NOT NULL,
  provider_ref text NOT NULL,
  state text NOT NULL,
  amount numeric(18, 4) NOT NULL,
  currency text NOT NULL,
  allocated numeric(18, 4) NOT NULL,
  paid_on date NOT NULL,
  method text NOT NULL,
  erp_updated_at timestamptz,
  digest bytea,
  search text NOT NULL,
  created_at timestamptz NOT NULL DEFAULT now(),
  updated_at timestamptz NOT NULL DEFAULT now(),
  CONSTRAINT pk_payments_payment PRIMARY KEY (tenant_id, id),
  CONSTRAINT uq_payments_payment_tenant_id_erp_ref UNIQUE (tenant_id, erp_ref),
  CONSTRAINT uq_payments_payment_tenant_id_reference UNIQUE (tenant_id, reference),
  CONSTRAINT ck_payments_payment_amount CHECK (amount <> 0),
  CONSTRAINT ck_payments_payment_source CHECK (source in ('company', 'portal')),
  CONSTRAINT ck_payments_payment_state CHECK (state in ('pending', 'confirmed', 'failed', 'cancelled')),
  CONSTRAINT fk_payments_payment_tenant_id_account_id FOREIGN KEY (tenant_id, account_id)
    REFERENCES account (tenant_id, id) ON DELETE CASCADE
);
CREATE INDEX ix_payments_payment_account ON payments_payment (tenant_id, account_id, paid_on DESC, id DESC);
CREATE INDEX ix_payments_payment_all ON payments_payment (tenant_id, paid_on DESC, id DESC);
CREATE INDEX ix_payments_payment_search ON payments_payment USING gin (tenant_id, search gin_trgm_ops);

CREATE TABLE payments_allocation (
  tenant_id uuid NOT NULL,
  id uuid NOT NULL,
  account_id uuid NOT NULL,
  payment_id uuid NOT NULL,
  position integer NOT NULL,
  invoice_ref text NOT NULL,
  amount numeric(18, 4) NOT NULL,
  CONSTRAINT pk_payments_allocation PRIMARY KEY (tenant_id, id),
  CONSTRAINT uq_payments_allocation_tenant_id_payment_id_position UNIQUE (tenant_id, payment_id, position),
  CONSTRAINT ck_payments_allocation_amount CHECK (amount > 0),
  CONSTRAINT fk_payments_allocation_tenant_id_account_id FOREIGN KEY (tenant_id, account_id)
    REFERENCES account (tenant_id, id) ON DELETE CASCADE,
  CONSTRAINT fk_payments_allocation_tenant_id_payment_id FOREIGN KEY (tenant_id, payment_id)
    REFERENCES payments_payment (tenant_id, id) ON DELETE CASCADE
);
CREATE INDEX ix_payments_allocation_invoice ON payments_allocation (tenant_id, invoice_ref);

CREATE TABLE payments_journal (
  tenant_id uuid NOT NULL,
  id uuid NOT NULL,
  account_id uuid NOT NULL,
  currency text NOT NULL,
  source text NOT NULL,
  source_id uuid NOT NULL,
  kind text NOT NULL,
  cause text NOT NULL,
  number text NOT NULL,
  booked_on date NOT NULL,
  posted_at timestamptz NOT NULL,
  CONSTRAINT pk_payments_journal PRIMARY KEY (tenant_id, id),
  CONSTRAINT ck_payments_journal_source CHECK (source in ('invoice', 'payment')),
  CONSTRAINT ck_payments_journal_kind CHECK (kind in ('invoice', 'credit_note', 'payment', 'refund')),
  CONSTRAINT ck_payments_journal_cause CHECK (cause in ('booked', 'changed', 'cancelled')),
  CONSTRAINT fk_payments_journal_tenant_id_account_id FOREIGN KEY (tenant_id, account_id)
    REFERENCES account (tenant_id, id) ON DELETE CASCADE
);
CREATE INDEX ix_payments_journal_source ON payments_journal (tenant_id, source_id);
CREATE INDEX ix_payments_journal_account ON payments_journal (tenant_id, account_id);

CREATE TABLE payments_entry (
  tenant_id uuid NOT NULL,
  id uuid NOT NULL,
  account_id uuid NOT NULL,
  journal_id uuid NOT NULL,
  currency text NOT NULL,
  ledger text NOT NULL,
  amount numeric(18, 4) NOT NULL,
  booked_on date NOT NULL,
  CONSTRAINT pk_payments_entry PRIMARY KEY (tenant_id, id),
  CONSTRAINT ck_payments_entry_ledger CHECK (ledger in ('receivable', 'invoiced', 'credited', 'paid')),
  CONSTRAINT ck_payments_entry_amount CHECK (amount <> 0),
  CONSTRAINT fk_payments_entry_tenant_id_account_id FOREIGN KEY (tenant_id, account_id)
    REFERENCES account (tenant_id, id) ON DELETE CASCADE,
  CONSTRAINT fk_payments_entry_tenant_id_journal_id FOREIGN KEY (tenant_id, journal_id)
    REFERENCES payments_journal (tenant_id, id) ON DELETE CASCADE
);
CREATE INDEX ix_payments_entry_tenant_id_journal_id ON payments_entry (tenant_id, journal_id);
CREATE INDEX ix_payments_entry_statement ON payments_entry (tenant_id, account_id, currency, booked_on, journal_id)
  INCLUDE (amount) WHERE ledger = 'receivable';

CREATE TABLE payments_posted (
  tenant_id uuid NOT NULL,
  id uuid NOT NULL,
  account_id uuid NOT NULL,
  source text NOT NULL,
  source_id uuid NOT NULL,
  version timestamptz NOT NULL,
  kind text NOT NULL,
  number text NOT NULL,
  currency text NOT NULL,
  day date NOT NULL,
  amount numeric(18, 4) NOT NULL,
  CONSTRAINT pk_payments_posted PRIMARY KEY (tenant_id, id),
  CONSTRAINT uq_payments_posted_tenant_id_source_source_id UNIQUE (tenant_id, source, source_id),
  CONSTRAINT fk_payments_posted_tenant_id_account_id FOREIGN KEY (tenant_id, account_id)
    REFERENCES account (tenant_id, id) ON DELETE CASCADE
);
CREATE INDEX ix_payments_posted_account ON payments_posted (tenant_id, account_id);
