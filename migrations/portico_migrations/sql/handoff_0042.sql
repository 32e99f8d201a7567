-- People sign in at the portal's own host alone, and go on from there to a company's own (docs/decisions/0028). Takes the place of
-- 0036's, 0039's and 0041's.

-- What keeps this session of the person in scope from going on at the company in scope, as `handoff_standing` has it; '' nothing.
CREATE FUNCTION handoff_target(p_session uuid) RETURNS text
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $f$
  SELECT public.handoff_standing(s.user_id, nullif(current_setting('portico.tenant_id', true), '')::uuid, s.second_factor, s.created_at)
  FROM public.web_session s
  WHERE s.id = p_session AND s.user_id = nullif(current_setting('portico.user_id', true), '')::uuid
$f$;

-- A code for the company in scope at its own host, from the person's own session: never from one that a company made or that was
-- itself handed over, and so never from one of a company's own host. '' it was made; else why not.
CREATE FUNCTION handoff_begin(p_session uuid, p_hash bytea, p_host text, p_challenge text, p_ttl interval) RETURNS text
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $f$
DECLARE
  who uuid := nullif(current_setting('portico.user_id', true), '')::uuid;
  here uuid := nullif(current_setting('portico.tenant_id', true), '')::uuid;
  origin public.web_session; standing text;
BEGIN
  SELECT s.* INTO origin FROM public.web_session s JOIN public.app_user u ON u.id = s.user_id AND u.status = 'active'
    WHERE s.id = p_session AND s.user_id = who AND s.kind = 'browser' AND s.tenant_id IS NULL AND s.actor_id IS NULL
      AND NOT s.methods && '{sso,see-as,handoff}' AND s.expires_at > now();
  IF origin.id IS NULL THEN RETURN 'code'; END IF;
  SELECT public.handoff_standing(origin.user_id, t.id, origin.second_factor, origin.created_at) INTO standing
    FROM public.tenant t WHERE t.id = here AND t.status = 'active' AND t.host = p_host;
  IF standing = '' THEN
    INSERT INTO public.ceremony (handle_hash, purpose, user_id, session_id, tenant_id, data, expires_at)
    VALUES (p_hash, 'handoff', origin.user_id, origin.id, here, jsonb_build_object('host', p_host, 'challenge', p_challenge), now() + p_ttl);
  END IF;
  RETURN coalesce(standing, 'code');
END $f$;

-- The code is used, by one statement that takes it away: at its company, at its host, by the browser that asked for it, once, and
-- only while the session is there that it came from (the row goes with it). A session of this company alone is made, which ends
-- with that one and brings its last proof along. live: there was such a code, whether or not it was for here.
CREATE FUNCTION handoff_take(p_hash bytea, p_challenge text, p_host text, p_token bytea, p_address text, p_agent text, p_place text)
RETURNS TABLE (standing text, live boolean, session_id uuid, user_id uuid, email text)
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $f$
DECLARE here uuid := nullif(current_setting('portico.tenant_id', true), '')::uuid; origin public.web_session; active boolean;
BEGIN
  SELECT s.* INTO origin FROM public.web_session s WHERE s.expires_at > now() AND s.id = (SELECT c.session_id FROM public.ceremony c
    WHERE c.handle_hash = p_hash AND c.purpose = 'handoff' AND c.expires_at > now()) FOR KEY SHARE;
  live := origin.id IS NOT NULL;
  DELETE FROM public.ceremony c WHERE c.handle_hash = p_hash AND c.session_id = origin.id AND c.tenant_id = here
    AND c.data->>'challenge' = p_challenge AND c.data->>'host' = p_host;
  IF NOT FOUND THEN standing := 'code'; RETURN NEXT; RETURN; END IF;
  SELECT u.id, u.email, u.status = 'active' INTO user_id, email, active FROM public.app_user u WHERE u.id = origin.user_id;
  standing := CASE WHEN active THEN public.handoff_standing(user_id, here, origin.second_factor, origin.created_at) ELSE 'disabled' END;
  IF standing = '' THEN
    INSERT INTO public.web_session (id, token_hash, user_id, kind, tenant_id, created_at, expires_at, second_factor, address, user_agent,
      methods, place, elevated_at, origin_id, host)
    VALUES (uuidv7(), p_token, origin.user_id, 'browser', here, origin.created_at, origin.expires_at, origin.second_factor, p_address,
      left(p_agent, 300), origin.methods || '{handoff}', p_place, origin.elevated_at, origin.id, p_host)
    RETURNING id INTO session_id;
  END IF;
  RETURN NEXT;
END $f$;
