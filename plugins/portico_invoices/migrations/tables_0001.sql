-- The tables as they were first released, frozen: models move on, what a database was built from does not.

CREATE TABLE invoices_invoice (
  tenant_id uuid NOT NULL,
  id uuid NOT NULL,
  account_id uuid NOT NULL,
  site_id uuid,
  author_id uuid,
  erp_ref text NOT NULL,
  number text NOT NULL,
  kind text NOT NULL,
  status text NOT NULL,
  status_at timestamptz NOT NULL,
  currency text NOT NULL,
  net numeric(18, 4) NOT NULL,
  tax numeric(18, 4) NOT NULL,
  gross numeric(18, 4) NOT NULL,
  open_amount numeric(18, 4) NOT NULL,
  line_count integer NOT NULL,
  issued_on date NOT NULL,
  due_on date,
  credits_ref text,
  po_number text,
  note text NOT NULL,
  erp_updated_at timestamptz NOT NULL,
  synced_at timestamptz NOT NULL,
  digest bytea NOT NULL,
  search text NOT NULL,
  created_at timestamptz NOT NULL DEFAULT now(),
  updated_at timestamptz NOT NULL DEFAULT now(),
  CONSTRAINT pk_invoices_invoice PRIMARY KEY (tenant_id, id),
  CONSTRAINT uq_invoices_invoice_tenant_id_erp_ref UNIQUE (tenant_id, erp_ref),
  CONSTRAINT ck_invoices_invoice_kind CHECK (kind in ('invoice', 'credit_note')),
  CONSTRAINT ck_invoices_invoice_status CHECK (status in ('open', 'partly_paid', 'paid', 'cancelled')),
  CONSTRAINT ck_invoices_invoice_open_amount CHECK (open_amount >= 0 AND open_amount <= gross),
  CONSTRAINT fk_invoices_invoice_tenant_id_account_id FOREIGN KEY (tenant_id, account_id)
    REFERENCES account (tenant_id, id) ON DELETE CASCADE
);
CREATE INDEX ix_invoices_invoice_account ON invoices_invoice (tenant_id, account_id, issued_on DESC, id DESC);
CREATE INDEX ix_invoices_invoice_author ON invoices_invoice (tenant_id, account_id, author_id, issued_on DESC, id DESC)
  WHERE author_id IS NOT NULL;
CREATE INDEX ix_invoices_invoice_site ON invoices_invoice (tenant_id, account_id, site_id, issued_on DESC, id DESC)
  WHERE site_id IS NOT NULL;
CREATE INDEX ix_invoices_invoice_all ON invoices_invoice (tenant_id, issued_on DESC, id DESC);
CREATE INDEX ix_invoices_invoice_open ON invoices_invoice (tenant_id, account_id, due_on)
  WHERE status in ('open', 'partly_paid');
CREATE INDEX ix_invoices_invoice_credits ON invoices_invoice (tenant_id, credits_ref) WHERE credits_ref IS NOT NULL;
CREATE INDEX ix_invoices_invoice_search ON invoices_invoice USING gin (tenant_id, search gin_trgm_ops);

CREATE TABLE invoices_line (
  tenant_id uuid NOT NULL,
  id uuid NOT NULL,
  account_id uuid NOT NULL,
  site_id uuid,
  author_id uuid,
  invoice_id uuid NOT NULL,
  position integer NOT NULL,
  item_ref text,
  name text NOT NULL,
  quantity numeric(18, 4) NOT NULL,
  unit text NOT NULL,
  unit_price numeric(18, 4) NOT NULL,
  tax_rate numeric(5, 2) NOT NULL,
  total numeric(18, 4) NOT NULL,
  CONSTRAINT pk_invoices_line PRIMARY KEY (tenant_id, id),
  CONSTRAINT uq_invoices_line_tenant_id_invoice_id_position UNIQUE (tenant_id, invoice_id, position),
  CONSTRAINT fk_invoices_line_tenant_id_account_id FOREIGN KEY (tenant_id, account_id)
    REFERENCES account (tenant_id, id) ON DELETE CASCADE,
  CONSTRAINT fk_invoices_line_tenant_id_invoice_id FOREIGN KEY (tenant_id, invoice_id)
    REFERENCES invoices_invoice (tenant_id, id) ON DELETE CASCADE
);

CREATE TABLE invoices_order (
  tenant_id uuid NOT NULL,
  id uuid NOT NULL,
  account_id uuid NOT NULL,
  site_id uuid,
  author_id uuid,
  invoice_id uuid NOT NULL,
  position integer NOT NULL,
  order_ref text NOT NULL,
  order_id uuid,
  number text NOT NULL,
  CONSTRAINT pk_invoices_order PRIMARY KEY (tenant_id, id),
  CONSTRAINT uq_invoices_order_tenant_id_invoice_id_order_ref UNIQUE (tenant_id, invoice_id, order_ref),
  CONSTRAINT fk_invoices_order_tenant_id_account_id FOREIGN KEY (tenant_id, account_id)
    REFERENCES account (tenant_id, id) ON DELETE CASCADE,
  CONSTRAINT fk_invoices_order_tenant_id_invoice_id FOREIGN KEY (tenant_id, invoice_id)
    REFERENCES invoices_invoice (tenant_id, id) ON DELETE CASCADE
);
CREATE INDEX ix_invoices_order_order ON invoices_order (tenant_id, order_id);
CREATE INDEX ix_invoices_order_unknown ON invoices_order (tenant_id, order_ref) WHERE order_id IS NULL;

CREATE TABLE invoices_change (
  tenant_id uuid NOT NULL,
  id uuid NOT NULL,
  account_id uuid NOT NULL,
  site_id uuid,
  author_id uuid,
  invoice_id uuid NOT NULL,
  kind text NOT NULL,
  status text,
  data jsonb NOT NULL DEFAULT '{}'::jsonb,
  at timestamptz NOT NULL,
  CONSTRAINT pk_invoices_change PRIMARY KEY (tenant_id, id),
  CONSTRAINT ck_invoices_change_kind CHECK (kind in ('issued', 'status', 'open', 'due', 'corrected')),
  CONSTRAINT fk_invoices_change_tenant_id_account_id FOREIGN KEY (tenant_id, account_id)
    REFERENCES account (tenant_id, id) ON DELETE CASCADE,
  CONSTRAINT fk_invoices_change_tenant_id_invoice_id FOREIGN KEY (tenant_id, invoice_id)
    REFERENCES invoices_invoice (tenant_id, id) ON DELETE CASCADE
);
CREATE INDEX ix_invoices_change_invoice ON invoices_change (tenant_id, invoice_id, at, id);
