-- The tables as they were first released, frozen: models move on, what a database was built from does not.

CREATE TABLE customers_contact (
  tenant_id UUID NOT NULL,
  id UUID NOT NULL,
  account_id UUID NOT NULL,
  name TEXT DEFAULT '' NOT NULL,
  email TEXT DEFAULT '' NOT NULL,
  phone TEXT DEFAULT '' NOT NULL,
  state TEXT NOT NULL,
  problem TEXT,
  version INTEGER DEFAULT '1' NOT NULL,
  created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
  updated_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
  CONSTRAINT pk_customers_contact PRIMARY KEY (tenant_id, id),
  CONSTRAINT uq_customers_contact_tenant_id_account_id UNIQUE (tenant_id, account_id),
  CONSTRAINT ck_customers_contact_state CHECK (state in ('waiting', 'known', 'refused', 'by_hand')),
  CONSTRAINT fk_customers_contact_tenant_id_account_id FOREIGN KEY(tenant_id, account_id) REFERENCES account (tenant_id, id) ON DELETE CASCADE
);

ALTER TABLE customers_contact ENABLE ROW LEVEL SECURITY;

ALTER TABLE customers_contact FORCE ROW LEVEL SECURITY;

GRANT SELECT, INSERT, UPDATE, DELETE ON customers_contact TO portico_staff;

CREATE POLICY staff_select ON customers_contact FOR SELECT TO portico_staff USING (tenant_id = nullif(current_setting('portico.tenant_id', true), '')::uuid);

CREATE POLICY staff_insert ON customers_contact FOR INSERT TO portico_staff WITH CHECK (tenant_id = nullif(current_setting('portico.tenant_id', true), '')::uuid);

CREATE POLICY staff_update ON customers_contact FOR UPDATE TO portico_staff USING (tenant_id = nullif(current_setting('portico.tenant_id', true), '')::uuid) WITH CHECK (tenant_id = nullif(current_setting('portico.tenant_id', true), '')::uuid);

CREATE POLICY staff_delete ON customers_contact FOR DELETE TO portico_staff USING (tenant_id = nullif(current_setting('portico.tenant_id', true), '')::uuid);

GRANT SELECT, INSERT, UPDATE ON customers_contact TO portico_customer;

CREATE POLICY customer_select ON customers_contact FOR SELECT TO portico_customer USING (tenant_id = nullif(current_setting('portico.tenant_id', true), '')::uuid AND account_id = any(nullif(current_setting('portico.accounts', true), '')::uuid[]));

CREATE POLICY customer_insert ON customers_contact FOR INSERT TO portico_customer WITH CHECK (tenant_id = nullif(current_setting('portico.tenant_id', true), '')::uuid AND account_id = any(nullif(current_setting('portico.accounts', true), '')::uuid[]));

CREATE POLICY customer_update ON customers_contact FOR UPDATE TO portico_customer USING (tenant_id = nullif(current_setting('portico.tenant_id', true), '')::uuid AND account_id = any(nullif(current_setting('portico.accounts', true), '')::uuid[])) WITH CHECK (tenant_id = nullif(current_setting('portico.tenant_id', true), '')::uuid AND account_id = any(nullif(current_setting('portico.accounts', true), '')::uuid[]));

CREATE TABLE customers_address (
  tenant_id UUID NOT NULL,
  id UUID NOT NULL,
  account_id UUID NOT NULL,
  erp_ref TEXT,
  name TEXT DEFAULT '' NOT NULL,
  street TEXT DEFAULT '' NOT NULL,
  postcode TEXT DEFAULT '' NOT NULL,
  city TEXT DEFAULT '' NOT NULL,
  region TEXT DEFAULT '' NOT NULL,
  country TEXT DEFAULT '' NOT NULL,
  phone TEXT DEFAULT '' NOT NULL,
  email TEXT DEFAULT '' NOT NULL,
  billing BOOLEAN DEFAULT false NOT NULL,
  is_default BOOLEAN DEFAULT false NOT NULL,
  state TEXT NOT NULL,
  problem TEXT,
  version INTEGER DEFAULT '1' NOT NULL,
  removed_at TIMESTAMP WITH TIME ZONE,
  created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
  updated_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
  CONSTRAINT pk_customers_address PRIMARY KEY (tenant_id, id),
  CONSTRAINT ck_customers_address_state CHECK (state in ('waiting', 'known', 'refused', 'by_hand')),
  CONSTRAINT fk_customers_address_tenant_id_account_id FOREIGN KEY(tenant_id, account_id) REFERENCES account (tenant_id, id) ON DELETE CASCADE
);

CREATE INDEX ix_customers_address_account ON customers_address (tenant_id, account_id, name, id);

CREATE UNIQUE INDEX uq_customers_address_default ON customers_address (tenant_id, account_id) WHERE is_default AND removed_at IS NULL;

CREATE UNIQUE INDEX uq_customers_address_erp_ref ON customers_address (tenant_id, account_id, erp_ref) WHERE erp_ref IS NOT NULL;

ALTER TABLE customers_address ENABLE ROW LEVEL SECURITY;

ALTER TABLE customers_address FORCE ROW LEVEL SECURITY;

GRANT SELECT, INSERT, UPDATE, DELETE ON customers_address TO portico_staff;

CREATE POLICY staff_select ON customers_address FOR SELECT TO portico_staff USING (tenant_id = nullif(current_setting('portico.tenant_id', true), '')::uuid);

CREATE POLICY staff_insert ON customers_address FOR INSERT TO portico_staff WITH CHECK (tenant_id = nullif(current_setting('portico.tenant_id', true), '')::uuid);

CREATE POLICY staff_update ON customers_address FOR UPDATE TO portico_staff USING (tenant_id = nullif(current_setting('portico.tenant_id', true), '')::uuid) WITH CHECK (tenant_id = nullif(current_setting('portico.tenant_id', true), '')::uuid);

CREATE POLICY staff_delete ON customers_address FOR DELETE TO portico_staff USING (tenant_id = nullif(current_setting('portico.tenant_id', true), '')::uuid);

GRANT SELECT, INSERT, UPDATE ON customers_address TO portico_customer;

CREATE POLICY customer_select ON customers_address FOR SELECT TO portico_customer USING (tenant_id = nullif(current_setting('portico.tenant_id', true), '')::uuid AND account_id = any(nullif(current_setting('portico.accounts', true), '')::uuid[]));

CREATE POLICY customer_insert ON customers_address FOR INSERT TO portico_customer WITH CHECK (tenant_id = nullif(current_setting('portico.tenant_id', true), '')::uuid AND account_id = any(nullif(current_setting('portico.accounts', true), '')::uuid[]));

CREATE POLICY customer_update ON customers_address FOR UPDATE TO portico_customer USING (tenant_id = nullif(current_setting('portico.tenant_id', true), '')::uuid AND account_id = any(nullif(current_setting('portico.accounts', true), '')::uuid[])) WITH CHECK (tenant_id = nullif(current_setting('portico.tenant_id', true), '')::uuid AND account_id = any(nullif(current_setting('portico.accounts', true), '')::uuid[]));
