-- What people accepted, and everything that core holds about a person: the only doors to it across companies.

CREATE FUNCTION consent_give(p_user uuid, p_tenant uuid, p_document text, p_version text, p_address text) RETURNS void
LANGUAGE sql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $f$
  INSERT INTO public.consent (id, user_id, tenant_id, document, version, address)
    VALUES (uuidv7(), p_user, p_tenant, p_document, p_version, p_address)
$f$;

CREATE FUNCTION my_consents() RETURNS TABLE (document text, version text, accepted_at timestamptz)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $f$
  SELECT c.document, c.version, c.accepted_at FROM public.consent c
  WHERE c.user_id = nullif(current_setting('portico.user_id', true), '')::uuid ORDER BY c.accepted_at DESC, c.document
$f$;

-- False if one of that kind is waiting already. The earlier export's file goes: there is one at a time.
CREATE FUNCTION data_request_open(p_id uuid, p_kind text, p_tenant uuid, p_locale text, p_wait interval) RETURNS boolean
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $f$
DECLARE who uuid := nullif(current_setting('portico.user_id', true), '')::uuid;
BEGIN
  UPDATE public.data_request r SET state = 'expired', file = NULL WHERE r.user_id = who AND r.kind = p_kind AND r.state = 'ready';
  INSERT INTO public.data_request (id, user_id, tenant_id, kind, locale, due_at)
    SELECT p_id, u.id, p_tenant, p_kind, p_locale, now() + p_wait FROM public.app_user u WHERE u.id = who
    ON CONFLICT DO NOTHING;
  RETURN FOUND;
END $f$;

CREATE FUNCTION my_data_requests() RETURNS TABLE (id uuid, kind text, state text, created_at timestamptz, due_at timestamptz,
  done integer, total integer, finished_at timestamptz, expires_at timestamptz, bytes integer)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $f$
  SELECT r.id, r.kind, r.state, r.created_at, r.due_at, r.done, r.total, r.finished_at, r.expires_at, length(r.file)
  FROM public.data_request r WHERE r.user_id = nullif(current_setting('portico.user_id', true), '')::uuid
  ORDER BY r.created_at DESC LIMIT 20
$f$;

CREATE FUNCTION my_data_file(p_id uuid) RETURNS bytea
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $f$
  SELECT r.file FROM public.data_request r WHERE r.id = p_id AND r.state = 'ready' AND r.expires_at > now()
    AND r.user_id = nullif(current_setting('portico.user_id', true), '')::uuid
$f$;

-- Takes back an erasure that has not begun. Who may, the caller has made sure of: the person, or their mailed link.
CREATE FUNCTION data_request_cancel(p_user uuid) RETURNS boolean
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $f$
BEGIN
  UPDATE public.data_request r SET state = 'cancelled', finished_at = now()
    WHERE r.user_id = p_user AND r.kind = 'erasure' AND r.state = 'waiting' AND r.lease IS NULL;
  RETURN FOUND;
END $f$;

CREATE FUNCTION data_request_take(p_lease interval, p_most integer) RETURNS TABLE (id uuid, user_id uuid, tenant_id uuid, kind text,
  locale text, email text, name text)
LANGUAGE sql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $f$
  UPDATE public.data_request r SET lease = now() + p_lease, attempts = r.attempts + 1 FROM public.app_user u
  WHERE u.id = r.user_id AND r.id = (
    SELECT d.id FROM public.data_request d WHERE d.state = 'waiting' AND d.due_at <= now() AND d.attempts < p_most
      AND (d.lease IS NULL OR d.lease < now()) ORDER BY d.due_at LIMIT 1 FOR UPDATE SKIP LOCKED)
  RETURNING r.id, r.user_id, r.tenant_id, r.kind, r.locale, u.email, u.name
$f$;

CREATE FUNCTION data_request_progress(p_id uuid, p_done integer, p_total integer, p_lease interval) RETURNS void
LANGUAGE sql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $f$
  UPDATE public.data_request SET done = p_done, total = p_total, lease = now() + p_lease WHERE id = p_id
$f$;

CREATE FUNCTION data_request_finish(p_id uuid, p_state text, p_file bytea, p_keep interval) RETURNS boolean
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $f$
BEGIN
  UPDATE public.data_request r SET state = p_state, file = p_file, finished_at = now(), expires_at = now() + p_keep, lease = NULL,
    done = r.total WHERE r.id = p_id AND r.state = 'waiting';
  RETURN FOUND;
END $f$;

-- Files that nobody fetched go, and so do requests that failed for good.
CREATE FUNCTION data_request_expire() RETURNS void
LANGUAGE sql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $f$
  UPDATE public.data_request SET state = 'expired', file = NULL WHERE state = 'ready' AND expires_at <= now();
  UPDATE public.data_request SET state = 'failed', finished_at = now() WHERE state = 'waiting' AND attempts >= 5 AND lease < now();
$f$;

CREATE FUNCTION person_companies(p_user uuid) RETURNS TABLE (tenant_id uuid, name text, slug text)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $f$
  SELECT t.id, t.name, t.slug FROM public.membership m JOIN public.tenant t ON t.id = m.tenant_id WHERE m.user_id = p_user ORDER BY t.name
$f$;

-- Every row of core's tables about a person. Which columns of it are told is said by the tables' marks.
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
  UNION ALL SELECT 'notification', to_jsonb(x) FROM public.notification x WHERE x.user_id = p_user
  UNION ALL SELECT 'idempotency_key', to_jsonb(x) FROM public.idempotency_key x WHERE x.user_id = p_user
  UNION ALL SELECT 'mail', to_jsonb(x) FROM public.mail x JOIN public.app_user u ON u.id = p_user AND x.recipient = u.email
  UNION ALL SELECT 'audit_entry', to_jsonb(x) FROM public.audit_entry x WHERE x.user_id = p_user
  UNION ALL SELECT 'event', to_jsonb(x) FROM public.event x WHERE x.user_id = p_user
  UNION ALL SELECT 'event', to_jsonb(x) FROM public.event x JOIN public.app_user u ON u.id = p_user
    JOIN public.account_member a ON a.tenant_id = x.tenant_id AND a.account_id = x.account_id AND a.user_id = p_user
    WHERE x.actor = u.name AND x.user_id IS DISTINCT FROM p_user
$f$;

-- Erases a person from core's tables: what is theirs goes; the account's row stays, with nothing of them in it, since what
-- is kept by law refers to it. Says how many rows were deleted or made empty.
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

-- Removes what a company does not keep any longer (NULL: of the apex). A mail that still waits is not old.
CREATE FUNCTION retain(p_tenant uuid, p_mails interval, p_notices interval, p_activity interval)
RETURNS TABLE (mails integer, notices integer, activity integer)
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $f$
BEGIN
  IF p_tenant IS DISTINCT FROM nullif(current_setting('portico.tenant_id', true), '')::uuid THEN
    RAISE EXCEPTION 'of another company';
  END IF;
  DELETE FROM public.mail x WHERE x.tenant_id IS NOT DISTINCT FROM p_tenant AND x.created_at < now() - p_mails AND x.status <> 'queued';
  GET DIAGNOSTICS mails = ROW_COUNT;
  DELETE FROM public.notification x WHERE x.tenant_id = p_tenant AND x.at < now() - p_notices;
  GET DIAGNOSTICS notices = ROW_COUNT;
  DELETE FROM public.event x WHERE x.tenant_id = p_tenant AND x.at < now() - p_activity;
  GET DIAGNOSTICS activity = ROW_COUNT;
  RETURN NEXT;
END $f$;
