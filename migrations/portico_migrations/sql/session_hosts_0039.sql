-- A session is good at the host where it was opened: a company decides where its domain leads (docs/decisions/0028).

-- Takes the place of 0006's. p_host: the company's own host where it is opened; NULL at the portal's own hosts.
CREATE FUNCTION session_open(p_user uuid, p_hash bytea, p_kind text, p_tenant uuid, p_ttl interval, p_address text, p_agent text,
  p_methods text[], p_second_factor boolean, p_place text, p_scopes text[], p_name text, p_actor uuid, p_host text)
RETURNS uuid
LANGUAGE sql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $f$
  INSERT INTO public.web_session (id, token_hash, user_id, kind, tenant_id, expires_at, address, user_agent, methods, second_factor,
    place, scopes, name, actor_id, elevated_at, host)
  VALUES (uuidv7(), p_hash, p_user, p_kind, p_tenant, now() + p_ttl, p_address, left(p_agent, 300), p_methods, p_second_factor,
    p_place, p_scopes, p_name, p_actor, now(), p_host) RETURNING id
$f$;

-- Takes the place of 0015's. What a link to a file is asked for with: the session that made it, at its host.
CREATE FUNCTION file_session(p_session uuid) RETURNS TABLE (kind text, token_hash bytea, host text)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $f$
  SELECT s.kind, s.token_hash, s.host FROM public.web_session s WHERE s.id = p_session AND s.expires_at > now()
$f$;
