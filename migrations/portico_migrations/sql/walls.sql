-- Walls of the tables that have no tenant_id, or that nobody may read. Tenant-owned tables get theirs from the models.

-- A company: its members read their own, its staff change what is theirs to change, operators see the registry.
ALTER TABLE tenant ENABLE ROW LEVEL SECURITY;
ALTER TABLE tenant FORCE ROW LEVEL SECURITY;
GRANT SELECT ON tenant TO portico_public, portico_user, portico_customer, portico_staff, portico_operator;
GRANT INSERT, UPDATE ON tenant TO portico_operator;
GRANT UPDATE (name, signup, locale, locales, currency, time_zone, theme, brand, settings, updated_at) ON tenant TO portico_staff;
CREATE POLICY own_select ON tenant FOR SELECT TO portico_public, portico_user, portico_customer, portico_staff
  USING (id = nullif(current_setting('portico.tenant_id', true), '')::uuid);
CREATE POLICY staff_update ON tenant FOR UPDATE TO portico_staff
  USING (id = nullif(current_setting('portico.tenant_id', true), '')::uuid)
  WITH CHECK (id = nullif(current_setting('portico.tenant_id', true), '')::uuid);
CREATE POLICY operator_select ON tenant FOR SELECT TO portico_operator USING (true);
CREATE POLICY operator_insert ON tenant FOR INSERT TO portico_operator WITH CHECK (true);
CREATE POLICY operator_update ON tenant FOR UPDATE TO portico_operator USING (true) WITH CHECK (true);

-- A person reads and changes their own record; never the password or the operator's mark (functions do that).
ALTER TABLE app_user ENABLE ROW LEVEL SECURITY;
ALTER TABLE app_user FORCE ROW LEVEL SECURITY;
GRANT SELECT (id, email, name, email_verified_at, status, locale, colour_mode, is_operator, created_at, updated_at)
  ON app_user TO portico_user, portico_customer, portico_staff, portico_operator;
GRANT UPDATE (name, locale, colour_mode, updated_at) ON app_user TO portico_user, portico_customer, portico_staff, portico_operator;
CREATE POLICY self_select ON app_user FOR SELECT TO portico_user, portico_customer, portico_staff, portico_operator
  USING (id = nullif(current_setting('portico.user_id', true), '')::uuid);
CREATE POLICY self_update ON app_user FOR UPDATE TO portico_user, portico_customer, portico_staff, portico_operator
  USING (id = nullif(current_setting('portico.user_id', true), '')::uuid)
  WITH CHECK (id = nullif(current_setting('portico.user_id', true), '')::uuid);

-- No policy at all: only definer functions reach these.
ALTER TABLE web_session ENABLE ROW LEVEL SECURITY;
ALTER TABLE web_session FORCE ROW LEVEL SECURITY;
ALTER TABLE user_token ENABLE ROW LEVEL SECURITY;
ALTER TABLE user_token FORCE ROW LEVEL SECURITY;
ALTER TABLE refresh_token ENABLE ROW LEVEL SECURITY;
ALTER TABLE refresh_token FORCE ROW LEVEL SECURITY;
ALTER TABLE rate_window ENABLE ROW LEVEL SECURITY;
ALTER TABLE rate_window FORCE ROW LEVEL SECURITY;
ALTER TABLE audit_seal ENABLE ROW LEVEL SECURITY;
ALTER TABLE audit_seal FORCE ROW LEVEL SECURITY;

-- Audit: everybody adds, within what they act for; nobody changes or removes; staff read their company's,
-- operators read the apex's.
ALTER TABLE audit_entry ENABLE ROW LEVEL SECURITY;
ALTER TABLE audit_entry FORCE ROW LEVEL SECURITY;
GRANT INSERT ON audit_entry TO portico_public, portico_user, portico_customer, portico_staff, portico_operator;
GRANT SELECT ON audit_entry TO portico_staff, portico_operator;
CREATE POLICY tenant_insert ON audit_entry FOR INSERT TO portico_public, portico_user, portico_customer, portico_staff
  WITH CHECK (tenant_id IS NOT DISTINCT FROM nullif(current_setting('portico.tenant_id', true), '')::uuid);
CREATE POLICY operator_insert ON audit_entry FOR INSERT TO portico_operator WITH CHECK (tenant_id IS NULL);
CREATE POLICY staff_select ON audit_entry FOR SELECT TO portico_staff
  USING (tenant_id = nullif(current_setting('portico.tenant_id', true), '')::uuid);
CREATE POLICY operator_select ON audit_entry FOR SELECT TO portico_operator USING (tenant_id IS NULL);

-- Mail: written by whoever causes it, read and marked by workers acting as the company's staff or for the apex.
ALTER TABLE mail ENABLE ROW LEVEL SECURITY;
ALTER TABLE mail FORCE ROW LEVEL SECURITY;
GRANT INSERT ON mail TO portico_public, portico_user, portico_customer, portico_staff, portico_operator;
GRANT SELECT, UPDATE ON mail TO portico_staff, portico_worker;
CREATE POLICY tenant_insert ON mail FOR INSERT TO portico_public, portico_user, portico_customer, portico_staff, portico_operator
  WITH CHECK (tenant_id IS NOT DISTINCT FROM nullif(current_setting('portico.tenant_id', true), '')::uuid);
CREATE POLICY staff_select ON mail FOR SELECT TO portico_staff
  USING (tenant_id = nullif(current_setting('portico.tenant_id', true), '')::uuid);
CREATE POLICY staff_update ON mail FOR UPDATE TO portico_staff
  USING (tenant_id = nullif(current_setting('portico.tenant_id', true), '')::uuid)
  WITH CHECK (tenant_id = nullif(current_setting('portico.tenant_id', true), '')::uuid);
CREATE POLICY worker_select ON mail FOR SELECT TO portico_worker USING (tenant_id IS NULL);
CREATE POLICY worker_update ON mail FOR UPDATE TO portico_worker USING (tenant_id IS NULL) WITH CHECK (tenant_id IS NULL);

-- The definer role bypasses row security, not grants.
GRANT SELECT, INSERT, UPDATE, DELETE ON tenant, app_user, web_session, user_token, refresh_token, rate_window,
  tenant_plugin, tenant_role, account, account_member, membership, audit_entry, audit_seal TO portico_definer;
