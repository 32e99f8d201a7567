-- Factors, devices, sessions with their ways in: the doors to tables that no role can read.

-- How many confirmed second factors a person has is kept beside them: `enter` reads it with every request.
CREATE FUNCTION count_factors() RETURNS trigger LANGUAGE plpgsql
SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $f$
DECLARE who uuid := CASE WHEN TG_OP = 'DELETE' THEN OLD.user_id ELSE NEW.user_id END;
BEGIN
  UPDATE public.app_user u SET factors =
    (SELECT count(*) FROM public.user_factor f WHERE f.user_id = who AND f.confirmed_at IS NOT NULL) WHERE u.id = who;
  RETURN NULL;
END $f$;
CREATE TRIGGER factors AFTER INSERT OR UPDATE OF confirmed_at OR DELETE ON user_factor
  FOR EACH ROW EXECUTE FUNCTION count_factors();

-- A session. p_methods: how the person came in (password, passkey, link, sso, personal …).
CREATE FUNCTION session_open(p_user uuid, p_hash bytea, p_kind text, p_tenant uuid, p_ttl interval, p_address text, p_agent text,
  p_methods text[], p_second_factor boolean, p_place text, p_scopes text[], p_name text, p_actor uuid)
RETURNS uuid
LANGUAGE sql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $f$
  INSERT INTO public.web_session (id, token_hash, user_id, kind, tenant_id, expires_at, address, user_agent, methods, second_factor,
    place, scopes, name, actor_id, elevated_at)
  VALUES (uuidv7(), p_hash, p_user, p_kind, p_tenant, now() + p_ttl, p_address, left(p_agent, 300), p_methods, p_second_factor,
    p_place, p_scopes, p_name, p_actor, now()) RETURNING id
$f$;

-- One more proof of who sits there: the token changes (ASVS 7.2.4), the session stays. NULL p_user never fits.
CREATE FUNCTION session_elevate(p_session uuid, p_user uuid, p_hash bytea, p_method text, p_second_factor boolean) RETURNS boolean
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $f$
BEGIN
  UPDATE public.web_session s SET token_hash = p_hash, elevated_at = now(), last_seen_at = now(),
      second_factor = s.second_factor OR p_second_factor,
      methods = CASE WHEN p_method = ANY (s.methods) THEN s.methods ELSE s.methods || p_method END
    WHERE s.id = p_session AND s.user_id = p_user AND s.kind = 'browser' AND s.expires_at > now();
  RETURN FOUND;
END $f$;

-- The devices of the person in scope, newest use first; and the end of one of them.
CREATE FUNCTION my_sessions() RETURNS TABLE (id uuid, kind text, tenant_id uuid, created_at timestamptz, last_seen_at timestamptz,
  expires_at timestamptz, second_factor boolean, address text, user_agent text, place text, methods text[], scopes text[], name text,
  actor_id uuid)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $f$
  SELECT s.id, s.kind, s.tenant_id, s.created_at, s.last_seen_at, s.expires_at, s.second_factor, s.address, s.user_agent, s.place,
    s.methods, s.scopes, s.name, s.actor_id FROM public.web_session s
  WHERE s.user_id = nullif(current_setting('portico.user_id', true), '')::uuid AND s.expires_at > now()
  ORDER BY s.last_seen_at DESC LIMIT 200
$f$;
CREATE FUNCTION my_session_end(p_session uuid) RETURNS boolean
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $f$
BEGIN
  PERFORM 1 FROM public.web_session s WHERE s.id = p_session
    AND s.user_id = nullif(current_setting('portico.user_id', true), '')::uuid FOR UPDATE;
  IF NOT FOUND THEN RETURN false; END IF;
  PERFORM public.session_end(p_session);
  RETURN true;
END $f$;

-- Second factors of one person, with what is needed to check them (sealed secrets, public keys).
CREATE FUNCTION factors_of(p_user uuid) RETURNS TABLE (id uuid, kind text, name text, sealed bytea, credential_id bytea,
  public_key bytea, sign_count bigint, transports text[], confirmed_at timestamptz, last_used_at timestamptz, created_at timestamptz)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $f$
  SELECT f.id, f.kind, f.name, f.sealed, f.credential_id, f.public_key, f.sign_count, f.transports, f.confirmed_at, f.last_used_at,
    f.created_at FROM public.user_factor f WHERE f.user_id = p_user ORDER BY f.id
$f$;
CREATE FUNCTION factor_by_credential(p_credential bytea) RETURNS TABLE (id uuid, user_id uuid, public_key bytea, sign_count bigint,
  email text, name text, locale text)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $f$
  SELECT f.id, f.user_id, f.public_key, f.sign_count, u.email, u.name, u.locale FROM public.user_factor f
  JOIN public.app_user u ON u.id = f.user_id AND u.status = 'active' AND u.email_verified_at IS NOT NULL
  WHERE f.credential_id = p_credential AND f.confirmed_at IS NOT NULL
$f$;
-- Set up by the person in scope; counts once it is confirmed.
CREATE FUNCTION factor_add(p_id uuid, p_kind text, p_name text, p_sealed bytea, p_credential bytea, p_public_key bytea, p_sign_count bigint,
  p_transports text[], p_confirmed boolean) RETURNS uuid
LANGUAGE sql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $f$
  INSERT INTO public.user_factor (id, user_id, kind, name, sealed, credential_id, public_key, sign_count, transports, confirmed_at)
  SELECT p_id, u.id, p_kind, p_name, p_sealed, p_credential, p_public_key, p_sign_count, p_transports,
    CASE WHEN p_confirmed THEN now() END
  FROM public.app_user u WHERE u.id = nullif(current_setting('portico.user_id', true), '')::uuid RETURNING id
$f$;
CREATE FUNCTION factor_confirm(p_factor uuid, p_step bigint) RETURNS boolean
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $f$
BEGIN
  UPDATE public.user_factor f SET confirmed_at = now(), last_step = p_step WHERE f.id = p_factor AND f.confirmed_at IS NULL
    AND f.user_id = nullif(current_setting('portico.user_id', true), '')::uuid;
  RETURN FOUND;
END $f$;
CREATE FUNCTION factor_rename(p_factor uuid, p_name text) RETURNS boolean
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $f$
BEGIN
  UPDATE public.user_factor f SET name = p_name WHERE f.id = p_factor
    AND f.user_id = nullif(current_setting('portico.user_id', true), '')::uuid;
  RETURN FOUND;
END $f$;
CREATE FUNCTION factor_remove(p_factor uuid) RETURNS boolean
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $f$
DECLARE who uuid := nullif(current_setting('portico.user_id', true), '')::uuid;
BEGIN
  DELETE FROM public.user_factor f WHERE f.id = p_factor AND f.user_id = who;
  IF NOT FOUND THEN RETURN false; END IF;
  DELETE FROM public.recovery_code r WHERE r.user_id = who
    AND NOT EXISTS (SELECT 1 FROM public.user_factor f WHERE f.user_id = who AND f.confirmed_at IS NOT NULL);
  RETURN true;
END $f$;
-- A code of a time step is good once, also in parallel: a conditional update decides (ASVS 6.5.1).
CREATE FUNCTION factor_use_step(p_factor uuid, p_user uuid, p_step bigint) RETURNS boolean
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $f$
BEGIN
  UPDATE public.user_factor f SET last_step = p_step, last_used_at = now()
    WHERE f.id = p_factor AND f.user_id = p_user AND f.confirmed_at IS NOT NULL AND coalesce(f.last_step, -1) < p_step;
  RETURN FOUND;
END $f$;
-- A counter that does not grow means a copied key; keys that do not count send 0 for ever (WebAuthn §6.1.1).
CREATE FUNCTION factor_use_count(p_factor uuid, p_count bigint) RETURNS boolean
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $f$
BEGIN
  UPDATE public.user_factor f SET sign_count = p_count, last_used_at = now()
    WHERE f.id = p_factor AND (f.sign_count < p_count OR (f.sign_count = 0 AND p_count = 0));
  RETURN FOUND;
END $f$;
CREATE FUNCTION recovery_replace(p_hashes bytea[]) RETURNS void
LANGUAGE sql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $f$
  DELETE FROM public.recovery_code r WHERE r.user_id = nullif(current_setting('portico.user_id', true), '')::uuid;
  INSERT INTO public.recovery_code (user_id, code_hash)
    SELECT nullif(current_setting('portico.user_id', true), '')::uuid, h FROM unnest(p_hashes) h
$f$;
CREATE FUNCTION recovery_use(p_user uuid, p_hash bytea) RETURNS boolean
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $f$
BEGIN
  UPDATE public.recovery_code r SET used_at = now() WHERE r.user_id = p_user AND r.code_hash = p_hash AND r.used_at IS NULL;
  RETURN FOUND;
END $f$;
CREATE FUNCTION recovery_left(p_user uuid) RETURNS integer
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $f$
  SELECT count(*)::int FROM public.recovery_code r WHERE r.user_id = p_user AND r.used_at IS NULL
$f$;

-- What was begun here and must come back once: a challenge for a passkey, the state of a sign-in elsewhere.
CREATE FUNCTION ceremony_begin(p_hash bytea, p_purpose text, p_user uuid, p_session uuid, p_tenant uuid, p_data jsonb, p_ttl interval)
RETURNS void LANGUAGE sql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $f$
  INSERT INTO public.ceremony (handle_hash, purpose, user_id, session_id, tenant_id, data, expires_at)
  VALUES (p_hash, p_purpose, p_user, p_session, p_tenant, p_data, now() + p_ttl)
$f$;
CREATE FUNCTION ceremony_take(p_hash bytea, p_purpose text)
RETURNS TABLE (user_id uuid, session_id uuid, tenant_id uuid, data jsonb)
LANGUAGE sql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $f$
  DELETE FROM public.ceremony c WHERE c.handle_hash = p_hash AND c.purpose = p_purpose AND c.expires_at > now()
  RETURNING c.user_id, c.session_id, c.tenant_id, c.data
$f$;

-- A browser that a person signed in with. `known`: seen before; `others`: how many others there were; `place_known`.
CREATE FUNCTION device_seen(p_user uuid, p_hash bytea, p_agent text, p_place text)
RETURNS TABLE (known boolean, others integer, place_known boolean)
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $f$
BEGIN
  SELECT count(*)::int, coalesce(bool_or(d.place = p_place), false) INTO others, place_known
    FROM public.user_device d WHERE d.user_id = p_user;
  INSERT INTO public.user_device AS d (user_id, device_hash, user_agent, place) VALUES (p_user, p_hash, left(p_agent, 300), p_place)
    ON CONFLICT (user_id, device_hash) DO UPDATE SET last_seen_at = now(), place = excluded.place
    RETURNING d.first_seen_at < now() INTO known;
  IF known THEN others := others - 1; END IF;
  RETURN NEXT;
END $f$;
