-- Which of these open streams may go on, and what they were judged by: one query for all streams of a process.
CREATE FUNCTION sessions_alive(p_sessions uuid[], p_tenants uuid[])
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
    AND (s.kind = 'api' OR (s.last_seen_at > now() - make_interval(mins => coalesce((t.settings->>'idle_minutes')::int, 30))
      AND s.created_at > now() - make_interval(hours => coalesce((t.settings->>'session_hours')::int, 720))))
$f$;
