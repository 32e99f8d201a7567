-- Somebody who is signed in on one host goes on at a company that has another one, without signing in again
-- (docs/decisions/0028).

-- Whose end is told to whoever holds a stream of it open, however it came: with its origin, by a reset, by an erasure.
CREATE FUNCTION session_went() RETURNS trigger LANGUAGE plpgsql
SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $f$
BEGIN
  PERFORM pg_notify('portico_events', jsonb_build_object('kind', 'session.revoked', 'subject', jsonb_build_array('session', OLD.id))::text);
  RETURN NULL;
END $f$;
CREATE TRIGGER went AFTER DELETE ON web_session FOR EACH ROW WHEN (OLD.origin_id IS NOT NULL) EXECUTE FUNCTION session_went();

-- What keeps a session of this person from going on at this company: 'barred' staff there ended the membership, 'sso' staff come in
-- by the company's own sign-in alone, 'factor' their role needs a second factor that the session did not show, 'old' signed in
-- longer ago than the company lets anybody stay; '' nothing.
CREATE FUNCTION handoff_standing(p_user uuid, p_tenant uuid, p_second_factor boolean, p_since timestamptz) RETURNS text
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $f$
  SELECT CASE
    WHEN m.status = 'inactive' AND m.barred THEN 'barred'
    WHEN m.status = 'active' AND m.kind = 'staff' AND coalesce((t.settings->>'sso_staff_must')::boolean, false) THEN 'sso'
    WHEN m.status = 'active' AND NOT p_second_factor AND (jsonb_exists_any(coalesce(t.settings->'second_factor', '[]'), m.roles)
      OR m.kind = 'customer' AND EXISTS (SELECT FROM public.account_member a
        JOIN public.account c ON (c.tenant_id, c.id) = (a.tenant_id, a.account_id) AND c.status = 'active'
        WHERE a.tenant_id = t.id AND a.user_id = m.user_id AND jsonb_exists(t.settings->'second_factor', a.role))) THEN 'factor'
    WHEN p_since <= now() - make_interval(hours => coalesce((t.settings->>'session_hours')::int, 720)) THEN 'old'
    ELSE '' END
  FROM public.tenant t LEFT JOIN public.membership m ON m.tenant_id = t.id AND m.user_id = p_user WHERE t.id = p_tenant
$f$;

-- The company that the person in scope wants to go on to, and what keeps this session of theirs from it.
CREATE FUNCTION handoff_target(p_session uuid, p_slug text) RETURNS TABLE (tenant_id uuid, name text, slug text, host text, standing text)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $f$
  SELECT t.id, t.name, t.slug, t.host, public.handoff_standing(s.user_id, t.id, s.second_factor, s.created_at)
  FROM public.tenant t
  JOIN public.web_session s ON s.id = p_session AND s.user_id = nullif(current_setting('portico.user_id', true), '')::uuid
  WHERE t.slug = p_slug AND t.status = 'active'
$f$;

-- A code for the company and the host, from the person's own session: never from one that a company made, nor from one that was
-- itself handed over. p_idle, p_longest: the limits where it came from, which it does not outlive. '' it was made; else why not.
CREATE FUNCTION handoff_begin(p_session uuid, p_hash bytea, p_tenant uuid, p_host text, p_data jsonb, p_ttl interval, p_idle integer,
  p_longest interval) RETURNS text
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $f$
DECLARE who uuid := nullif(current_setting('portico.user_id', true), '')::uuid; origin public.web_session; standing text;
BEGIN
  SELECT s.* INTO origin FROM public.web_session s JOIN public.app_user u ON u.id = s.user_id AND u.status = 'active'
    WHERE s.id = p_session AND s.user_id = who AND s.kind = 'browser' AND s.tenant_id IS NULL AND s.actor_id IS NULL
      AND NOT s.methods && '{sso,see-as,handoff}' AND s.expires_at > now();
  IF origin.id IS NULL THEN RETURN 'code'; END IF;
  SELECT public.handoff_standing(origin.user_id, t.id, origin.second_factor, origin.created_at) INTO standing
    FROM public.tenant t WHERE t.id = p_tenant AND t.status = 'active' AND t.host IS NOT DISTINCT FROM p_host;
  IF standing = '' THEN
    INSERT INTO public.ceremony (handle_hash, purpose, user_id, session_id, tenant_id, data, expires_at)
    VALUES (p_hash, 'handoff', origin.user_id, origin.id, p_tenant, p_data || jsonb_build_object('host', p_host, 'idle', p_idle,
      'until', least(origin.expires_at, origin.created_at + p_longest)), now() + p_ttl);
  END IF;
  RETURN coalesce(standing, 'code');
END $f$;

-- The code is used, by one statement that takes it away: at its company, at its host, by the browser that asked for it, once, and
-- only while the session is there that it came from (the row goes with it). A session of this company alone is made.
CREATE FUNCTION handoff_take(p_hash bytea, p_challenge text, p_host text, p_token bytea, p_address text, p_agent text, p_place text)
RETURNS TABLE (standing text, session_id uuid, user_id uuid, email text, name text, data jsonb)
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $f$
DECLARE here uuid := nullif(current_setting('portico.tenant_id', true), '')::uuid; origin public.web_session; active boolean;
BEGIN
  SELECT s.* INTO origin FROM public.web_session s WHERE s.expires_at > now()
    AND s.id = (SELECT c.session_id FROM public.ceremony c WHERE c.handle_hash = p_hash AND c.purpose = 'handoff') FOR KEY SHARE;
  DELETE FROM public.ceremony c WHERE c.handle_hash = p_hash AND c.purpose = 'handoff' AND c.expires_at > now() AND c.tenant_id = here
      AND c.session_id = origin.id AND c.data->>'challenge' = p_challenge AND c.data->>'host' IS NOT DISTINCT FROM p_host
    RETURNING c.data INTO handoff_take.data;
  IF handoff_take.data IS NULL THEN standing := 'code'; RETURN NEXT; RETURN; END IF;
  SELECT u.id, u.email, u.name, u.status = 'active' INTO user_id, email, name, active FROM public.app_user u WHERE u.id = origin.user_id;
  standing := CASE WHEN active THEN public.handoff_standing(user_id, here, origin.second_factor, origin.created_at) ELSE 'disabled' END;
  IF standing = '' THEN
    INSERT INTO public.web_session (id, token_hash, user_id, kind, tenant_id, created_at, expires_at, second_factor, address, user_agent,
      methods, place, elevated_at, origin_id, idle_minutes)
    VALUES (uuidv7(), p_token, origin.user_id, 'browser', here, origin.created_at,
      least(origin.expires_at, (handoff_take.data->>'until')::timestamptz), origin.second_factor, p_address, left(p_agent, 300),
      origin.methods || '{handoff}', p_place, NULL, origin.id, (handoff_take.data->>'idle')::int)
    RETURNING id INTO session_id;
  END IF;
  RETURN NEXT;
END $f$;

-- Where a company is that somebody says they are signed in at; no row: there is none.
CREATE FUNCTION handoff_home(p_slug text) RETURNS TABLE (slug text, host text)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $f$
  SELECT t.slug, t.host FROM public.tenant t WHERE t.slug = p_slug AND t.status = 'active'
$f$;

-- Signing out: where it was handed over from, too, and so everywhere that it went.
CREATE FUNCTION session_sign_out(p_session uuid) RETURNS void
LANGUAGE sql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $f$
  SELECT public.session_end(coalesce((SELECT s.origin_id FROM public.web_session s WHERE s.id = p_session), p_session))
$f$;
