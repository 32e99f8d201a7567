-- Whoever arrives from another host is named and asked before their code is used; and what a browser's cookie names ends when
-- somebody signs in there anew (docs/decisions/0028).

-- The account that a code is of, told to the browser that asked for it, while it can be used: what the page of the question names.
-- Nothing is used up. No row: no such code is waiting, at any company. 'code': one is, but it is not for here; else as at its use.
CREATE FUNCTION handoff_peek(p_hash bytea, p_challenge text, p_host text) RETURNS TABLE (standing text, email text, name text)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $f$
  SELECT CASE WHEN NOT meant.here THEN 'code' WHEN u.status <> 'active' THEN 'disabled'
      ELSE public.handoff_standing(u.id, c.tenant_id, s.second_factor, s.created_at) END,
    CASE WHEN meant.here THEN u.email END, CASE WHEN meant.here THEN u.name END
  FROM public.ceremony c
  JOIN public.web_session s ON s.id = c.session_id
  JOIN public.app_user u ON u.id = s.user_id
  CROSS JOIN LATERAL (SELECT count(*) = 1 AS here WHERE c.tenant_id = nullif(current_setting('portico.tenant_id', true), '')::uuid
    AND c.data->>'challenge' = p_challenge AND c.data->>'host' IS NOT DISTINCT FROM p_host) meant
  WHERE c.handle_hash = p_hash AND c.purpose = 'handoff' AND c.expires_at > now() AND s.expires_at > now()
$f$;

-- Ends what a browser's cookie names, however long nobody was seen there: a new one takes its place. No row: there was nothing.
CREATE FUNCTION session_displace(p_token bytea) RETURNS TABLE (session_id uuid, user_id uuid, email text)
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $f$
BEGIN
  SELECT s.id, u.id, u.email INTO session_id, user_id, email FROM public.web_session s JOIN public.app_user u ON u.id = s.user_id
    WHERE s.token_hash = p_token AND s.kind = 'browser';
  IF session_id IS NULL THEN RETURN; END IF;
  PERFORM public.session_end(session_id);
  RETURN NEXT;
END $f$;
