-- A program that signed in with a password lives no longer than the company lets any session live: `enter`, the renewal of
-- its tokens and its open streams all look at when it signed in. Takes the place of 0013's half of `enter` and of its streams.
-- Personal tokens have an end of their own.
CREATE OR REPLACE FUNCTION enter_definer(p_token bytea, p_session uuid, p_kind text, p_host text, p_slug text, p_known bigint, p_strict boolean)
RETURNS TABLE (tenant_id uuid, config_version bigint, snapshot jsonb, session_id uuid, user_id uuid, user_name text,
  user_email text, user_locale text, colour_mode text, is_operator boolean, second_factor boolean,
  member_kind text, roles text[], places jsonb, gate text, pending_user uuid, elevated_at timestamptz,
  session_kind text, session_scopes text[], actor_id uuid, session_methods text[], actor_name text, actor_email text,
  actor_roles text[])
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $f$
DECLARE
  found record; member uuid; rules jsonb := '{}'; accounts uuid[]; keys uuid[]; owned uuid[]; by_site boolean;
  apex_idle constant interval := interval '30 minutes'; apex_longest constant interval := interval '30 days';
  idle interval; longest interval;
BEGIN
  gate := '';
  IF p_slug IS NOT NULL THEN
    SELECT t.id, t.config_version, t.settings INTO tenant_id, config_version, rules FROM public.tenant t
      WHERE t.slug = p_slug AND t.status = 'active';
  ELSIF p_host IS NOT NULL THEN
    SELECT t.id, t.config_version, t.settings INTO tenant_id, config_version, rules FROM public.tenant t
      WHERE t.host = p_host AND t.status = 'active';
  END IF;
  PERFORM set_config('portico.tenant_id', coalesce(tenant_id::text, ''), true), set_config('portico.user_id', '', true),
          set_config('portico.accounts', '{}', true), set_config('portico.keys', '{}', true), set_config('portico.owned', '{}', true);
  IF (p_slug IS NOT NULL OR p_host IS NOT NULL) AND tenant_id IS NULL THEN RETURN; END IF;
  IF tenant_id IS NOT NULL AND config_version IS DISTINCT FROM p_known THEN
    snapshot := public.tenant_snapshot(tenant_id);
  END IF;
  idle := coalesce(make_interval(mins => (rules->>'idle_minutes')::int), apex_idle);
  longest := coalesce(make_interval(hours => (rules->>'session_hours')::int), apex_longest);
  IF p_token IS NULL AND p_session IS NULL THEN RETURN NEXT; RETURN; END IF;
  IF p_token IS NOT NULL THEN
    SELECT s.id, s.user_id, s.kind, s.second_factor, s.last_seen_at, s.tenant_id AS bound, s.elevated_at, s.scopes, s.methods,
        s.actor_id, u.name, u.email, u.locale, u.colour_mode, u.is_operator, u.factors INTO found
      FROM public.web_session s JOIN public.app_user u ON u.id = s.user_id AND u.status = 'active'
      WHERE s.token_hash = p_token AND s.kind = p_kind AND s.expires_at > now()
        AND (s.kind <> 'browser' OR (s.last_seen_at > now() - idle AND s.created_at > now() - longest));
  ELSE
    SELECT s.id, s.user_id, s.kind, s.second_factor, s.last_seen_at, s.tenant_id AS bound, s.elevated_at, s.scopes, s.methods,
        s.actor_id, u.name, u.email, u.locale, u.colour_mode, u.is_operator, u.factors INTO found
      FROM public.web_session s JOIN public.app_user u ON u.id = s.user_id AND u.status = 'active'
      WHERE s.id = p_session AND s.kind = 'api' AND s.expires_at > now() AND s.created_at > now() - longest;
  END IF;
  IF found.id IS NULL OR (found.bound IS NOT NULL AND found.bound IS DISTINCT FROM tenant_id) THEN
    RETURN NEXT; RETURN;  -- nobody; a session of one company is nothing in another
  END IF;
  -- Whoever looks as somebody else does so as long as they are staff of this company themselves, and no operator.
  IF found.actor_id IS NOT NULL THEN
    SELECT u.name, u.email, m.roles INTO actor_name, actor_email, actor_roles
      FROM public.membership m JOIN public.app_user u ON u.id = m.user_id AND u.status = 'active'
      WHERE m.tenant_id = enter_definer.tenant_id AND m.user_id = found.actor_id AND m.kind = 'staff' AND m.status = 'active';
    IF actor_email IS NULL THEN RETURN NEXT; RETURN; END IF;
  END IF;
  session_methods := found.methods;
  session_id := found.id; session_kind := found.kind; session_scopes := found.scopes; second_factor := found.second_factor;
  elevated_at := found.elevated_at; user_locale := found.locale; colour_mode := found.colour_mode; actor_id := found.actor_id;
  -- A company's own sign-in (methods has 'sso') is good in that company alone, and the company answers for its factors.
  IF found.factors > 0 AND NOT found.second_factor AND NOT found.methods && '{sso,personal,see-as}' THEN
    gate := 'second-factor'; pending_user := found.user_id;
    RETURN NEXT; RETURN;
  END IF;
  user_id := found.user_id; user_name := found.name; user_email := found.email;
  is_operator := found.is_operator AND NOT found.methods && '{sso,see-as}';  -- what a company controls makes nobody an operator
  IF is_operator AND p_strict AND NOT second_factor AND tenant_id IS NULL THEN
    is_operator := false; gate := 'enrol';
  END IF;
  IF tenant_id IS NOT NULL THEN
    SELECT m.id, m.kind, m.roles INTO member, member_kind, roles FROM public.membership m
      WHERE m.tenant_id = enter_definer.tenant_id AND m.user_id = enter_definer.user_id AND m.status = 'active';
    IF member IS NOT NULL AND NOT second_factor AND NOT found.methods && '{sso,see-as}'
        AND jsonb_exists_any(coalesce(rules->'second_factor', '[]'), roles) THEN
      member := NULL; member_kind := NULL; roles := NULL; gate := 'enrol';
    END IF;
    -- A company may bind its staff to its own sign-in: by any other way they are themselves here, and no member.
    IF member_kind = 'staff' AND coalesce((rules->>'sso_staff_must')::boolean, false) AND NOT found.methods && '{sso}' THEN
      member := NULL; member_kind := NULL; roles := NULL; gate := 'sso';
    END IF;
    IF member_kind = 'customer' THEN
      SELECT array_agg(a.account_id), array_agg(a.account_id) FILTER (WHERE a.reach = 'all'),
          array_agg(a.account_id) FILTER (WHERE a.role = 'owner'), bool_or(a.reach = 'site'),
          jsonb_agg(jsonb_build_object('account', a.account_id, 'role', a.role, 'reach', a.reach, 'sites', a.site_ids)
            ORDER BY a.created_at, a.id)
        INTO accounts, keys, owned, by_site, places
        FROM public.account_member a JOIN public.account c ON c.tenant_id = a.tenant_id AND c.id = a.account_id
        WHERE a.tenant_id = enter_definer.tenant_id AND a.user_id = enter_definer.user_id AND c.status = 'active';
      IF accounts IS NOT NULL THEN
        keys := user_id || coalesce(keys, '{}');
      END IF;
      IF by_site THEN
        SELECT keys || array_agg(s.id) INTO keys FROM public.account_member a CROSS JOIN unnest(a.site_ids) AS s(id)
          WHERE a.tenant_id = enter_definer.tenant_id AND a.user_id = enter_definer.user_id AND a.reach = 'site'
            AND a.account_id = any(accounts);
      END IF;
    END IF;
  END IF;
  PERFORM set_config('portico.user_id', user_id::text, true), set_config('portico.accounts', coalesce(accounts::text, '{}'), true),
          set_config('portico.keys', coalesce(keys::text, '{}'), true), set_config('portico.owned', coalesce(owned::text, '{}'), true);
  IF found.last_seen_at < now() - interval '1 minute' THEN
    UPDATE public.web_session w SET last_seen_at = now()
      WHERE w.id = (SELECT x.id FROM public.web_session x WHERE x.id = session_id FOR UPDATE SKIP LOCKED);
    IF member IS NOT NULL AND actor_id IS NULL THEN
      UPDATE public.membership m SET last_activity_at = now() WHERE m.tenant_id = enter_definer.tenant_id
        AND m.id = (SELECT x.id FROM public.membership x WHERE x.tenant_id = enter_definer.tenant_id
                    AND x.id = member FOR UPDATE SKIP LOCKED);
    END IF;
  END IF;
  RETURN NEXT;
END $f$;

-- Which of these open streams may go on, and what they were judged by: one query for all streams of a process.
CREATE OR REPLACE FUNCTION sessions_alive(p_sessions uuid[], p_tenants uuid[])
RETURNS TABLE (session_id uuid, tenant_id uuid, fingerprint text)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $f$
  SELECT s.id, t.id, concat_ws('|', t.config_version, m.kind, m.status, m.roles::text,
    (SELECT string_agg(concat_ws(':', a.account_id, a.role, a.reach, a.site_ids::text), ',' ORDER BY a.account_id) FROM public.account_member a
     JOIN public.account c ON c.tenant_id = a.tenant_id AND c.id = a.account_id AND c.status = 'active'
     WHERE a.tenant_id = t.id AND a.user_id = u.id))
  FROM unnest(p_sessions, p_tenants) AS asked(session_id, tenant_id)
  JOIN public.web_session s ON s.id = asked.session_id
  JOIN public.app_user u ON u.id = s.user_id AND u.status = 'active'
  JOIN public.tenant t ON t.id = asked.tenant_id AND t.status = 'active'
  LEFT JOIN public.membership m ON m.tenant_id = t.id AND m.user_id = u.id
  WHERE s.expires_at > now()
    AND (s.kind = 'api' OR s.last_seen_at > now() - make_interval(mins => coalesce((t.settings->>'idle_minutes')::int, 30)))
    AND s.created_at > now() - make_interval(hours => coalesce((t.settings->>'session_hours')::int, 720))
$f$;

-- Rotation. A second use of a used token means that it was stolen: the whole family ends. RFC 6819 §5.2.2.3.
CREATE OR REPLACE FUNCTION refresh_use(p_hash bytea) RETURNS TABLE (session_id uuid, user_id uuid, tenant_id uuid, reused boolean)
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
      LEFT JOIN public.tenant t ON t.id = s.tenant_id
    WHERE s.id = found_session AND s.expires_at > now()
      AND s.created_at > now() - make_interval(hours => coalesce((t.settings->>'session_hours')::int, 720));
  IF session_id IS NOT NULL THEN RETURN NEXT; END IF;
END $f$;
