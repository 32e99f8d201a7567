-- A company's own sign-in: what touches people and sessions goes through these doors.

-- A member of the company in scope, for the session that is opened for them.
CREATE FUNCTION sso_person(p_user uuid) RETURNS TABLE (email text, name text, locale text)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $f$
  SELECT u.email, u.name, u.locale FROM public.app_user u
  JOIN public.membership m ON m.user_id = u.id AND m.status <> 'inactive'
    AND m.tenant_id = nullif(current_setting('portico.tenant_id', true), '')::uuid
  WHERE u.id = p_user AND u.status = 'active'
$f$;

-- The sign-in of the company in scope was switched off: whoever came in by it is out.
CREATE FUNCTION sso_sessions_end() RETURNS integer
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $f$
DECLARE gone record; n integer := 0;
BEGIN
  FOR gone IN SELECT s.id FROM public.web_session s
      WHERE s.tenant_id = nullif(current_setting('portico.tenant_id', true), '')::uuid AND s.methods && '{sso}' FOR UPDATE LOOP
    PERFORM public.session_end(gone.id);
    n := n + 1;
  END LOOP;
  RETURN n;
END $f$;

-- The proof behind a new session is older than the session (the provider knew the person already), or of unknown age.
CREATE FUNCTION session_proved_at(p_session uuid, p_at timestamptz) RETURNS void
LANGUAGE sql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $f$
  UPDATE public.web_session s SET elevated_at = CASE WHEN p_at < s.elevated_at THEN p_at WHEN p_at IS NULL THEN NULL
    ELSE s.elevated_at END WHERE s.id = p_session
$f$;

-- What was begun here, as long as it is not taken: looked at before the provider is asked.
CREATE FUNCTION ceremony_peek(p_hash bytea, p_purpose text) RETURNS TABLE (tenant_id uuid, data jsonb)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $f$
  SELECT c.tenant_id, c.data FROM public.ceremony c WHERE c.handle_hash = p_hash AND c.purpose = p_purpose AND c.expires_at > now()
$f$;

CREATE FUNCTION sso_config_version() RETURNS trigger LANGUAGE plpgsql
SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $f$
BEGIN
  UPDATE public.tenant SET config_version = config_version + 1
    WHERE id = CASE WHEN TG_OP = 'DELETE' THEN OLD.tenant_id ELSE NEW.tenant_id END;
  RETURN NULL;
END $f$;
CREATE TRIGGER config_version AFTER INSERT OR DELETE OR UPDATE OF issuer, client_id, name, enabled, version ON sso_provider
  FOR EACH ROW EXECUTE FUNCTION sso_config_version();

-- Everything about a person, with who they are at a company's provider. Take the place of 0010's.
CREATE FUNCTION person_rows(p_user uuid) RETURNS TABLE (of_table text, content jsonb)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $f$
  SELECT 'app_user', to_jsonb(x) FROM public.app_user x WHERE x.id = p_user
  UNION ALL SELECT 'web_session', to_jsonb(x) FROM public.web_session x WHERE x.user_id = p_user
  UNION ALL SELECT 'refresh_token', to_jsonb(x) FROM public.refresh_token x JOIN public.web_session s ON s.id = x.session_id WHERE s.user_id = p_user
  UNION ALL SELECT 'user_token', to_jsonb(x) FROM public.user_token x WHERE x.user_id = p_user
  UNION ALL SELECT 'user_factor', to_jsonb(x) FROM public.user_factor x WHERE x.user_id = p_user
  UNION ALL SELECT 'recovery_code', to_jsonb(x) FROM public.recovery_code x WHERE x.user_id = p_user
  UNION ALL SELECT 'ceremony', to_jsonb(x) FROM public.ceremony x WHERE x.user_id = p_user
  UNION ALL SELECT 'user_device', to_jsonb(x) FROM public.user_device x WHERE x.user_id = p_user
  UNION ALL SELECT 'rate_window', to_jsonb(x) FROM public.rate_window x WHERE position(p_user::text IN x.key) > 0
  UNION ALL SELECT 'consent', to_jsonb(x) FROM public.consent x WHERE x.user_id = p_user
  UNION ALL SELECT 'data_request', to_jsonb(x) - 'file' FROM public.data_request x WHERE x.user_id = p_user
  UNION ALL SELECT 'membership', to_jsonb(x) FROM public.membership x WHERE x.user_id = p_user
  UNION ALL SELECT 'account_member', to_jsonb(x) FROM public.account_member x WHERE x.user_id = p_user
  UNION ALL SELECT 'sso_identity', to_jsonb(x) FROM public.sso_identity x WHERE x.user_id = p_user
  UNION ALL SELECT 'notification', to_jsonb(x) FROM public.notification x WHERE x.user_id = p_user
  UNION ALL SELECT 'idempotency_key', to_jsonb(x) FROM public.idempotency_key x WHERE x.user_id = p_user
  UNION ALL SELECT 'mail', to_jsonb(x) FROM public.mail x JOIN public.app_user u ON u.id = p_user AND x.recipient = u.email
  UNION ALL SELECT 'audit_entry', to_jsonb(x) FROM public.audit_entry x WHERE x.user_id = p_user
  UNION ALL SELECT 'event', to_jsonb(x) FROM public.event x WHERE x.user_id = p_user
  UNION ALL SELECT 'event', to_jsonb(x) FROM public.event x JOIN public.app_user u ON u.id = p_user
    JOIN public.account_member a ON a.tenant_id = x.tenant_id AND a.account_id = x.account_id AND a.user_id = p_user
    WHERE x.actor = u.name AND x.user_id IS DISTINCT FROM p_user
$f$;
CREATE FUNCTION person_erase(p_user uuid) RETURNS integer
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $f$
DECLARE person public.app_user; n integer := 0; more integer; members text[];
BEGIN
  SELECT * INTO person FROM public.app_user u WHERE u.id = p_user FOR UPDATE;
  IF NOT FOUND THEN RETURN 0; END IF;
  PERFORM public.session_end_all(p_user, NULL);
  SELECT coalesce(array_agg(m.id::text), '{}') INTO members FROM public.membership m WHERE m.user_id = p_user;
  -- What was told about them: to staff ("somebody asks to join"), and to themselves.
  DELETE FROM public.notification x WHERE x.user_id = p_user
    OR (x.subject_type IN ('membership', 'user') AND (x.subject_id = ANY (members) OR x.subject_id = p_user::text));
  GET DIAGNOSTICS more = ROW_COUNT; n := n + more;
  DELETE FROM public.event x WHERE x.user_id = p_user
    OR (x.subject_type IN ('membership', 'user') AND (x.subject_id = ANY (members) OR x.subject_id = p_user::text));
  GET DIAGNOSTICS more = ROW_COUNT; n := n + more;
  -- What they did stays in the activity of their organisation, without their name.
  UPDATE public.event x SET actor = '' FROM public.account_member a
    WHERE a.tenant_id = x.tenant_id AND a.account_id = x.account_id AND a.user_id = p_user AND x.actor = person.name;
  GET DIAGNOSTICS more = ROW_COUNT; n := n + more;
  DELETE FROM public.mail x WHERE x.recipient = person.email;
  GET DIAGNOSTICS more = ROW_COUNT; n := n + more;
  DELETE FROM public.idempotency_key x WHERE x.user_id = p_user;
  DELETE FROM public.sso_identity x WHERE x.user_id = p_user;
  DELETE FROM public.account_member x WHERE x.user_id = p_user;
  DELETE FROM public.membership x WHERE x.user_id = p_user;
  GET DIAGNOSTICS more = ROW_COUNT; n := n + more;
  DELETE FROM public.rate_window x WHERE position(p_user::text IN x.key) > 0;
  DELETE FROM public.ceremony x WHERE x.user_id = p_user;
  DELETE FROM public.user_token x WHERE x.user_id = p_user;
  DELETE FROM public.user_factor x WHERE x.user_id = p_user;
  DELETE FROM public.recovery_code x WHERE x.user_id = p_user;
  DELETE FROM public.user_device x WHERE x.user_id = p_user;
  DELETE FROM public.consent x WHERE x.user_id = p_user;
  DELETE FROM public.data_request x WHERE x.user_id = p_user;
  UPDATE public.app_user u SET email = p_user || '@erased.invalid', name = '', password_hash = NULL, email_verified_at = NULL,
      status = 'disabled', locale = NULL, colour_mode = 'system', is_operator = false, factors = 0,
      created_at = date_trunc('year', u.created_at), updated_at = date_trunc('year', now())
    WHERE u.id = p_user;
  RETURN n + 1;
END $f$;
