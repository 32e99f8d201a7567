-- People, sessions and links: the only ways in and out of tables that no role can read.

-- Registration. Never tells whether the address was known: the caller gets the id and what to mail about.
CREATE FUNCTION user_register(p_email text, p_name text, p_hash text, p_locale text)
RETURNS TABLE (user_id uuid, known boolean, verified boolean)
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $f$
BEGIN
  INSERT INTO public.app_user (id, email, name, password_hash, locale)
    VALUES (uuidv7(), p_email, p_name, p_hash, p_locale) ON CONFLICT (email) DO NOTHING RETURNING id INTO user_id;
  known := user_id IS NULL;
  verified := false;
  IF known THEN
    SELECT u.id, u.email_verified_at IS NOT NULL INTO user_id, verified FROM public.app_user u WHERE u.email = p_email;
  END IF;
  RETURN NEXT;
END $f$;

CREATE FUNCTION user_credentials(p_email text)
RETURNS TABLE (user_id uuid, password_hash text, verified boolean, active boolean, name text, locale text, is_operator boolean)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $f$
  SELECT u.id, u.password_hash, u.email_verified_at IS NOT NULL, u.status = 'active', u.name, u.locale, u.is_operator
  FROM public.app_user u WHERE u.email = p_email
$f$;

CREATE FUNCTION user_set_password(p_user uuid, p_hash text) RETURNS void
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $f$
BEGIN
  UPDATE public.app_user SET password_hash = p_hash, updated_at = now() WHERE id = p_user;
END $f$;

CREATE FUNCTION user_token_create(p_user uuid, p_hash bytea, p_purpose text, p_ttl interval, p_data jsonb) RETURNS void
LANGUAGE sql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $f$
  INSERT INTO public.user_token (token_hash, user_id, purpose, expires_at, data)
    VALUES (p_hash, p_user, p_purpose, now() + p_ttl, p_data)
$f$;

-- Good once, also in parallel: a conditional update decides. A link to confirm carries the password that was chosen with
-- it, so that whoever registers somebody else's address in the meantime gains nothing; once confirmed, the others are dead.
CREATE FUNCTION user_token_use(p_hash bytea, p_purpose text) RETURNS TABLE (user_id uuid, email text, name text, locale text)
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $f$
DECLARE chosen jsonb;
BEGIN
  UPDATE public.user_token t SET used_at = now()
    WHERE t.token_hash = p_hash AND t.purpose = p_purpose AND t.used_at IS NULL AND t.expires_at > now()
      AND (p_purpose <> 'verify' OR EXISTS (SELECT 1 FROM public.app_user v WHERE v.id = t.user_id AND v.email_verified_at IS NULL))
    RETURNING t.user_id, t.data INTO user_id, chosen;
  IF user_id IS NULL THEN RETURN; END IF;
  UPDATE public.app_user u SET password_hash = coalesce(chosen->>'password_hash', u.password_hash),
      name = coalesce(chosen->>'name', u.name)
    WHERE u.id = user_token_use.user_id AND u.email_verified_at IS NULL AND p_purpose = 'verify';
  -- Whoever holds a link that was mailed has proved the address, whatever the link was for.
  UPDATE public.app_user u SET email_verified_at = coalesce(u.email_verified_at, now())
    WHERE u.id = user_token_use.user_id AND u.status = 'active' RETURNING u.email, u.name, u.locale INTO email, name, locale;
  IF email IS NULL THEN RETURN; END IF;
  DELETE FROM public.user_token t WHERE t.user_id = user_token_use.user_id AND t.purpose = p_purpose AND t.used_at IS NULL;
  RETURN NEXT;
END $f$;

CREATE FUNCTION user_token_peek(p_hash bytea, p_purpose text) RETURNS boolean
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $f$
  SELECT exists (SELECT 1 FROM public.user_token t WHERE t.token_hash = p_hash AND t.purpose = p_purpose
                 AND t.used_at IS NULL AND t.expires_at > now())
$f$;

CREATE FUNCTION session_create(p_user uuid, p_hash bytea, p_kind text, p_tenant uuid, p_ttl interval, p_address text, p_agent text)
RETURNS uuid
LANGUAGE sql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $f$
  INSERT INTO public.web_session (id, token_hash, user_id, kind, tenant_id, expires_at, address, user_agent)
  VALUES (uuidv7(), p_hash, p_user, p_kind, p_tenant, now() + p_ttl, p_address, left(p_agent, 300)) RETURNING id
$f$;

CREATE FUNCTION session_end(p_session uuid) RETURNS void
LANGUAGE sql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $f$
  DELETE FROM public.web_session WHERE id = p_session;
  SELECT pg_notify('portico_events', jsonb_build_object('kind', 'session.revoked', 'subject', jsonb_build_array('session', p_session))::text);
$f$;

-- Ends every session of a user but one (None: all): after a change of password, or when a user is disabled.
CREATE FUNCTION session_end_all(p_user uuid, p_but uuid) RETURNS integer
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $f$
DECLARE gone record; n integer := 0;
BEGIN
  FOR gone IN DELETE FROM public.web_session s WHERE s.user_id = p_user AND s.id IS DISTINCT FROM p_but RETURNING s.id LOOP
    PERFORM pg_notify('portico_events', jsonb_build_object('kind', 'session.revoked', 'subject', jsonb_build_array('session', gone.id))::text);
    n := n + 1;
  END LOOP;
  RETURN n;
END $f$;

-- Which of these open streams may go on, and what they were judged by: one query for all streams of a process.
CREATE FUNCTION sessions_alive(p_sessions uuid[], p_tenants uuid[])
RETURNS TABLE (session_id uuid, tenant_id uuid, fingerprint text)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $f$
  SELECT s.id, t.id, concat_ws('|', t.config_version, m.kind, m.status, m.roles::text,
    (SELECT string_agg(a.account_id::text, ',' ORDER BY a.account_id) FROM public.account_member a
     JOIN public.account c ON c.tenant_id = a.tenant_id AND c.id = a.account_id AND c.status = 'active'
     WHERE a.tenant_id = t.id AND a.user_id = u.id))
  FROM unnest(p_sessions, p_tenants) AS asked(session_id, tenant_id)
  JOIN public.web_session s ON s.id = asked.session_id
  JOIN public.app_user u ON u.id = s.user_id AND u.status = 'active'
  JOIN public.tenant t ON t.id = asked.tenant_id AND t.status = 'active'
  LEFT JOIN public.membership m ON m.tenant_id = t.id AND m.user_id = u.id
  WHERE s.expires_at > now()
    AND (s.kind = 'api' OR s.last_seen_at > now() - make_interval(mins => coalesce((t.settings->>'idle_minutes')::int, 30)))
$f$;

CREATE FUNCTION refresh_create(p_session uuid, p_hash bytea, p_ttl interval) RETURNS void
LANGUAGE sql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $f$
  INSERT INTO public.refresh_token (token_hash, session_id, expires_at) VALUES (p_hash, p_session, now() + p_ttl)
$f$;

-- Rotation. A second use of a used token means that it was stolen: the whole family ends. RFC 6819 §5.2.2.3.
CREATE FUNCTION refresh_use(p_hash bytea) RETURNS TABLE (session_id uuid, user_id uuid, tenant_id uuid, reused boolean)
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $f$
DECLARE found_session uuid;
BEGIN
  UPDATE public.refresh_token r SET used_at = now() WHERE r.token_hash = p_hash AND r.used_at IS NULL
    AND r.expires_at > now() RETURNING r.session_id INTO found_session;
  IF found_session IS NULL THEN
    SELECT r.session_id INTO found_session FROM public.refresh_token r WHERE r.token_hash = p_hash AND r.used_at IS NOT NULL;
    IF found_session IS NULL THEN RETURN; END IF;
    PERFORM public.session_end(found_session);
    session_id := found_session; reused := true; RETURN NEXT; RETURN;
  END IF;
  SELECT s.id, s.user_id, s.tenant_id, false INTO session_id, user_id, tenant_id, reused
    FROM public.web_session s JOIN public.app_user u ON u.id = s.user_id AND u.status = 'active'
    WHERE s.id = found_session AND s.expires_at > now();
  IF session_id IS NOT NULL THEN RETURN NEXT; END IF;
END $f$;

-- Counts a hit and says how many there were in this window; the caller commits it whatever becomes of the request.
CREATE FUNCTION rate_hit(p_key text, p_window interval) RETURNS integer
LANGUAGE sql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $f$
  INSERT INTO public.rate_window AS w (key, started_at, hits) VALUES (p_key, date_bin(p_window, now(), 'epoch'), 1)
  ON CONFLICT (key, started_at) DO UPDATE SET hits = w.hits + 1 RETURNING hits
$f$;
CREATE FUNCTION rate_forget(p_key text) RETURNS void
LANGUAGE sql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $f$
  DELETE FROM public.rate_window WHERE key = p_key
$f$;

-- A person's companies, across tenants, for the person alone: the id comes from the scope, not from the caller.
CREATE FUNCTION my_memberships() RETURNS TABLE (membership_id uuid, tenant_id uuid, slug text, host text, name text, brand jsonb,
  theme text, kind text, status text, last_activity_at timestamptz)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $f$
  SELECT m.id, t.id, t.slug, t.host, t.name, t.brand #- '{logo,data}' #- '{logo,favicon}', t.theme, m.kind, m.status, m.last_activity_at
  FROM public.membership m JOIN public.tenant t ON t.id = m.tenant_id AND t.status = 'active'
  WHERE m.user_id = nullif(current_setting('portico.user_id', true), '')::uuid ORDER BY m.last_activity_at DESC NULLS LAST, t.name
$f$;

-- The person asks a company for entry. Staff decide, or a matching claim code lets them in (see membership_claim).
CREATE FUNCTION membership_request(p_tenant uuid, p_claim text) RETURNS text
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $f$
DECLARE person public.app_user; accepts text; result text;
BEGIN
  SELECT * INTO person FROM public.app_user u WHERE u.id = nullif(current_setting('portico.user_id', true), '')::uuid
    AND u.email_verified_at IS NOT NULL;
  SELECT t.signup INTO accepts FROM public.tenant t WHERE t.id = p_tenant AND t.status = 'active';
  IF person.id IS NULL OR accepts IS NULL OR accepts = 'closed' THEN RETURN 'refused'; END IF;
  INSERT INTO public.membership (tenant_id, id, user_id, kind, roles, status, display_name, email, locale, claim)
    VALUES (p_tenant, uuidv7(), person.id, 'customer', '{customer}', 'pending', person.name, person.email, person.locale, p_claim)
    ON CONFLICT (tenant_id, user_id) DO UPDATE SET claim = excluded.claim,
      status = CASE WHEN membership.status = 'inactive' THEN 'pending' ELSE membership.status END
    RETURNING membership.status INTO result;
  RETURN result;
END $f$;

CREATE FUNCTION membership_leave(p_tenant uuid) RETURNS boolean
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $f$
BEGIN
  UPDATE public.membership SET status = 'inactive', updated_at = now() WHERE tenant_id = p_tenant
    AND user_id = nullif(current_setting('portico.user_id', true), '')::uuid AND status <> 'inactive';
  RETURN FOUND;
END $f$;

-- Staff invite or set up somebody who may not have a login yet. Runs for the company in scope only.
CREATE FUNCTION member_provision(p_email text, p_name text) RETURNS uuid
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $f$
DECLARE found uuid;
BEGIN
  INSERT INTO public.app_user (id, email, name) VALUES (uuidv7(), p_email, p_name)
    ON CONFLICT (email) DO NOTHING RETURNING id INTO found;
  IF found IS NULL THEN SELECT u.id INTO found FROM public.app_user u WHERE u.email = p_email; END IF;
  RETURN found;
END $f$;

-- Commands of the person who runs the installation (never reachable from a request): the owner login calls them.
CREATE FUNCTION user_create_verified(p_email text, p_name text, p_hash text, p_operator boolean, p_locale text) RETURNS uuid
LANGUAGE sql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $f$
  INSERT INTO public.app_user (id, email, name, password_hash, email_verified_at, is_operator, locale)
  VALUES (uuidv7(), p_email, p_name, p_hash, now(), p_operator, p_locale)
  ON CONFLICT (email) DO UPDATE SET name = excluded.name, locale = coalesce(excluded.locale, app_user.locale), password_hash = excluded.password_hash,
    email_verified_at = coalesce(app_user.email_verified_at, now()), is_operator = excluded.is_operator RETURNING id
$f$;

-- What operators see across companies, one named function each.
CREATE FUNCTION operator_overview() RETURNS TABLE (tenant_id uuid, customers bigint, staff bigint, pending bigint, last_activity_at timestamptz)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $f$
  SELECT t.id, count(m.id) FILTER (WHERE m.kind = 'customer' AND m.status = 'active'),
    count(m.id) FILTER (WHERE m.kind = 'staff' AND m.status = 'active'),
    count(m.id) FILTER (WHERE m.status = 'pending'), max(m.last_activity_at)
  FROM public.tenant t LEFT JOIN public.membership m ON m.tenant_id = t.id GROUP BY t.id
$f$;

-- A membership holds the company's own copy of name, address and language: it follows the person's record.
CREATE FUNCTION copy_to_memberships() RETURNS trigger LANGUAGE plpgsql
SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $f$
BEGIN
  UPDATE public.membership SET display_name = NEW.name, email = NEW.email, locale = NEW.locale WHERE user_id = NEW.id;
  RETURN NULL;
END $f$;
CREATE TRIGGER copy_to_memberships AFTER UPDATE OF name, email, locale ON app_user FOR EACH ROW
  WHEN ((OLD.name, OLD.email, OLD.locale) IS DISTINCT FROM (NEW.name, NEW.email, NEW.locale))
  EXECUTE FUNCTION copy_to_memberships();
