-- What a link to a file says of the session that asked for it, is looked up here, so that the session's own gate (`enter`) can
-- be passed again when the link is used. Only a hash of the session's token is told, and only before a scope was entered.
CREATE FUNCTION file_session(p_session uuid) RETURNS TABLE (kind text, token_hash bytea)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $f$
  SELECT s.kind, s.token_hash FROM public.web_session s WHERE s.id = p_session AND s.expires_at > now()
$f$;
