-- The tables as they were first released, frozen: models move on, what a database was built from does not.

CREATE TABLE orders_order (
  tenant_id UUID NOT NULL,
  id UUID NOT NULL,
  account_id UUID NOT NULL,
  erp_ref TEXT NOT NULL,
  number TEXT NOT NULL,
  po_number TEXT,
  quote_ref TEXT,
  quote_number TEXT,
  status TEXT NOT NULL,
  status_at TIMESTAMP WITH TIME ZONE NOT NULL,
  currency TEXT NOT NULL,
  net NUMERIC(18, 4) NOT NULL,
  tax NUMERIC(18, 4) NOT NULL,
  gross NUMERIC(18, 4) NOT NULL,
  line_count INTEGER NOT NULL,
  delivery_count INTEGER NOT NULL,
  note TEXT NOT NULL,
  ordered_at TIMESTAMP WITH TIME ZONE NOT NULL,
  expected_on DATE,
  erp_updated_at TIMESTAMP WITH TIME ZONE NOT NULL,
  synced_at TIMESTAMP WITH TIME ZONE NOT NULL,
  digest BYTEA NOT NULL,
  search TEXT NOT NULL,
  created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
  updated_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
  CONSTRAINT pk_orders_order PRIMARY KEY (tenant_id, id),
  CONSTRAINT uq_orders_order_tenant_id_erp_ref UNIQUE (tenant_id, erp_ref),
  CONSTRAINT ck_orders_order_status CHECK (status in ('draft', 'pending', 'processing', 'shipped', 'delivered', 'cancelled')),
  CONSTRAINT fk_orders_order_tenant_id_account_id FOREIGN KEY(tenant_id, account_id) REFERENCES account (tenant_id, id) ON DELETE CASCADE
);

CREATE INDEX ix_orders_order_quote ON orders_order (tenant_id, quote_ref);

CREATE INDEX ix_orders_order_open ON orders_order (tenant_id, account_id, status) WHERE status in ('pending', 'processing', 'shipped');

CREATE INDEX ix_orders_order_search ON orders_order USING gin (tenant_id, search gin_trgm_ops);

CREATE INDEX ix_orders_order_all ON orders_order (tenant_id, ordered_at DESC, id DESC);

CREATE INDEX ix_orders_order_account ON orders_order (tenant_id, account_id, ordered_at DESC, id DESC);

ALTER TABLE orders_order ENABLE ROW LEVEL SECURITY;

ALTER TABLE orders_order FORCE ROW LEVEL SECURITY;

GRANT SELECT, INSERT, UPDATE, DELETE ON orders_order TO portico_staff;

CREATE POLICY staff_select ON orders_order FOR SELECT TO portico_staff USING (tenant_id = nullif(current_setting('portico.tenant_id', true), '')::uuid);

CREATE POLICY staff_insert ON orders_order FOR INSERT TO portico_staff WITH CHECK (tenant_id = nullif(current_setting('portico.tenant_id', true), '')::uuid);

CREATE POLICY staff_update ON orders_order FOR UPDATE TO portico_staff USING (tenant_id = nullif(current_setting('portico.tenant_id', true), '')::uuid) WITH CHECK (tenant_id = nullif(current_setting('portico.tenant_id', true), '')::uuid);

CREATE POLICY staff_delete ON orders_order FOR DELETE TO portico_staff USING (tenant_id = nullif(current_setting('portico.tenant_id', true), '')::uuid);

GRANT SELECT ON orders_order TO portico_customer;

CREATE POLICY customer_select ON orders_order FOR SELECT TO portico_customer USING (tenant_id = nullif(current_setting('portico.tenant_id', true), '')::uuid AND account_id = any(nullif(current_setting('portico.accounts', true), '')::uuid[]));

CREATE TABLE orders_line (
  tenant_id UUID NOT NULL,
  id UUID NOT NULL,
  account_id UUID NOT NULL,
  order_id UUID NOT NULL,
  position INTEGER NOT NULL,
  item_ref TEXT,
  name TEXT NOT NULL,
  quantity NUMERIC(18, 4) NOT NULL,
  unit TEXT NOT NULL,
  unit_price NUMERIC(18, 4) NOT NULL,
  tax_rate NUMERIC(5, 2) NOT NULL,
  total NUMERIC(18, 4) NOT NULL,
  CONSTRAINT pk_orders_line PRIMARY KEY (tenant_id, id),
  CONSTRAINT uq_orders_line_tenant_id_order_id_position UNIQUE (tenant_id, order_id, position),
  CONSTRAINT fk_orders_line_tenant_id_account_id FOREIGN KEY(tenant_id, account_id) REFERENCES account (tenant_id, id) ON DELETE CASCADE,
  CONSTRAINT fk_orders_line_tenant_id_order_id FOREIGN KEY(tenant_id, order_id) REFERENCES orders_order (tenant_id, id) ON DELETE CASCADE
);

ALTER TABLE orders_line ENABLE ROW LEVEL SECURITY;

ALTER TABLE orders_line FORCE ROW LEVEL SECURITY;

GRANT SELECT, INSERT, UPDATE, DELETE ON orders_line TO portico_staff;

CREATE POLICY staff_select ON orders_line FOR SELECT TO portico_staff USING (tenant_id = nullif(current_setting('portico.tenant_id', true), '')::uuid);

CREATE POLICY staff_insert ON orders_line FOR INSERT TO portico_staff WITH CHECK (tenant_id = nullif(current_setting('portico.tenant_id', true), '')::uuid);

CREATE POLICY staff_update ON orders_line FOR UPDATE TO portico_staff USING (tenant_id = nullif(current_setting('portico.tenant_id', true), '')::uuid) WITH CHECK (tenant_id = nullif(current_setting('portico.tenant_id', true), '')::uuid);

CREATE POLICY staff_delete ON orders_line FOR DELETE TO portico_staff USING (tenant_id = nullif(current_setting('portico.tenant_id', true), '')::uuid);

GRANT SELECT ON orders_line TO portico_customer;

CREATE POLICY customer_select ON orders_line FOR SELECT TO portico_customer USING (tenant_id = nullif(current_setting('portico.tenant_id', true), '')::uuid AND account_id = any(nullif(current_setting('portico.accounts', true), '')::uuid[]));

CREATE TABLE orders_delivery (
  tenant_id UUID NOT NULL,
  id UUID NOT NULL,
  account_id UUID NOT NULL,
  order_id UUID NOT NULL,
  position INTEGER NOT NULL,
  number TEXT NOT NULL,
  shipped_at TIMESTAMP WITH TIME ZONE,
  delivered_at TIMESTAMP WITH TIME ZONE,
  carrier TEXT NOT NULL,
  tracking_number TEXT NOT NULL,
  tracking_url TEXT,
  note TEXT NOT NULL,
  CONSTRAINT pk_orders_delivery PRIMARY KEY (tenant_id, id),
  CONSTRAINT uq_orders_delivery_tenant_id_order_id_number UNIQUE (tenant_id, order_id, number),
  CONSTRAINT fk_orders_delivery_tenant_id_account_id FOREIGN KEY(tenant_id, account_id) REFERENCES account (tenant_id, id) ON DELETE CASCADE,
  CONSTRAINT fk_orders_delivery_tenant_id_order_id FOREIGN KEY(tenant_id, order_id) REFERENCES orders_order (tenant_id, id) ON DELETE CASCADE
);

ALTER TABLE orders_delivery ENABLE ROW LEVEL SECURITY;

ALTER TABLE orders_delivery FORCE ROW LEVEL SECURITY;

GRANT SELECT, INSERT, UPDATE, DELETE ON orders_delivery TO portico_staff;

CREATE POLICY staff_select ON orders_delivery FOR SELECT TO portico_staff USING (tenant_id = nullif(current_setting('portico.tenant_id', true), '')::uuid);

CREATE POLICY staff_insert ON orders_delivery FOR INSERT TO portico_staff WITH CHECK (tenant_id = nullif(current_setting('portico.tenant_id', true), '')::uuid);

CREATE POLICY staff_update ON orders_delivery FOR UPDATE TO portico_staff USING (tenant_id = nullif(current_setting('portico.tenant_id', true), '')::uuid) WITH CHECK (tenant_id = nullif(current_setting('portico.tenant_id', true), '')::uuid);

CREATE POLICY staff_delete ON orders_delivery FOR DELETE TO portico_staff USING (tenant_id = nullif(current_setting('portico.tenant_id', true), '')::uuid);

GRANT SELECT ON orders_delivery TO portico_customer;

CREATE POLICY customer_select ON orders_delivery FOR SELECT TO portico_customer USING (tenant_id = nullif(current_setting('portico.tenant_id', true), '')::uuid AND account_id = any(nullif(current_setting('portico.accounts', true), '')::uuid[]));

CREATE TABLE orders_change (
  tenant_id UUID NOT NULL,
  id UUID NOT NULL,
  account_id UUID NOT NULL,
  order_id UUID NOT NULL,
  kind TEXT NOT NULL,
  status TEXT,
  data JSONB DEFAULT '{}'::jsonb NOT NULL,
  at TIMESTAMP WITH TIME ZONE NOT NULL,
  CONSTRAINT pk_orders_change PRIMARY KEY (tenant_id, id),
  CONSTRAINT ck_orders_change_kind CHECK (kind in ('placed', 'status', 'shipped', 'arrived', 'expected')),
  CONSTRAINT fk_orders_change_tenant_id_account_id FOREIGN KEY(tenant_id, account_id) REFERENCES account (tenant_id, id) ON DELETE CASCADE,
  CONSTRAINT fk_orders_change_tenant_id_order_id FOREIGN KEY(tenant_id, order_id) REFERENCES orders_order (tenant_id, id) ON DELETE CASCADE
);

CREATE INDEX ix_orders_change_order ON orders_change (tenant_id, order_id, at, id);

ALTER TABLE orders_change ENABLE ROW LEVEL SECURITY;

ALTER TABLE orders_change FORCE ROW LEVEL SECURITY;

GRANT SELECT, INSERT ON orders_change TO portico_staff;

CREATE POLICY staff_select ON orders_change FOR SELECT TO portico_staff USING (tenant_id = nullif(current_setting('portico.tenant_id', true), '')::uuid);

CREATE POLICY staff_insert ON orders_change FOR INSERT TO portico_staff WITH CHECK (tenant_id = nullif(current_setting('portico.tenant_id', true), '')::uuid);

GRANT SELECT ON orders_change TO portico_customer;

CREATE POLICY customer_select ON orders_change FOR SELECT TO portico_customer USING (tenant_id = nullif(current_setting('portico.tenant_id', true), '')::uuid AND account_id = any(nullif(current_setting('portico.accounts', true), '')::uuid[]));

CREATE TABLE orders_delivery_line (
  tenant_id UUID NOT NULL,
  id UUID NOT NULL,
  account_id UUID NOT NULL,
  order_id UUID NOT NULL,
  delivery_id UUID NOT NULL,
  position INTEGER NOT NULL,
  item_ref TEXT,
  name TEXT NOT NULL,
  quantity NUMERIC(18, 4) NOT NULL,
  CONSTRAINT pk_orders_delivery_line PRIMARY KEY (tenant_id, id),
  CONSTRAINT uq_orders_delivery_line_tenant_id_delivery_id_position UNIQUE (tenant_id, delivery_id, position),
  CONSTRAINT fk_orders_delivery_line_tenant_id_account_id FOREIGN KEY(tenant_id, account_id) REFERENCES account (tenant_id, id) ON DELETE CASCADE,
  CONSTRAINT fk_orders_delivery_line_tenant_id_order_id FOREIGN KEY(tenant_id, order_id) REFERENCES orders_order (tenant_id, id) ON DELETE CASCADE,
  CONSTRAINT fk_orders_delivery_line_tenant_id_delivery_id FOREIGN KEY(tenant_id, delivery_id) REFERENCES orders_delivery (tenant_id, id) ON DELETE CASCADE
);

CREATE INDEX ix_orders_delivery_line_tenant_id_order_id ON orders_delivery_line (tenant_id, order_id);

ALTER TABLE orders_delivery_line ENABLE ROW LEVEL SECURITY;

ALTER TABLE orders_delivery_line FORCE ROW LEVEL SECURITY;

GRANT SELECT, INSERT, UPDATE, DELETE ON orders_delivery_line TO portico_staff;

CREATE POLICY staff_select ON orders_delivery_line FOR SELECT TO portico_staff USING (tenant_id = nullif(current_setting('portico.tenant_id', true), '')::uuid);

CREATE POLICY staff_insert ON orders_delivery_line FOR INSERT TO portico_staff WITH CHECK (tenant_id = nullif(current_setting('portico.tenant_id', true), '')::uuid);

CREATE POLICY staff_update ON orders_delivery_line FOR UPDATE TO portico_staff USING (tenant_id = nullif(current_setting('portico.tenant_id', true), '')::uuid) WITH CHECK (tenant_id = nullif(current_setting('portico.tenant_id', true), '')::uuid);

CREATE POLICY staff_delete ON orders_delivery_line FOR DELETE TO portico_staff USING (tenant_id = nullif(current_setting('portico.tenant_id', true), '')::uuid);

GRANT SELECT ON orders_delivery_line TO portico_customer;

CREATE POLICY customer_select ON orders_delivery_line FOR SELECT TO portico_customer USING (tenant_id = nullif(current_setting('portico.tenant_id', true), '')::uuid AND account_id = any(nullif(current_setting('portico.accounts', true), '')::uuid[]));
