-- Requests that failed for good are listed, so that whoever asked is told before they are marked as failed.
CREATE FUNCTION data_requests_failing(p_most integer)
RETURNS TABLE (id uuid, user_id uuid, tenant_id uuid, kind text, locale text, email text, name text)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $f$
  SELECT r.id, r.user_id, r.tenant_id, r.kind, r.locale, u.email, u.name
  FROM public.data_request r JOIN public.app_user u ON u.id = r.user_id
  WHERE r.state = 'waiting' AND r.attempts >= p_most AND r.lease < now() ORDER BY r.due_at LIMIT 20
$f$;
