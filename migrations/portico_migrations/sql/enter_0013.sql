-- One round trip opens a request: session, company, membership and the session's own gate are resolved, the scope is set
-- for the transaction. Takes the place of 0011's and 0012's: a customer's role and reach in each of their organisations come along,
-- as `places`, and set what opens rows to them (`portico.keys`) and which organisations are theirs to run (`portico.owned`).
--
-- p_token: SHA-256 of a browser's cookie or of a personal API token (p_kind says which); p_session: id of an API session
-- whose signed access token was verified.
-- p_known: the configuration version that the calling process holds; the snapshot is returned only if it differs.
-- p_strict: whoever runs the installation needs a second factor (everywhere but in the demo).
--
-- gate: '' nothing is in the way; 'sso' staff of this company come in by its own sign-in alone;
-- 'second-factor' the password (or link) was right and the second factor is still to be
-- shown: nobody is signed in, pending_user says who may become so; 'enrol' the company (or the installation) demands a
-- second factor of somebody who has none: signed in as themselves, but no member and no operator until it is set up.
-- It sits here, so that no page, API, stream or download can forget it.
CREATE FUNCTION enter_definer(p_token bytea, p_session uuid, p_kind text, p_host text, p_slug text, p_known bigint, p_strict boolean)
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
      WHERE s.id = p_session AND s.kind = 'api' AND s.expires_at > now();
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

-- The invoker's half: takes on the role that the policies are written for.
CREATE FUNCTION enter(p_token bytea, p_session uuid, p_kind text, p_host text, p_slug text, p_known bigint, p_strict boolean)
RETURNS TABLE (tenant_id uuid, config_version bigint, snapshot jsonb, session_id uuid, user_id uuid, user_name text,
  user_email text, user_locale text, colour_mode text, is_operator boolean, second_factor boolean,
  member_kind text, roles text[], places jsonb, gate text, pending_user uuid, elevated_at timestamptz,
  session_kind text, session_scopes text[], actor_id uuid, session_methods text[], actor_name text, actor_email text,
  actor_roles text[])
LANGUAGE plpgsql VOLATILE SECURITY INVOKER SET search_path = pg_catalog, pg_temp AS $f$
BEGIN
  SELECT e.* INTO tenant_id, config_version, snapshot, session_id, user_id, user_name, user_email, user_locale,
      colour_mode, is_operator, second_factor, member_kind, roles, places, gate, pending_user, elevated_at, session_kind,
      session_scopes, actor_id, session_methods, actor_name, actor_email, actor_roles
    FROM public.enter_definer(p_token, p_session, p_kind, p_host, p_slug, p_known, p_strict) e;
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
