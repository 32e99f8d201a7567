-- Sessions, devices, a change of address, personal tokens: more doors to tables that no role can read.

-- A browser that a person has signed in with, by its country ('' unknown). No row: nobody to be told, or a second factor
-- is still to be shown. `known`: seen before; `others`: how many others there were; `place_known`: no reason to wonder.
CREATE FUNCTION device_seen(p_user uuid, p_hash bytea, p_agent text, p_place text, p_second_factor boolean)
RETURNS TABLE (known boolean, others integer, place_known boolean, email text, name text, locale text)
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $f$
BEGIN
  SELECT u.email, u.name, u.locale INTO email, name, locale FROM public.app_user u
    WHERE u.id = p_user AND u.status = 'active' AND (p_second_factor OR u.factors = 0);
  IF NOT FOUND THEN RETURN; END IF;
  SELECT count(*)::int, p_place = '' OR count(*) FILTER (WHERE d.place <> '') = 0 OR coalesce(bool_or(d.place = p_place), false)
    INTO others, place_known FROM public.user_device d WHERE d.user_id = p_user;
  INSERT INTO public.user_device AS d (user_id, device_hash, user_agent, place) VALUES (p_user, p_hash, left(p_agent, 300), p_place)
    ON CONFLICT (user_id, device_hash) DO UPDATE
      SET last_seen_at = now(), user_agent = excluded.user_agent, place = coalesce(nullif(excluded.place, ''), d.place)
    RETURNING d.first_seen_at < now() INTO known;
  IF known THEN others := others - 1; END IF;
  RETURN NEXT;
END $f$;

-- Every other browser and program of the person in scope; personal tokens are ended one by one.
CREATE FUNCTION my_other_sessions_end(p_but uuid) RETURNS integer
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $f$
DECLARE gone record; n integer := 0;
BEGIN
  FOR gone IN SELECT s.id FROM public.web_session s WHERE s.user_id = nullif(current_setting('portico.user_id', true), '')::uuid
      AND s.kind IN ('browser', 'api') AND s.id IS DISTINCT FROM p_but FOR UPDATE LOOP
    PERFORM public.session_end(gone.id);
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
    AND (s.kind = 'api' OR (s.last_seen_at > now() - make_interval(mins => coalesce((t.settings->>'idle_minutes')::int, 30))
      AND s.created_at > now() - make_interval(hours => coalesce((t.settings->>'session_hours')::int, 720))))
$f$;

-- A new address by a link that was mailed to it: once, to the person in scope alone, and only while nobody else has it.
-- Links that were mailed to the old address are dead with it.
CREATE FUNCTION email_change(p_hash bytea) RETURNS TABLE (old_email text, new_email text, name text)
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $f$
DECLARE who uuid := nullif(current_setting('portico.user_id', true), '')::uuid;
BEGIN
  UPDATE public.user_token t SET used_at = now()
    WHERE t.token_hash = p_hash AND t.purpose = 'email' AND t.user_id = who AND t.used_at IS NULL AND t.expires_at > now()
    RETURNING t.data->>'email' INTO new_email;
  IF new_email IS NULL OR EXISTS (SELECT 1 FROM public.app_user u WHERE u.email = new_email) THEN RETURN; END IF;
  SELECT u.email, u.name INTO old_email, name FROM public.app_user u WHERE u.id = who FOR UPDATE;
  UPDATE public.app_user u SET email = new_email, email_verified_at = now(), updated_at = now() WHERE u.id = who;
  DELETE FROM public.user_token t WHERE t.user_id = who AND t.used_at IS NULL;
  RETURN NEXT;
EXCEPTION WHEN unique_violation THEN RETURN;  -- somebody else took the address in this moment
END $f$;

-- A command of the person who runs the installation, for somebody who lost every factor. All sessions end.
CREATE FUNCTION factors_reset(p_email text) RETURNS TABLE (user_id uuid, name text, locale text)
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $f$
BEGIN
  SELECT u.id, u.name, u.locale INTO user_id, name, locale FROM public.app_user u WHERE u.email = p_email;
  IF NOT FOUND THEN RETURN; END IF;
  DELETE FROM public.user_factor f WHERE f.user_id = factors_reset.user_id;
  DELETE FROM public.recovery_code r WHERE r.user_id = factors_reset.user_id;
  PERFORM public.session_end_all(factors_reset.user_id, NULL);
  RETURN NEXT;
END $f$;

-- A personal token of the person in scope, for one company. Last seen before it was made: it was never used.
CREATE FUNCTION personal_token_open(p_id uuid, p_hash bytea, p_tenant uuid, p_ttl interval, p_address text, p_second_factor boolean,
  p_scopes text[], p_name text) RETURNS void
LANGUAGE sql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $f$
  INSERT INTO public.web_session (id, token_hash, user_id, kind, tenant_id, last_seen_at, expires_at, address, methods, second_factor,
    scopes, name)
  SELECT p_id, p_hash, u.id, 'personal', p_tenant, now() - interval '1 day', now() + p_ttl, p_address, '{personal}', p_second_factor,
    p_scopes, p_name
  FROM public.app_user u WHERE u.id = nullif(current_setting('portico.user_id', true), '')::uuid
$f$;
