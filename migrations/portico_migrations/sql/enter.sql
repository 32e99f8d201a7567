-- One round trip opens a request: session, company and membership are resolved, the scope is set for the transaction.
-- Everything here belongs to portico_definer, pins search_path, and is closed to PUBLIC by the migration.

CREATE FUNCTION tenant_snapshot(p_tenant uuid) RETURNS jsonb
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $f$
  SELECT jsonb_build_object(
    'id', t.id, 'slug', t.slug, 'host', t.host, 'name', t.name, 'signup', t.signup, 'locale', t.locale,
    'locales', to_jsonb(t.locales), 'currency', t.currency, 'time_zone', t.time_zone, 'theme', t.theme,
    'brand', t.brand, 'settings', t.settings, 'config_version', t.config_version,
    'plugins', coalesce((SELECT jsonb_object_agg(p.plugin, p.settings) FROM public.tenant_plugin p
                         WHERE p.tenant_id = t.id AND p.enabled), '{}'::jsonb),
    'roles', coalesce((SELECT jsonb_object_agg(r.name, to_jsonb(r.permissions)) FROM public.tenant_role r
                       WHERE r.tenant_id = t.id), '{}'::jsonb))
  FROM public.tenant t WHERE t.id = p_tenant
$f$;

-- p_token: SHA-256 of a browser's cookie; p_session: id of an API session whose signed access token was verified.
-- p_known: the configuration version that the calling process holds; the snapshot is returned only if it differs.
CREATE FUNCTION enter_definer(p_token bytea, p_session uuid, p_host text, p_slug text, p_known bigint)
RETURNS TABLE (tenant_id uuid, config_version bigint, snapshot jsonb, session_id uuid, user_id uuid, user_name text,
  user_email text, user_locale text, colour_mode text, is_operator boolean, second_factor boolean,
  member_kind text, roles text[], accounts uuid[])
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $f$
DECLARE
  seen timestamptz; bound uuid; idle interval := interval '30 minutes'; member uuid;
BEGIN
  IF p_slug IS NOT NULL THEN
    SELECT t.id, t.config_version, make_interval(mins => coalesce((t.settings->>'idle_minutes')::int, 30))
      INTO tenant_id, config_version, idle FROM public.tenant t WHERE t.slug = p_slug AND t.status = 'active';
  ELSIF p_host IS NOT NULL THEN
    SELECT t.id, t.config_version, make_interval(mins => coalesce((t.settings->>'idle_minutes')::int, 30))
      INTO tenant_id, config_version, idle FROM public.tenant t WHERE t.host = p_host AND t.status = 'active';
  END IF;
  IF (p_slug IS NOT NULL OR p_host IS NOT NULL) AND tenant_id IS NULL THEN
    PERFORM set_config('portico.tenant_id', '', true), set_config('portico.user_id', '', true),
            set_config('portico.accounts', '{}', true);
    RETURN;
  END IF;
  IF tenant_id IS NOT NULL AND config_version IS DISTINCT FROM p_known THEN
    snapshot := public.tenant_snapshot(tenant_id);
  END IF;
  IF p_token IS NOT NULL OR p_session IS NOT NULL THEN
    SELECT s.id, s.user_id, s.second_factor, s.last_seen_at, s.tenant_id, u.name, u.email, u.locale, u.colour_mode,
           u.is_operator
      INTO session_id, user_id, second_factor, seen, bound, user_name, user_email, user_locale, colour_mode, is_operator
      FROM public.web_session s JOIN public.app_user u ON u.id = s.user_id AND u.status = 'active'
      WHERE s.token_hash = p_token AND s.kind = 'browser'
        AND s.expires_at > now() AND s.last_seen_at > now() - coalesce(idle, interval '30 minutes');
    IF p_token IS NULL THEN
      SELECT s.id, s.user_id, s.second_factor, s.last_seen_at, s.tenant_id, u.name, u.email, u.locale, u.colour_mode,
             u.is_operator
        INTO session_id, user_id, second_factor, seen, bound, user_name, user_email, user_locale, colour_mode, is_operator
        FROM public.web_session s JOIN public.app_user u ON u.id = s.user_id AND u.status = 'active'
        WHERE s.id = p_session AND s.kind = 'api' AND s.expires_at > now();
    END IF;
    IF bound IS NOT NULL AND bound IS DISTINCT FROM tenant_id THEN  -- a token of one company is nothing in another
      session_id := NULL; user_id := NULL; user_name := NULL; user_email := NULL; user_locale := NULL;
      colour_mode := NULL; is_operator := NULL; second_factor := NULL; seen := NULL;
    END IF;
  END IF;
  IF user_id IS NOT NULL AND tenant_id IS NOT NULL THEN
    SELECT m.id, m.kind, m.roles INTO member, member_kind, roles FROM public.membership m
      WHERE m.tenant_id = enter_definer.tenant_id AND m.user_id = enter_definer.user_id AND m.status = 'active';
    IF member_kind = 'customer' THEN
      SELECT coalesce(array_agg(a.account_id), '{}') INTO accounts
        FROM public.account_member a JOIN public.account c ON c.tenant_id = a.tenant_id AND c.id = a.account_id
        WHERE a.tenant_id = enter_definer.tenant_id AND a.user_id = enter_definer.user_id AND c.status = 'active';
    END IF;
  END IF;
  PERFORM set_config('portico.tenant_id', coalesce(tenant_id::text, ''), true),
          set_config('portico.user_id', coalesce(user_id::text, ''), true),
          set_config('portico.accounts', coalesce(accounts::text, '{}'), true);
  IF seen < now() - interval '1 minute' THEN
    UPDATE public.web_session w SET last_seen_at = now()
      WHERE w.id = (SELECT x.id FROM public.web_session x WHERE x.id = session_id FOR UPDATE SKIP LOCKED);
    IF member IS NOT NULL THEN
      UPDATE public.membership m SET last_activity_at = now() WHERE m.tenant_id = enter_definer.tenant_id
        AND m.id = (SELECT x.id FROM public.membership x WHERE x.tenant_id = enter_definer.tenant_id
                    AND x.id = member FOR UPDATE SKIP LOCKED);
    END IF;
  END IF;
  RETURN NEXT;
END $f$;

-- The invoker's half: takes on the role that the policies are written for.
CREATE FUNCTION enter(p_token bytea, p_session uuid, p_host text, p_slug text, p_known bigint)
RETURNS TABLE (tenant_id uuid, config_version bigint, snapshot jsonb, session_id uuid, user_id uuid, user_name text,
  user_email text, user_locale text, colour_mode text, is_operator boolean, second_factor boolean,
  member_kind text, roles text[], accounts uuid[])
LANGUAGE plpgsql VOLATILE SECURITY INVOKER SET search_path = pg_catalog, pg_temp AS $f$
BEGIN
  SELECT e.* INTO tenant_id, config_version, snapshot, session_id, user_id, user_name, user_email, user_locale,
      colour_mode, is_operator, second_factor, member_kind, roles, accounts
    FROM public.enter_definer(p_token, p_session, p_host, p_slug, p_known) e;
  IF NOT FOUND THEN
    PERFORM set_config('role', 'portico_public', true);
    RETURN;
  END IF;
  PERFORM set_config('role', CASE
    WHEN user_id IS NULL THEN 'portico_public'
    WHEN tenant_id IS NULL AND is_operator THEN 'portico_operator'
    WHEN member_kind = 'staff' THEN 'portico_staff'
    WHEN member_kind = 'customer' THEN 'portico_customer'
    ELSE 'portico_user' END, true);
  RETURN NEXT;
END $f$;

-- Jobs and commands: the snapshot of a company if it differs from what the process holds, and whether it is active.
CREATE FUNCTION tenant_config(p_tenant uuid, p_slug text, p_known bigint)
RETURNS TABLE (tenant_id uuid, status text, config_version bigint, snapshot jsonb)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $f$
  SELECT t.id, t.status, t.config_version,
         CASE WHEN t.config_version IS DISTINCT FROM p_known THEN public.tenant_snapshot(t.id) END
  FROM public.tenant t WHERE t.id = p_tenant OR t.slug = p_slug
$f$;

CREATE FUNCTION active_tenants() RETURNS TABLE (tenant_id uuid, config_version bigint)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $f$
  SELECT t.id, t.config_version FROM public.tenant t WHERE t.status = 'active' ORDER BY t.id
$f$;

-- What the chooser at the apex shows to anybody.
CREATE FUNCTION company_directory() RETURNS TABLE (id uuid, slug text, host text, name text, theme text, brand jsonb,
  locale text, signup text)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $f$
  -- Without the bytes of logos: a page asks for those by their digest.
  SELECT t.id, t.slug, t.host, t.name, t.theme, t.brand #- '{logo,data}' #- '{logo,favicon}', t.locale, t.signup FROM public.tenant t
  WHERE t.status = 'active' AND coalesce((t.settings->>'listed')::boolean, true) ORDER BY t.name
$f$;

-- A change of configuration raises the version in the same transaction: exact on every process.
CREATE FUNCTION raise_config_version() RETURNS trigger LANGUAGE plpgsql
SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $f$
BEGIN
  UPDATE public.tenant SET config_version = config_version + 1
    WHERE id = CASE WHEN TG_OP = 'DELETE' THEN OLD.tenant_id ELSE NEW.tenant_id END;
  RETURN NULL;
END $f$;
CREATE FUNCTION raise_own_config_version() RETURNS trigger LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp AS $f$
BEGIN
  IF NEW.config_version = OLD.config_version THEN NEW.config_version := OLD.config_version + 1; END IF;
  RETURN NEW;
END $f$;
CREATE TRIGGER config_version BEFORE UPDATE ON tenant FOR EACH ROW EXECUTE FUNCTION raise_own_config_version();
CREATE TRIGGER config_version AFTER INSERT OR UPDATE OR DELETE ON tenant_plugin FOR EACH ROW EXECUTE FUNCTION raise_config_version();
CREATE TRIGGER config_version AFTER INSERT OR UPDATE OR DELETE ON tenant_role FOR EACH ROW EXECUTE FUNCTION raise_config_version();
