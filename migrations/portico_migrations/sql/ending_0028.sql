-- What ends with a person's place and with their sessions: invitations that still name them, and views that they opened.

-- Takes the place of 0027's: an open invitation to the organisation would bring back who left, as something else.
CREATE OR REPLACE FUNCTION account_leave(p_account uuid) RETURNS boolean
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $f$
DECLARE
  here uuid := nullif(current_setting('portico.tenant_id', true), '')::uuid;
  who uuid := nullif(current_setting('portico.user_id', true), '')::uuid;
BEGIN
  DELETE FROM public.account_member a WHERE a.tenant_id = here AND a.account_id = p_account AND a.user_id = who;
  IF NOT FOUND THEN RETURN false; END IF;
  UPDATE public.account_invitation i SET status = 'revoked', answered_at = now(), updated_at = now()
    WHERE i.tenant_id = here AND i.account_id = p_account AND i.status = 'open'
      AND (i.invited_by = who OR i.email = (SELECT u.email FROM public.app_user u WHERE u.id = who));
  UPDATE public.account_member a SET approver_id = NULL WHERE a.tenant_id = here AND a.account_id = p_account AND a.approver_id = who;
  UPDATE public.approval a SET approver_id = NULL
    WHERE a.tenant_id = here AND a.account_id = p_account AND a.approver_id = who AND a.status = 'open';
  RETURN true;
END $f$;

-- Takes the place of 0001's: who leaves a company leaves no invitation open in it, neither theirs nor to them.
CREATE OR REPLACE FUNCTION membership_leave(p_tenant uuid) RETURNS boolean
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $f$
DECLARE who uuid := nullif(current_setting('portico.user_id', true), '')::uuid;
BEGIN
  UPDATE public.membership SET status = 'inactive', updated_at = now() WHERE tenant_id = p_tenant AND user_id = who
    AND status <> 'inactive';
  IF NOT FOUND THEN RETURN false; END IF;
  UPDATE public.account_invitation i SET status = 'revoked', answered_at = now(), updated_at = now()
    WHERE i.tenant_id = p_tenant AND i.status = 'open'
      AND (i.invited_by = who OR i.email = (SELECT u.email FROM public.app_user u WHERE u.id = who));
  RETURN true;
END $f$;

-- Ends every session of a user but one (None: all), and every view that they opened of a customer: after a change of password,
-- or when a user is disabled. Takes the place of 0001's.
CREATE OR REPLACE FUNCTION session_end_all(p_user uuid, p_but uuid) RETURNS integer
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $f$
DECLARE gone record; n integer := 0;
BEGIN
  FOR gone IN DELETE FROM public.web_session s WHERE (s.user_id = p_user OR s.actor_id = p_user) AND s.id IS DISTINCT FROM p_but
      RETURNING s.id LOOP
    PERFORM pg_notify('portico_events', jsonb_build_object('kind', 'session.revoked', 'subject', jsonb_build_array('session', gone.id))::text);
    n := n + 1;
  END LOOP;
  RETURN n;
END $f$;

-- Every other browser and program of the person in scope, and every view that they opened of a customer; personal tokens are
-- ended one by one. Takes the place of 0007's.
CREATE OR REPLACE FUNCTION my_other_sessions_end(p_but uuid) RETURNS integer
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $f$
DECLARE gone record; n integer := 0; who uuid := nullif(current_setting('portico.user_id', true), '')::uuid;
BEGIN
  FOR gone IN SELECT s.id FROM public.web_session s WHERE (s.user_id = who OR s.actor_id = who)
      AND s.kind IN ('browser', 'api') AND s.id IS DISTINCT FROM p_but FOR UPDATE LOOP
    PERFORM public.session_end(gone.id);
    n := n + 1;
  END LOOP;
  RETURN n;
END $f$;

-- Which of these open streams may go on, and what they were judged by: one query for all streams of a process. A view goes on
-- as long as whoever opened it is staff of the company, as the same as before. Takes the place of 0021's.
CREATE OR REPLACE FUNCTION sessions_alive(p_sessions uuid[], p_tenants uuid[])
RETURNS TABLE (session_id uuid, tenant_id uuid, fingerprint text)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $f$
  SELECT s.id, t.id, concat_ws('|', t.config_version, m.kind, m.status, m.roles::text,
    (SELECT string_agg(concat_ws(':', a.account_id, a.role, a.reach, a.site_ids::text), ',' ORDER BY a.account_id) FROM public.account_member a
     JOIN public.account c ON c.tenant_id = a.tenant_id AND c.id = a.account_id AND c.status = 'active'
     WHERE a.tenant_id = t.id AND a.user_id = u.id), actor.roles::text)
  FROM unnest(p_sessions, p_tenants) AS asked(session_id, tenant_id)
  JOIN public.web_session s ON s.id = asked.session_id
  JOIN public.app_user u ON u.id = s.user_id AND u.status = 'active'
  JOIN public.tenant t ON t.id = asked.tenant_id AND t.status = 'active'
  LEFT JOIN public.membership m ON m.tenant_id = t.id AND m.user_id = u.id
  LEFT JOIN (SELECT x.tenant_id, x.user_id, x.roles FROM public.membership x
             JOIN public.app_user y ON y.id = x.user_id AND y.status = 'active' WHERE x.kind = 'staff' AND x.status = 'active') actor
    ON actor.tenant_id = t.id AND actor.user_id = s.actor_id
  WHERE s.expires_at > now() AND (s.actor_id IS NULL OR actor.user_id IS NOT NULL)
    AND (s.kind = 'api' OR s.last_seen_at > now() - make_interval(mins => coalesce((t.settings->>'idle_minutes')::int, 30)))
    AND s.created_at > now() - make_interval(hours => coalesce((t.settings->>'session_hours')::int, 720))
$f$;
