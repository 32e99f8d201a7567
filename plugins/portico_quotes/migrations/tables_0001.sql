-- The tables as they were first released, frozen: models move on, what a database was built from does not.

CREATE TABLE quotes_item (
  tenant_id UUID NOT NULL,
  id UUID NOT NULL,
  connection_id UUID NOT NULL,
  ref TEXT NOT NULL,
  code TEXT NOT NULL,
  name TEXT NOT NULL,
  description TEXT NOT NULL,
  kind TEXT NOT NULL,
  category TEXT NOT NULL,
  unit TEXT NOT NULL,
  price NUMERIC(18, 4) NOT NULL,
  currency TEXT NOT NULL,
  tax_rate NUMERIC(18, 4) NOT NULL,
  active BOOLEAN NOT NULL,
  remote_updated_at TIMESTAMP WITH TIME ZONE NOT NULL,
  synced_at TIMESTAMP WITH TIME ZONE NOT NULL,
  folded_code TEXT NOT NULL,
  folded TEXT NOT NULL,
  tsv TSVECTOR GENERATED ALWAYS AS (setweight(to_tsvector('simple'::regconfig, folded_code), 'A') || setweight(to_tsvector('simple'::regconfig, folded), 'B')) STORED NOT NULL,
  CONSTRAINT pk_quotes_item PRIMARY KEY (tenant_id, id),
  CONSTRAINT uq_quotes_item_tenant_id_connection_id_ref UNIQUE (tenant_id, connection_id, ref),
  CONSTRAINT fk_quotes_item_tenant_id_connection_id FOREIGN KEY(tenant_id, connection_id) REFERENCES connection (tenant_id, id) ON DELETE CASCADE
);

CREATE INDEX ix_quotes_item_tsv ON quotes_item USING gin (tenant_id, tsv);

CREATE INDEX ix_quotes_item_name ON quotes_item (tenant_id, name, id) WHERE active;

CREATE INDEX ix_quotes_item_browse ON quotes_item (tenant_id, kind, category, name, id) WHERE active;

CREATE INDEX ix_quotes_item_kind ON quotes_item (tenant_id, kind, name, id) WHERE active;

ALTER TABLE quotes_item ENABLE ROW LEVEL SECURITY;

ALTER TABLE quotes_item FORCE ROW LEVEL SECURITY;

GRANT SELECT, INSERT, UPDATE, DELETE ON quotes_item TO portico_staff;

CREATE POLICY staff_select ON quotes_item FOR SELECT TO portico_staff USING (tenant_id = nullif(current_setting('portico.tenant_id', true), '')::uuid);

CREATE POLICY staff_insert ON quotes_item FOR INSERT TO portico_staff WITH CHECK (tenant_id = nullif(current_setting('portico.tenant_id', true), '')::uuid);

CREATE POLICY staff_update ON quotes_item FOR UPDATE TO portico_staff USING (tenant_id = nullif(current_setting('portico.tenant_id', true), '')::uuid) WITH CHECK (tenant_id = nullif(current_setting('portico.tenant_id', true), '')::uuid);

CREATE POLICY staff_delete ON quotes_item FOR DELETE TO portico_staff USING (tenant_id = nullif(current_setting('portico.tenant_id', true), '')::uuid);

GRANT SELECT ON quotes_item TO portico_customer;

CREATE POLICY customer_select ON quotes_item FOR SELECT TO portico_customer USING (tenant_id = nullif(current_setting('portico.tenant_id', true), '')::uuid);

CREATE TABLE quotes_word (
  tenant_id UUID NOT NULL,
  id UUID NOT NULL,
  word TEXT NOT NULL,
  CONSTRAINT pk_quotes_word PRIMARY KEY (tenant_id, id),
  CONSTRAINT uq_quotes_word_tenant_id_word UNIQUE (tenant_id, word)
);

CREATE INDEX ix_quotes_word_trgm ON quotes_word USING gin (tenant_id, word gin_trgm_ops);

ALTER TABLE quotes_word ENABLE ROW LEVEL SECURITY;

ALTER TABLE quotes_word FORCE ROW LEVEL SECURITY;

GRANT SELECT, INSERT, UPDATE, DELETE ON quotes_word TO portico_staff;

CREATE POLICY staff_select ON quotes_word FOR SELECT TO portico_staff USING (tenant_id = nullif(current_setting('portico.tenant_id', true), '')::uuid);

CREATE POLICY staff_insert ON quotes_word FOR INSERT TO portico_staff WITH CHECK (tenant_id = nullif(current_setting('portico.tenant_id', true), '')::uuid);

CREATE POLICY staff_update ON quotes_word FOR UPDATE TO portico_staff USING (tenant_id = nullif(current_setting('portico.tenant_id', true), '')::uuid) WITH CHECK (tenant_id = nullif(current_setting('portico.tenant_id', true), '')::uuid);

CREATE POLICY staff_delete ON quotes_word FOR DELETE TO portico_staff USING (tenant_id = nullif(current_setting('portico.tenant_id', true), '')::uuid);

GRANT SELECT ON quotes_word TO portico_customer;

CREATE POLICY customer_select ON quotes_word FOR SELECT TO portico_customer USING (tenant_id = nullif(current_setting('portico.tenant_id', true), '')::uuid);

CREATE TABLE quotes_category (
  tenant_id UUID NOT NULL,
  id UUID NOT NULL,
  kind TEXT NOT NULL,
  category TEXT NOT NULL,
  items INTEGER NOT NULL,
  CONSTRAINT pk_quotes_category PRIMARY KEY (tenant_id, id),
  CONSTRAINT uq_quotes_category_tenant_id_kind_category UNIQUE (tenant_id, kind, category)
);

ALTER TABLE quotes_category ENABLE ROW LEVEL SECURITY;

ALTER TABLE quotes_category FORCE ROW LEVEL SECURITY;

GRANT SELECT, INSERT, UPDATE, DELETE ON quotes_category TO portico_staff;

CREATE POLICY staff_select ON quotes_category FOR SELECT TO portico_staff USING (tenant_id = nullif(current_setting('portico.tenant_id', true), '')::uuid);

CREATE POLICY staff_insert ON quotes_category FOR INSERT TO portico_staff WITH CHECK (tenant_id = nullif(current_setting('portico.tenant_id', true), '')::uuid);

CREATE POLICY staff_update ON quotes_category FOR UPDATE TO portico_staff USING (tenant_id = nullif(current_setting('portico.tenant_id', true), '')::uuid) WITH CHECK (tenant_id = nullif(current_setting('portico.tenant_id', true), '')::uuid);

CREATE POLICY staff_delete ON quotes_category FOR DELETE TO portico_staff USING (tenant_id = nullif(current_setting('portico.tenant_id', true), '')::uuid);

GRANT SELECT ON quotes_category TO portico_customer;

CREATE POLICY customer_select ON quotes_category FOR SELECT TO portico_customer USING (tenant_id = nullif(current_setting('portico.tenant_id', true), '')::uuid);

CREATE TABLE quotes_source (
  tenant_id UUID NOT NULL,
  id UUID NOT NULL,
  connection_id UUID NOT NULL,
  read_at TIMESTAMP WITH TIME ZONE NOT NULL,
  CONSTRAINT pk_quotes_source PRIMARY KEY (tenant_id, id),
  CONSTRAINT uq_quotes_source_tenant_id_connection_id UNIQUE (tenant_id, connection_id),
  CONSTRAINT fk_quotes_source_tenant_id_connection_id FOREIGN KEY(tenant_id, connection_id) REFERENCES connection (tenant_id, id) ON DELETE CASCADE
);

ALTER TABLE quotes_source ENABLE ROW LEVEL SECURITY;

ALTER TABLE quotes_source FORCE ROW LEVEL SECURITY;

GRANT SELECT, INSERT, UPDATE, DELETE ON quotes_source TO portico_staff;

CREATE POLICY staff_select ON quotes_source FOR SELECT TO portico_staff USING (tenant_id = nullif(current_setting('portico.tenant_id', true), '')::uuid);

CREATE POLICY staff_insert ON quotes_source FOR INSERT TO portico_staff WITH CHECK (tenant_id = nullif(current_setting('portico.tenant_id', true), '')::uuid);

CREATE POLICY staff_update ON quotes_source FOR UPDATE TO portico_staff USING (tenant_id = nullif(current_setting('portico.tenant_id', true), '')::uuid) WITH CHECK (tenant_id = nullif(current_setting('portico.tenant_id', true), '')::uuid);

CREATE POLICY staff_delete ON quotes_source FOR DELETE TO portico_staff USING (tenant_id = nullif(current_setting('portico.tenant_id', true), '')::uuid);

GRANT SELECT ON quotes_source TO portico_customer;

CREATE POLICY customer_select ON quotes_source FOR SELECT TO portico_customer USING (tenant_id = nullif(current_setting('portico.tenant_id', true), '')::uuid);

CREATE TABLE quotes_quote (
  tenant_id UUID NOT NULL,
  id UUID NOT NULL,
  account_id UUID NOT NULL,
  connection_id UUID,
  erp_ref TEXT,
  number TEXT,
  state TEXT NOT NULL,
  delivery TEXT NOT NULL,
  version INTEGER NOT NULL,
  currency TEXT NOT NULL,
  note TEXT NOT NULL,
  po_number TEXT NOT NULL,
  line_count INTEGER NOT NULL,
  net NUMERIC(18, 4) NOT NULL,
  tax NUMERIC(18, 4) NOT NULL,
  gross NUMERIC(18, 4) NOT NULL,
  confirmed BOOLEAN NOT NULL,
  uncertain BOOLEAN NOT NULL,
  problem JSONB,
  answer TEXT,
  answered_by TEXT NOT NULL,
  reason TEXT NOT NULL,
  valid_until DATE,
  author_id UUID,
  author TEXT NOT NULL,
  touched_at TIMESTAMP WITH TIME ZONE NOT NULL,
  moved_at TIMESTAMP WITH TIME ZONE NOT NULL,
  submitted_at TIMESTAMP WITH TIME ZONE,
  remote_updated_at TIMESTAMP WITH TIME ZONE,
  created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
  updated_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
  CONSTRAINT pk_quotes_quote PRIMARY KEY (tenant_id, id),
  CONSTRAINT uq_quotes_quote_tenant_id_account_id_id UNIQUE (tenant_id, account_id, id),
  CONSTRAINT uq_quotes_quote_tenant_id_connection_id_erp_ref UNIQUE (tenant_id, connection_id, erp_ref),
  CONSTRAINT ck_quotes_quote_state CHECK (state in ('draft', 'submitted', 'processed', 'revised', 'accepted', 'declined', 'expired', 'ordered', 'cancelled')),
  CONSTRAINT ck_quotes_quote_delivery CHECK (delivery in ('none', 'waiting', 'sending', 'sent', 'confirm', 'returned', 'problem')),
  CONSTRAINT ck_quotes_quote_answer CHECK (answer in ('accept', 'decline')),
  CONSTRAINT fk_quotes_quote_tenant_id_account_id FOREIGN KEY(tenant_id, account_id) REFERENCES account (tenant_id, id) ON DELETE RESTRICT
);

CREATE INDEX ix_quotes_quote_moved ON quotes_quote (tenant_id, moved_at DESC, id DESC);

CREATE INDEX ix_quotes_quote_under_way ON quotes_quote (tenant_id, submitted_at) WHERE delivery in ('waiting', 'sending') or answer is not null;

CREATE INDEX ix_quotes_quote_account_moved ON quotes_quote (tenant_id, account_id, moved_at DESC, id DESC);

CREATE INDEX ix_quotes_quote_state ON quotes_quote (tenant_id, state, moved_at DESC, id DESC);

CREATE INDEX ix_quotes_quote_number ON quotes_quote (tenant_id, number);

ALTER TABLE quotes_quote ENABLE ROW LEVEL SECURITY;

ALTER TABLE quotes_quote FORCE ROW LEVEL SECURITY;

GRANT SELECT, INSERT, UPDATE, DELETE ON quotes_quote TO portico_staff;

CREATE POLICY staff_select ON quotes_quote FOR SELECT TO portico_staff USING (tenant_id = nullif(current_setting('portico.tenant_id', true), '')::uuid);

CREATE POLICY staff_insert ON quotes_quote FOR INSERT TO portico_staff WITH CHECK (tenant_id = nullif(current_setting('portico.tenant_id', true), '')::uuid);

CREATE POLICY staff_update ON quotes_quote FOR UPDATE TO portico_staff USING (tenant_id = nullif(current_setting('portico.tenant_id', true), '')::uuid) WITH CHECK (tenant_id = nullif(current_setting('portico.tenant_id', true), '')::uuid);

CREATE POLICY staff_delete ON quotes_quote FOR DELETE TO portico_staff USING (tenant_id = nullif(current_setting('portico.tenant_id', true), '')::uuid);

GRANT SELECT, INSERT, UPDATE ON quotes_quote TO portico_customer;

CREATE POLICY customer_select ON quotes_quote FOR SELECT TO portico_customer USING (tenant_id = nullif(current_setting('portico.tenant_id', true), '')::uuid AND account_id = any(nullif(current_setting('portico.accounts', true), '')::uuid[]));

CREATE POLICY customer_insert ON quotes_quote FOR INSERT TO portico_customer WITH CHECK (tenant_id = nullif(current_setting('portico.tenant_id', true), '')::uuid AND account_id = any(nullif(current_setting('portico.accounts', true), '')::uuid[]));

CREATE POLICY customer_update ON quotes_quote FOR UPDATE TO portico_customer USING (tenant_id = nullif(current_setting('portico.tenant_id', true), '')::uuid AND account_id = any(nullif(current_setting('portico.accounts', true), '')::uuid[])) WITH CHECK (tenant_id = nullif(current_setting('portico.tenant_id', true), '')::uuid AND account_id = any(nullif(current_setting('portico.accounts', true), '')::uuid[]));

CREATE TABLE quotes_price (
  tenant_id UUID NOT NULL,
  id UUID NOT NULL,
  account_id UUID NOT NULL,
  item_id UUID NOT NULL,
  quantity NUMERIC(18, 4) NOT NULL,
  unit_price NUMERIC(18, 4) NOT NULL,
  tax_rate NUMERIC(18, 4) NOT NULL,
  price_list TEXT,
  as_of TIMESTAMP WITH TIME ZONE NOT NULL,
  CONSTRAINT pk_quotes_price PRIMARY KEY (tenant_id, id),
  CONSTRAINT uq_quotes_price_tenant_id_account_id_item_id_quantity UNIQUE (tenant_id, account_id, item_id, quantity),
  CONSTRAINT fk_quotes_price_tenant_id_account_id FOREIGN KEY(tenant_id, account_id) REFERENCES account (tenant_id, id) ON DELETE CASCADE,
  CONSTRAINT fk_quotes_price_tenant_id_item_id FOREIGN KEY(tenant_id, item_id) REFERENCES quotes_item (tenant_id, id) ON DELETE CASCADE
);

CREATE INDEX ix_quotes_price_tenant_id_item_id ON quotes_price (tenant_id, item_id);

ALTER TABLE quotes_price ENABLE ROW LEVEL SECURITY;

ALTER TABLE quotes_price FORCE ROW LEVEL SECURITY;

GRANT SELECT, INSERT, UPDATE, DELETE ON quotes_price TO portico_staff;

CREATE POLICY staff_select ON quotes_price FOR SELECT TO portico_staff USING (tenant_id = nullif(current_setting('portico.tenant_id', true), '')::uuid);

CREATE POLICY staff_insert ON quotes_price FOR INSERT TO portico_staff WITH CHECK (tenant_id = nullif(current_setting('portico.tenant_id', true), '')::uuid);

CREATE POLICY staff_update ON quotes_price FOR UPDATE TO portico_staff USING (tenant_id = nullif(current_setting('portico.tenant_id', true), '')::uuid) WITH CHECK (tenant_id = nullif(current_setting('portico.tenant_id', true), '')::uuid);

CREATE POLICY staff_delete ON quotes_price FOR DELETE TO portico_staff USING (tenant_id = nullif(current_setting('portico.tenant_id', true), '')::uuid);

GRANT SELECT, INSERT, UPDATE ON quotes_price TO portico_customer;

CREATE POLICY customer_select ON quotes_price FOR SELECT TO portico_customer USING (tenant_id = nullif(current_setting('portico.tenant_id', true), '')::uuid AND account_id = any(nullif(current_setting('portico.accounts', true), '')::uuid[]));

CREATE POLICY customer_insert ON quotes_price FOR INSERT TO portico_customer WITH CHECK (tenant_id = nullif(current_setting('portico.tenant_id', true), '')::uuid AND account_id = any(nullif(current_setting('portico.accounts', true), '')::uuid[]));

CREATE POLICY customer_update ON quotes_price FOR UPDATE TO portico_customer USING (tenant_id = nullif(current_setting('portico.tenant_id', true), '')::uuid AND account_id = any(nullif(current_setting('portico.accounts', true), '')::uuid[])) WITH CHECK (tenant_id = nullif(current_setting('portico.tenant_id', true), '')::uuid AND account_id = any(nullif(current_setting('portico.accounts', true), '')::uuid[]));

CREATE TABLE quotes_line (
  tenant_id UUID NOT NULL,
  id UUID NOT NULL,
  account_id UUID NOT NULL,
  quote_id UUID NOT NULL,
  position INTEGER NOT NULL,
  item_ref TEXT NOT NULL,
  code TEXT NOT NULL,
  name TEXT NOT NULL,
  kind TEXT NOT NULL,
  unit TEXT NOT NULL,
  quantity NUMERIC(18, 4) NOT NULL,
  unit_price NUMERIC(18, 4),
  tax_rate NUMERIC(18, 4) NOT NULL,
  note TEXT NOT NULL,
  price_list TEXT,
  price_source TEXT NOT NULL,
  price_as_of TIMESTAMP WITH TIME ZONE NOT NULL,
  offered_price NUMERIC(18, 4),
  gone BOOLEAN NOT NULL,
  removed_at TIMESTAMP WITH TIME ZONE,
  CONSTRAINT pk_quotes_line PRIMARY KEY (tenant_id, id),
  CONSTRAINT fk_quotes_line_tenant_id_account_id_quote_id FOREIGN KEY(tenant_id, account_id, quote_id) REFERENCES quotes_quote (tenant_id, account_id, id) ON DELETE CASCADE,
  CONSTRAINT ck_quotes_line_quantity CHECK (quantity > 0)
);

CREATE INDEX ix_quotes_line_quote ON quotes_line (tenant_id, account_id, quote_id, position);

ALTER TABLE quotes_line ENABLE ROW LEVEL SECURITY;

ALTER TABLE quotes_line FORCE ROW LEVEL SECURITY;

GRANT SELECT, INSERT, UPDATE, DELETE ON quotes_line TO portico_staff;

CREATE POLICY staff_select ON quotes_line FOR SELECT TO portico_staff USING (tenant_id = nullif(current_setting('portico.tenant_id', true), '')::uuid);

CREATE POLICY staff_insert ON quotes_line FOR INSERT TO portico_staff WITH CHECK (tenant_id = nullif(current_setting('portico.tenant_id', true), '')::uuid);

CREATE POLICY staff_update ON quotes_line FOR UPDATE TO portico_staff USING (tenant_id = nullif(current_setting('portico.tenant_id', true), '')::uuid) WITH CHECK (tenant_id = nullif(current_setting('portico.tenant_id', true), '')::uuid);

CREATE POLICY staff_delete ON quotes_line FOR DELETE TO portico_staff USING (tenant_id = nullif(current_setting('portico.tenant_id', true), '')::uuid);

GRANT SELECT, INSERT, UPDATE, DELETE ON quotes_line TO portico_customer;

CREATE POLICY customer_select ON quotes_line FOR SELECT TO portico_customer USING (tenant_id = nullif(current_setting('portico.tenant_id', true), '')::uuid AND account_id = any(nullif(current_setting('portico.accounts', true), '')::uuid[]));

CREATE POLICY customer_insert ON quotes_line FOR INSERT TO portico_customer WITH CHECK (tenant_id = nullif(current_setting('portico.tenant_id', true), '')::uuid AND account_id = any(nullif(current_setting('portico.accounts', true), '')::uuid[]));

CREATE POLICY customer_update ON quotes_line FOR UPDATE TO portico_customer USING (tenant_id = nullif(current_setting('portico.tenant_id', true), '')::uuid AND account_id = any(nullif(current_setting('portico.accounts', true), '')::uuid[])) WITH CHECK (tenant_id = nullif(current_setting('portico.tenant_id', true), '')::uuid AND account_id = any(nullif(current_setting('portico.accounts', true), '')::uuid[]));

CREATE POLICY customer_delete ON quotes_line FOR DELETE TO portico_customer USING (tenant_id = nullif(current_setting('portico.tenant_id', true), '')::uuid AND account_id = any(nullif(current_setting('portico.accounts', true), '')::uuid[]));

CREATE TABLE quotes_event (
  tenant_id UUID NOT NULL,
  id UUID NOT NULL,
  account_id UUID NOT NULL,
  quote_id UUID NOT NULL,
  kind TEXT NOT NULL,
  actor TEXT NOT NULL,
  data JSONB NOT NULL,
  at TIMESTAMP WITH TIME ZONE NOT NULL,
  CONSTRAINT pk_quotes_event PRIMARY KEY (tenant_id, id),
  CONSTRAINT fk_quotes_event_tenant_id_account_id_quote_id FOREIGN KEY(tenant_id, account_id, quote_id) REFERENCES quotes_quote (tenant_id, account_id, id) ON DELETE CASCADE
);

CREATE INDEX ix_quotes_event_quote ON quotes_event (tenant_id, account_id, quote_id, at);

ALTER TABLE quotes_event ENABLE ROW LEVEL SECURITY;

ALTER TABLE quotes_event FORCE ROW LEVEL SECURITY;

GRANT SELECT, INSERT ON quotes_event TO portico_staff;

CREATE POLICY staff_select ON quotes_event FOR SELECT TO portico_staff USING (tenant_id = nullif(current_setting('portico.tenant_id', true), '')::uuid);

CREATE POLICY staff_insert ON quotes_event FOR INSERT TO portico_staff WITH CHECK (tenant_id = nullif(current_setting('portico.tenant_id', true), '')::uuid);

GRANT SELECT, INSERT ON quotes_event TO portico_customer;

CREATE POLICY customer_select ON quotes_event FOR SELECT TO portico_customer USING (tenant_id = nullif(current_setting('portico.tenant_id', true), '')::uuid AND account_id = any(nullif(current_setting('portico.accounts', true), '')::uuid[]));

CREATE POLICY customer_insert ON quotes_event FOR INSERT TO portico_customer WITH CHECK (tenant_id = nullif(current_setting('portico.tenant_id', true), '')::uuid AND account_id = any(nullif(current_setting('portico.accounts', true), '')::uuid[]));
