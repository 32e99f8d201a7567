-- The tables as they were first released, frozen: models move on, what a database was built from does not.

CREATE TABLE tenant (
  id UUID NOT NULL,
  slug TEXT NOT NULL,
  host TEXT,
  name TEXT NOT NULL,
  status TEXT DEFAULT 'active' NOT NULL,
  signup TEXT DEFAULT 'approval' NOT NULL,
  locale TEXT NOT NULL,
  locales TEXT[] NOT NULL,
  currency TEXT NOT NULL,
  time_zone TEXT NOT NULL,
  theme TEXT NOT NULL,
  brand JSONB DEFAULT '{}'::jsonb NOT NULL,
  settings JSONB DEFAULT '{}'::jsonb NOT NULL,
  config_version BIGINT DEFAULT '1' NOT NULL,
  created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
  updated_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
  CONSTRAINT pk_tenant PRIMARY KEY (id),
  CONSTRAINT ck_tenant_slug CHECK (slug ~ '^[a-z0-9]([a-z0-9-]{0,38}[a-z0-9])?$'),
  CONSTRAINT ck_tenant_status CHECK (status in ('active', 'suspended')),
  CONSTRAINT ck_tenant_signup CHECK (signup in ('open', 'approval', 'closed')),
  CONSTRAINT ck_tenant_currency CHECK (currency ~ '^[A-Z]{3}$'),
  CONSTRAINT ck_tenant_name CHECK (length(name) between 1 and 200),
  CONSTRAINT uq_tenant_slug UNIQUE (slug),
  CONSTRAINT uq_tenant_host UNIQUE (host)
);

CREATE TABLE app_user (
  id UUID NOT NULL,
  email TEXT NOT NULL,
  name TEXT NOT NULL,
  password_hash TEXT,
  email_verified_at TIMESTAMP WITH TIME ZONE,
  status TEXT DEFAULT 'active' NOT NULL,
  locale TEXT,
  colour_mode TEXT DEFAULT 'system' NOT NULL,
  is_operator BOOLEAN DEFAULT false NOT NULL,
  created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
  updated_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
  CONSTRAINT pk_app_user PRIMARY KEY (id),
  CONSTRAINT ck_app_user_status CHECK (status in ('active', 'disabled')),
  CONSTRAINT ck_app_user_colour_mode CHECK (colour_mode in ('light', 'dark', 'system')),
  CONSTRAINT ck_app_user_email CHECK (email = lower(email) and length(email) <= 254),
  CONSTRAINT uq_app_user_email UNIQUE (email)
);

CREATE TABLE rate_window (
  key TEXT NOT NULL,
  started_at TIMESTAMP WITH TIME ZONE NOT NULL,
  hits INTEGER NOT NULL,
  CONSTRAINT pk_rate_window PRIMARY KEY (key, started_at)
);

CREATE TABLE tenant_plugin (
  tenant_id UUID NOT NULL,
  id UUID NOT NULL,
  plugin TEXT NOT NULL,
  enabled BOOLEAN NOT NULL,
  settings JSONB DEFAULT '{}'::jsonb NOT NULL,
  first_on_at TIMESTAMP WITH TIME ZONE,
  created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
  updated_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
  CONSTRAINT pk_tenant_plugin PRIMARY KEY (tenant_id, id),
  CONSTRAINT uq_tenant_plugin_tenant_id_plugin UNIQUE (tenant_id, plugin)
);

ALTER TABLE tenant_plugin ENABLE ROW LEVEL SECURITY;

ALTER TABLE tenant_plugin FORCE ROW LEVEL SECURITY;

GRANT SELECT, INSERT, UPDATE, DELETE ON tenant_plugin TO portico_staff;

CREATE POLICY staff_select ON tenant_plugin FOR SELECT TO portico_staff USING (tenant_id = nullif(current_setting('portico.tenant_id', true), '')::uuid);

CREATE POLICY staff_insert ON tenant_plugin FOR INSERT TO portico_staff WITH CHECK (tenant_id = nullif(current_setting('portico.tenant_id', true), '')::uuid);

CREATE POLICY staff_update ON tenant_plugin FOR UPDATE TO portico_staff USING (tenant_id = nullif(current_setting('portico.tenant_id', true), '')::uuid) WITH CHECK (tenant_id = nullif(current_setting('portico.tenant_id', true), '')::uuid);

CREATE POLICY staff_delete ON tenant_plugin FOR DELETE TO portico_staff USING (tenant_id = nullif(current_setting('portico.tenant_id', true), '')::uuid);

CREATE TABLE tenant_role (
  tenant_id UUID NOT NULL,
  id UUID NOT NULL,
  name TEXT NOT NULL,
  title TEXT NOT NULL,
  kind TEXT NOT NULL,
  permissions TEXT[] NOT NULL,
  built_in BOOLEAN DEFAULT false NOT NULL,
  created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
  updated_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
  CONSTRAINT pk_tenant_role PRIMARY KEY (tenant_id, id),
  CONSTRAINT uq_tenant_role_tenant_id_name UNIQUE (tenant_id, name),
  CONSTRAINT ck_tenant_role_kind CHECK (kind in ('customer', 'staff'))
);

ALTER TABLE tenant_role ENABLE ROW LEVEL SECURITY;

ALTER TABLE tenant_role FORCE ROW LEVEL SECURITY;

GRANT SELECT, INSERT, UPDATE, DELETE ON tenant_role TO portico_staff;

CREATE POLICY staff_select ON tenant_role FOR SELECT TO portico_staff USING (tenant_id = nullif(current_setting('portico.tenant_id', true), '')::uuid);

CREATE POLICY staff_insert ON tenant_role FOR INSERT TO portico_staff WITH CHECK (tenant_id = nullif(current_setting('portico.tenant_id', true), '')::uuid);

CREATE POLICY staff_update ON tenant_role FOR UPDATE TO portico_staff USING (tenant_id = nullif(current_setting('portico.tenant_id', true), '')::uuid) WITH CHECK (tenant_id = nullif(current_setting('portico.tenant_id', true), '')::uuid);

CREATE POLICY staff_delete ON tenant_role FOR DELETE TO portico_staff USING (tenant_id = nullif(current_setting('portico.tenant_id', true), '')::uuid);

CREATE TABLE account (
  tenant_id UUID NOT NULL,
  id UUID NOT NULL,
  name TEXT NOT NULL,
  erp_ref TEXT,
  email TEXT,
  status TEXT DEFAULT 'active' NOT NULL,
  created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
  updated_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
  CONSTRAINT pk_account PRIMARY KEY (tenant_id, id),
  CONSTRAINT uq_account_tenant_id_erp_ref UNIQUE (tenant_id, erp_ref)
);

ALTER TABLE account ENABLE ROW LEVEL SECURITY;

ALTER TABLE account FORCE ROW LEVEL SECURITY;

GRANT SELECT, INSERT, UPDATE, DELETE ON account TO portico_staff;

CREATE POLICY staff_select ON account FOR SELECT TO portico_staff USING (tenant_id = nullif(current_setting('portico.tenant_id', true), '')::uuid);

CREATE POLICY staff_insert ON account FOR INSERT TO portico_staff WITH CHECK (tenant_id = nullif(current_setting('portico.tenant_id', true), '')::uuid);

CREATE POLICY staff_update ON account FOR UPDATE TO portico_staff USING (tenant_id = nullif(current_setting('portico.tenant_id', true), '')::uuid) WITH CHECK (tenant_id = nullif(current_setting('portico.tenant_id', true), '')::uuid);

CREATE POLICY staff_delete ON account FOR DELETE TO portico_staff USING (tenant_id = nullif(current_setting('portico.tenant_id', true), '')::uuid);

GRANT SELECT ON account TO portico_customer;

CREATE POLICY customer_select ON account FOR SELECT TO portico_customer USING (tenant_id = nullif(current_setting('portico.tenant_id', true), '')::uuid AND id = any(nullif(current_setting('portico.accounts', true), '')::uuid[]));

CREATE TABLE audit_entry (
  id UUID NOT NULL,
  tenant_id UUID,
  at TIMESTAMP WITH TIME ZONE DEFAULT clock_timestamp() NOT NULL,
  actor_kind TEXT NOT NULL,
  user_id UUID,
  actor TEXT NOT NULL,
  action TEXT NOT NULL,
  subject_type TEXT,
  subject_id TEXT,
  before JSONB,
  after JSONB,
  address TEXT NOT NULL,
  request_id TEXT NOT NULL,
  CONSTRAINT pk_audit_entry PRIMARY KEY (id)
);

CREATE INDEX ix_audit_entry_tenant_at ON audit_entry (tenant_id, at DESC, id DESC);

CREATE TABLE audit_seal (
  chain UUID NOT NULL,
  number BIGINT NOT NULL,
  entry_id UUID NOT NULL,
  hash BYTEA NOT NULL,
  sealed_at TIMESTAMP WITH TIME ZONE DEFAULT clock_timestamp() NOT NULL,
  CONSTRAINT pk_audit_seal PRIMARY KEY (chain, number),
  CONSTRAINT uq_audit_seal_entry_id UNIQUE (entry_id)
);

CREATE TABLE idempotency_key (
  tenant_id UUID NOT NULL,
  id UUID NOT NULL,
  user_id UUID NOT NULL,
  key TEXT NOT NULL,
  fingerprint BYTEA NOT NULL,
  status INTEGER,
  answer TEXT,
  created_at TIMESTAMP WITH TIME ZONE NOT NULL,
  CONSTRAINT pk_idempotency_key PRIMARY KEY (tenant_id, id),
  CONSTRAINT uq_idempotency_key_tenant_id_user_id_key UNIQUE (tenant_id, user_id, key)
);

ALTER TABLE idempotency_key ENABLE ROW LEVEL SECURITY;

ALTER TABLE idempotency_key FORCE ROW LEVEL SECURITY;

GRANT SELECT, INSERT, UPDATE, DELETE ON idempotency_key TO portico_staff;

CREATE POLICY staff_select ON idempotency_key FOR SELECT TO portico_staff USING (tenant_id = nullif(current_setting('portico.tenant_id', true), '')::uuid);

CREATE POLICY staff_insert ON idempotency_key FOR INSERT TO portico_staff WITH CHECK (tenant_id = nullif(current_setting('portico.tenant_id', true), '')::uuid);

CREATE POLICY staff_update ON idempotency_key FOR UPDATE TO portico_staff USING (tenant_id = nullif(current_setting('portico.tenant_id', true), '')::uuid) WITH CHECK (tenant_id = nullif(current_setting('portico.tenant_id', true), '')::uuid);

CREATE POLICY staff_delete ON idempotency_key FOR DELETE TO portico_staff USING (tenant_id = nullif(current_setting('portico.tenant_id', true), '')::uuid);

GRANT SELECT, INSERT, UPDATE ON idempotency_key TO portico_customer;

CREATE POLICY customer_select ON idempotency_key FOR SELECT TO portico_customer USING (tenant_id = nullif(current_setting('portico.tenant_id', true), '')::uuid AND user_id = nullif(current_setting('portico.user_id', true), '')::uuid);

CREATE POLICY customer_insert ON idempotency_key FOR INSERT TO portico_customer WITH CHECK (tenant_id = nullif(current_setting('portico.tenant_id', true), '')::uuid AND user_id = nullif(current_setting('portico.user_id', true), '')::uuid);

CREATE POLICY customer_update ON idempotency_key FOR UPDATE TO portico_customer USING (tenant_id = nullif(current_setting('portico.tenant_id', true), '')::uuid AND user_id = nullif(current_setting('portico.user_id', true), '')::uuid) WITH CHECK (tenant_id = nullif(current_setting('portico.tenant_id', true), '')::uuid AND user_id = nullif(current_setting('portico.user_id', true), '')::uuid);

CREATE TABLE mail (
  id UUID NOT NULL,
  tenant_id UUID,
  dedupe TEXT,
  recipient TEXT NOT NULL,
  kind TEXT NOT NULL,
  subject TEXT NOT NULL,
  text TEXT NOT NULL,
  html TEXT NOT NULL,
  status TEXT DEFAULT 'queued' NOT NULL,
  attempts INTEGER DEFAULT '0' NOT NULL,
  error TEXT,
  created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
  sent_at TIMESTAMP WITH TIME ZONE,
  CONSTRAINT pk_mail PRIMARY KEY (id),
  CONSTRAINT uq_mail_dedupe UNIQUE (dedupe)
);

CREATE INDEX ix_mail_tenant_created ON mail (tenant_id, created_at DESC);

CREATE TABLE web_session (
  id UUID NOT NULL,
  token_hash BYTEA NOT NULL,
  user_id UUID NOT NULL,
  kind TEXT NOT NULL,
  tenant_id UUID,
  created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
  last_seen_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
  expires_at TIMESTAMP WITH TIME ZONE NOT NULL,
  second_factor BOOLEAN DEFAULT false NOT NULL,
  address TEXT DEFAULT '' NOT NULL,
  user_agent TEXT DEFAULT '' NOT NULL,
  CONSTRAINT pk_web_session PRIMARY KEY (id),
  CONSTRAINT ck_web_session_kind CHECK (kind in ('browser', 'api')),
  CONSTRAINT uq_web_session_token_hash UNIQUE (token_hash),
  CONSTRAINT fk_web_session_user_id FOREIGN KEY(user_id) REFERENCES app_user (id) ON DELETE CASCADE,
  CONSTRAINT fk_web_session_tenant_id FOREIGN KEY(tenant_id) REFERENCES tenant (id) ON DELETE CASCADE
);

CREATE INDEX ix_web_session_user_id ON web_session (user_id);

CREATE TABLE user_token (
  token_hash BYTEA NOT NULL,
  user_id UUID NOT NULL,
  purpose TEXT NOT NULL,
  expires_at TIMESTAMP WITH TIME ZONE NOT NULL,
  used_at TIMESTAMP WITH TIME ZONE,
  data JSONB DEFAULT '{}'::jsonb NOT NULL,
  CONSTRAINT pk_user_token PRIMARY KEY (token_hash),
  CONSTRAINT fk_user_token_user_id FOREIGN KEY(user_id) REFERENCES app_user (id) ON DELETE CASCADE
);

CREATE INDEX ix_user_token_user_id ON user_token (user_id);

CREATE TABLE membership (
  tenant_id UUID NOT NULL,
  id UUID NOT NULL,
  user_id UUID NOT NULL,
  kind TEXT NOT NULL,
  roles TEXT[] NOT NULL,
  status TEXT DEFAULT 'active' NOT NULL,
  display_name TEXT NOT NULL,
  email TEXT NOT NULL,
  locale TEXT,
  claim TEXT,
  last_activity_at TIMESTAMP WITH TIME ZONE,
  created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
  updated_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
  CONSTRAINT pk_membership PRIMARY KEY (tenant_id, id),
  CONSTRAINT uq_membership_tenant_id_user_id UNIQUE (tenant_id, user_id),
  CONSTRAINT ck_membership_kind CHECK (kind in ('customer', 'staff')),
  CONSTRAINT ck_membership_status CHECK (status in ('active', 'pending', 'inactive')),
  CONSTRAINT fk_membership_user_id FOREIGN KEY(user_id) REFERENCES app_user (id) ON DELETE CASCADE
);

CREATE INDEX ix_membership_user_id ON membership (user_id);

ALTER TABLE membership ENABLE ROW LEVEL SECURITY;

ALTER TABLE membership FORCE ROW LEVEL SECURITY;

GRANT SELECT, INSERT, UPDATE, DELETE ON membership TO portico_staff;

CREATE POLICY staff_select ON membership FOR SELECT TO portico_staff USING (tenant_id = nullif(current_setting('portico.tenant_id', true), '')::uuid);

CREATE POLICY staff_insert ON membership FOR INSERT TO portico_staff WITH CHECK (tenant_id = nullif(current_setting('portico.tenant_id', true), '')::uuid);

CREATE POLICY staff_update ON membership FOR UPDATE TO portico_staff USING (tenant_id = nullif(current_setting('portico.tenant_id', true), '')::uuid) WITH CHECK (tenant_id = nullif(current_setting('portico.tenant_id', true), '')::uuid);

CREATE POLICY staff_delete ON membership FOR DELETE TO portico_staff USING (tenant_id = nullif(current_setting('portico.tenant_id', true), '')::uuid);

GRANT SELECT ON membership TO portico_customer;

CREATE POLICY customer_select ON membership FOR SELECT TO portico_customer USING (tenant_id = nullif(current_setting('portico.tenant_id', true), '')::uuid AND user_id = nullif(current_setting('portico.user_id', true), '')::uuid);

CREATE TABLE account_member (
  tenant_id UUID NOT NULL,
  id UUID NOT NULL,
  account_id UUID NOT NULL,
  user_id UUID NOT NULL,
  role TEXT DEFAULT 'owner' NOT NULL,
  created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
  updated_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
  CONSTRAINT pk_account_member PRIMARY KEY (tenant_id, id),
  CONSTRAINT uq_account_member_tenant_id_account_id_user_id UNIQUE (tenant_id, account_id, user_id),
  CONSTRAINT fk_account_member_user_id FOREIGN KEY(user_id) REFERENCES app_user (id) ON DELETE CASCADE,
  CONSTRAINT fk_account_member_tenant_id_account_id FOREIGN KEY(tenant_id, account_id) REFERENCES account (tenant_id, id) ON DELETE CASCADE
);

CREATE INDEX ix_account_member_user_id ON account_member (user_id);

CREATE INDEX ix_account_member_tenant_id_account_id ON account_member (tenant_id, account_id);

ALTER TABLE account_member ENABLE ROW LEVEL SECURITY;

ALTER TABLE account_member FORCE ROW LEVEL SECURITY;

GRANT SELECT, INSERT, UPDATE, DELETE ON account_member TO portico_staff;

CREATE POLICY staff_select ON account_member FOR SELECT TO portico_staff USING (tenant_id = nullif(current_setting('portico.tenant_id', true), '')::uuid);

CREATE POLICY staff_insert ON account_member FOR INSERT TO portico_staff WITH CHECK (tenant_id = nullif(current_setting('portico.tenant_id', true), '')::uuid);

CREATE POLICY staff_update ON account_member FOR UPDATE TO portico_staff USING (tenant_id = nullif(current_setting('portico.tenant_id', true), '')::uuid) WITH CHECK (tenant_id = nullif(current_setting('portico.tenant_id', true), '')::uuid);

CREATE POLICY staff_delete ON account_member FOR DELETE TO portico_staff USING (tenant_id = nullif(current_setting('portico.tenant_id', true), '')::uuid);

GRANT SELECT ON account_member TO portico_customer;

CREATE POLICY customer_select ON account_member FOR SELECT TO portico_customer USING (tenant_id = nullif(current_setting('portico.tenant_id', true), '')::uuid AND user_id = nullif(current_setting('portico.user_id', true), '')::uuid);

CREATE TABLE event (
  tenant_id UUID NOT NULL,
  id UUID NOT NULL,
  account_id UUID,
  user_id UUID,
  kind TEXT NOT NULL,
  actor TEXT NOT NULL,
  subject_type TEXT,
  subject_id TEXT,
  data JSONB NOT NULL,
  at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
  CONSTRAINT pk_event PRIMARY KEY (tenant_id, id),
  CONSTRAINT fk_event_tenant_id_account_id FOREIGN KEY(tenant_id, account_id) REFERENCES account (tenant_id, id) ON DELETE CASCADE
);

CREATE INDEX ix_event_tenant_account_at ON event (tenant_id, account_id, at DESC, id DESC);

CREATE INDEX ix_event_tenant_at ON event (tenant_id, at DESC, id DESC);

ALTER TABLE event ENABLE ROW LEVEL SECURITY;

ALTER TABLE event FORCE ROW LEVEL SECURITY;

GRANT SELECT, INSERT ON event TO portico_staff;

CREATE POLICY staff_select ON event FOR SELECT TO portico_staff USING (tenant_id = nullif(current_setting('portico.tenant_id', true), '')::uuid);

CREATE POLICY staff_insert ON event FOR INSERT TO portico_staff WITH CHECK (tenant_id = nullif(current_setting('portico.tenant_id', true), '')::uuid);

GRANT SELECT, INSERT ON event TO portico_customer;

CREATE POLICY customer_select ON event FOR SELECT TO portico_customer USING (tenant_id = nullif(current_setting('portico.tenant_id', true), '')::uuid AND account_id = any(nullif(current_setting('portico.accounts', true), '')::uuid[]));

CREATE POLICY customer_insert ON event FOR INSERT TO portico_customer WITH CHECK (tenant_id = nullif(current_setting('portico.tenant_id', true), '')::uuid AND account_id = any(nullif(current_setting('portico.accounts', true), '')::uuid[]));

CREATE TABLE notification (
  tenant_id UUID NOT NULL,
  id UUID NOT NULL,
  user_id UUID NOT NULL,
  event_id UUID NOT NULL,
  kind TEXT NOT NULL,
  subject_type TEXT,
  subject_id TEXT,
  data JSONB NOT NULL,
  at TIMESTAMP WITH TIME ZONE NOT NULL,
  read_at TIMESTAMP WITH TIME ZONE,
  CONSTRAINT pk_notification PRIMARY KEY (tenant_id, id),
  CONSTRAINT uq_notification_tenant_id_event_id_user_id UNIQUE (tenant_id, event_id, user_id),
  CONSTRAINT fk_notification_user_id FOREIGN KEY(user_id) REFERENCES app_user (id) ON DELETE CASCADE
);

CREATE INDEX ix_notification_user_at ON notification (tenant_id, user_id, at DESC, id DESC);

CREATE INDEX ix_notification_unread ON notification (tenant_id, user_id) WHERE read_at IS NULL;

ALTER TABLE notification ENABLE ROW LEVEL SECURITY;

ALTER TABLE notification FORCE ROW LEVEL SECURITY;

GRANT SELECT, INSERT, UPDATE, DELETE ON notification TO portico_staff;

CREATE POLICY staff_select ON notification FOR SELECT TO portico_staff USING (tenant_id = nullif(current_setting('portico.tenant_id', true), '')::uuid);

CREATE POLICY staff_insert ON notification FOR INSERT TO portico_staff WITH CHECK (tenant_id = nullif(current_setting('portico.tenant_id', true), '')::uuid);

CREATE POLICY staff_update ON notification FOR UPDATE TO portico_staff USING (tenant_id = nullif(current_setting('portico.tenant_id', true), '')::uuid) WITH CHECK (tenant_id = nullif(current_setting('portico.tenant_id', true), '')::uuid);

CREATE POLICY staff_delete ON notification FOR DELETE TO portico_staff USING (tenant_id = nullif(current_setting('portico.tenant_id', true), '')::uuid);

GRANT SELECT, UPDATE ON notification TO portico_customer;

CREATE POLICY customer_select ON notification FOR SELECT TO portico_customer USING (tenant_id = nullif(current_setting('portico.tenant_id', true), '')::uuid AND user_id = nullif(current_setting('portico.user_id', true), '')::uuid);

CREATE POLICY customer_update ON notification FOR UPDATE TO portico_customer USING (tenant_id = nullif(current_setting('portico.tenant_id', true), '')::uuid AND user_id = nullif(current_setting('portico.user_id', true), '')::uuid) WITH CHECK (tenant_id = nullif(current_setting('portico.tenant_id', true), '')::uuid AND user_id = nullif(current_setting('portico.user_id', true), '')::uuid);

CREATE TABLE refresh_token (
  token_hash BYTEA NOT NULL,
  session_id UUID NOT NULL,
  expires_at TIMESTAMP WITH TIME ZONE NOT NULL,
  used_at TIMESTAMP WITH TIME ZONE,
  CONSTRAINT pk_refresh_token PRIMARY KEY (token_hash),
  CONSTRAINT fk_refresh_token_session_id FOREIGN KEY(session_id) REFERENCES web_session (id) ON DELETE CASCADE
);

CREATE INDEX ix_refresh_token_session_id ON refresh_token (session_id);
