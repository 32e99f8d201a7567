-- The tables as they were first released, frozen: models move on, what a database was built from does not.

CREATE TABLE connection (
  tenant_id UUID NOT NULL,
  id UUID NOT NULL,
  connector TEXT NOT NULL,
  name TEXT NOT NULL,
  config JSONB DEFAULT '{}'::jsonb NOT NULL,
  status TEXT DEFAULT 'draft' NOT NULL,
  version BIGINT DEFAULT '1' NOT NULL,
  replaces_id UUID,
  reports JSONB DEFAULT '[]'::jsonb NOT NULL,
  tested_at TIMESTAMP WITH TIME ZONE,
  last_ok_at TIMESTAMP WITH TIME ZONE,
  last_error TEXT,
  last_error_at TIMESTAMP WITH TIME ZONE,
  breaker TEXT DEFAULT 'closed' NOT NULL,
  created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
  updated_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
  CONSTRAINT pk_connection PRIMARY KEY (tenant_id, id),
  CONSTRAINT ck_connection_status CHECK (status in ('draft', 'active', 'paused')),
  CONSTRAINT ck_connection_breaker CHECK (breaker in ('closed', 'open', 'half-open')),
  CONSTRAINT ck_connection_name CHECK (length(name) between 1 and 200),
  CONSTRAINT fk_connection_tenant_id_replaces_id FOREIGN KEY(tenant_id, replaces_id) REFERENCES connection (tenant_id, id) ON DELETE RESTRICT
);

CREATE INDEX ix_connection_tenant_id_replaces_id ON connection (tenant_id, replaces_id);

ALTER TABLE connection ENABLE ROW LEVEL SECURITY;

ALTER TABLE connection FORCE ROW LEVEL SECURITY;

GRANT SELECT, INSERT, UPDATE, DELETE ON connection TO portico_staff;

CREATE POLICY staff_select ON connection FOR SELECT TO portico_staff USING (tenant_id = nullif(current_setting('portico.tenant_id', true), '')::uuid);

CREATE POLICY staff_insert ON connection FOR INSERT TO portico_staff WITH CHECK (tenant_id = nullif(current_setting('portico.tenant_id', true), '')::uuid);

CREATE POLICY staff_update ON connection FOR UPDATE TO portico_staff USING (tenant_id = nullif(current_setting('portico.tenant_id', true), '')::uuid) WITH CHECK (tenant_id = nullif(current_setting('portico.tenant_id', true), '')::uuid);

CREATE POLICY staff_delete ON connection FOR DELETE TO portico_staff USING (tenant_id = nullif(current_setting('portico.tenant_id', true), '')::uuid);

CREATE TABLE tenant_key (
  tenant_id UUID NOT NULL,
  id UUID NOT NULL,
  version INTEGER NOT NULL,
  wrapped BYTEA NOT NULL,
  created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
  CONSTRAINT pk_tenant_key PRIMARY KEY (tenant_id, id),
  CONSTRAINT uq_tenant_key_tenant_id_version UNIQUE (tenant_id, version)
);

ALTER TABLE tenant_key ENABLE ROW LEVEL SECURITY;

ALTER TABLE tenant_key FORCE ROW LEVEL SECURITY;

GRANT SELECT, INSERT, UPDATE, DELETE ON tenant_key TO portico_staff;

CREATE POLICY staff_select ON tenant_key FOR SELECT TO portico_staff USING (tenant_id = nullif(current_setting('portico.tenant_id', true), '')::uuid);

CREATE POLICY staff_insert ON tenant_key FOR INSERT TO portico_staff WITH CHECK (tenant_id = nullif(current_setting('portico.tenant_id', true), '')::uuid);

CREATE POLICY staff_update ON tenant_key FOR UPDATE TO portico_staff USING (tenant_id = nullif(current_setting('portico.tenant_id', true), '')::uuid) WITH CHECK (tenant_id = nullif(current_setting('portico.tenant_id', true), '')::uuid);

CREATE POLICY staff_delete ON tenant_key FOR DELETE TO portico_staff USING (tenant_id = nullif(current_setting('portico.tenant_id', true), '')::uuid);

CREATE TABLE connection_secret (
  tenant_id UUID NOT NULL,
  id UUID NOT NULL,
  connection_id UUID NOT NULL,
  field TEXT NOT NULL,
  sealed BYTEA NOT NULL,
  key_version INTEGER NOT NULL,
  CONSTRAINT pk_connection_secret PRIMARY KEY (tenant_id, id),
  CONSTRAINT uq_connection_secret_tenant_id_connection_id_field UNIQUE (tenant_id, connection_id, field),
  CONSTRAINT fk_connection_secret_tenant_id_connection_id FOREIGN KEY(tenant_id, connection_id) REFERENCES connection (tenant_id, id) ON DELETE CASCADE
);

ALTER TABLE connection_secret ENABLE ROW LEVEL SECURITY;

ALTER TABLE connection_secret FORCE ROW LEVEL SECURITY;

GRANT SELECT, INSERT, UPDATE, DELETE ON connection_secret TO portico_staff;

CREATE POLICY staff_select ON connection_secret FOR SELECT TO portico_staff USING (tenant_id = nullif(current_setting('portico.tenant_id', true), '')::uuid);

CREATE POLICY staff_insert ON connection_secret FOR INSERT TO portico_staff WITH CHECK (tenant_id = nullif(current_setting('portico.tenant_id', true), '')::uuid);

CREATE POLICY staff_update ON connection_secret FOR UPDATE TO portico_staff USING (tenant_id = nullif(current_setting('portico.tenant_id', true), '')::uuid) WITH CHECK (tenant_id = nullif(current_setting('portico.tenant_id', true), '')::uuid);

CREATE POLICY staff_delete ON connection_secret FOR DELETE TO portico_staff USING (tenant_id = nullif(current_setting('portico.tenant_id', true), '')::uuid);

CREATE TABLE connection_sync (
  tenant_id UUID NOT NULL,
  id UUID NOT NULL,
  connection_id UUID NOT NULL,
  entity TEXT NOT NULL,
  cursor TEXT,
  last_run_at TIMESTAMP WITH TIME ZONE,
  last_success_at TIMESTAMP WITH TIME ZONE,
  rows INTEGER DEFAULT '0' NOT NULL,
  total_rows BIGINT DEFAULT '0' NOT NULL,
  error TEXT,
  CONSTRAINT pk_connection_sync PRIMARY KEY (tenant_id, id),
  CONSTRAINT uq_connection_sync_tenant_id_connection_id_entity UNIQUE (tenant_id, connection_id, entity),
  CONSTRAINT fk_connection_sync_tenant_id_connection_id FOREIGN KEY(tenant_id, connection_id) REFERENCES connection (tenant_id, id) ON DELETE CASCADE
);

ALTER TABLE connection_sync ENABLE ROW LEVEL SECURITY;

ALTER TABLE connection_sync FORCE ROW LEVEL SECURITY;

GRANT SELECT, INSERT, UPDATE, DELETE ON connection_sync TO portico_staff;

CREATE POLICY staff_select ON connection_sync FOR SELECT TO portico_staff USING (tenant_id = nullif(current_setting('portico.tenant_id', true), '')::uuid);

CREATE POLICY staff_insert ON connection_sync FOR INSERT TO portico_staff WITH CHECK (tenant_id = nullif(current_setting('portico.tenant_id', true), '')::uuid);

CREATE POLICY staff_update ON connection_sync FOR UPDATE TO portico_staff USING (tenant_id = nullif(current_setting('portico.tenant_id', true), '')::uuid) WITH CHECK (tenant_id = nullif(current_setting('portico.tenant_id', true), '')::uuid);

CREATE POLICY staff_delete ON connection_sync FOR DELETE TO portico_staff USING (tenant_id = nullif(current_setting('portico.tenant_id', true), '')::uuid);

CREATE TABLE connection_sync_problem (
  tenant_id UUID NOT NULL,
  id UUID NOT NULL,
  connection_id UUID NOT NULL,
  entity TEXT NOT NULL,
  record_ref TEXT NOT NULL,
  code TEXT DEFAULT '' NOT NULL,
  message TEXT NOT NULL,
  payload JSONB DEFAULT '{}'::jsonb NOT NULL,
  created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
  seen_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
  resolved_at TIMESTAMP WITH TIME ZONE,
  CONSTRAINT pk_connection_sync_problem PRIMARY KEY (tenant_id, id),
  CONSTRAINT uq_connection_sync_problem_tenant_id_connection_id_enti_e055 UNIQUE (tenant_id, connection_id, entity, record_ref),
  CONSTRAINT fk_connection_sync_problem_tenant_id_connection_id FOREIGN KEY(tenant_id, connection_id) REFERENCES connection (tenant_id, id) ON DELETE CASCADE
);

CREATE INDEX ix_connection_sync_problem_open ON connection_sync_problem (tenant_id, connection_id) WHERE resolved_at is null;

ALTER TABLE connection_sync_problem ENABLE ROW LEVEL SECURITY;

ALTER TABLE connection_sync_problem FORCE ROW LEVEL SECURITY;

GRANT SELECT, INSERT, UPDATE, DELETE ON connection_sync_problem TO portico_staff;

CREATE POLICY staff_select ON connection_sync_problem FOR SELECT TO portico_staff USING (tenant_id = nullif(current_setting('portico.tenant_id', true), '')::uuid);

CREATE POLICY staff_insert ON connection_sync_problem FOR INSERT TO portico_staff WITH CHECK (tenant_id = nullif(current_setting('portico.tenant_id', true), '')::uuid);

CREATE POLICY staff_update ON connection_sync_problem FOR UPDATE TO portico_staff USING (tenant_id = nullif(current_setting('portico.tenant_id', true), '')::uuid) WITH CHECK (tenant_id = nullif(current_setting('portico.tenant_id', true), '')::uuid);

CREATE POLICY staff_delete ON connection_sync_problem FOR DELETE TO portico_staff USING (tenant_id = nullif(current_setting('portico.tenant_id', true), '')::uuid);
