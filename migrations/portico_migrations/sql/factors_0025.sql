-- A passkey belongs to the host that it was made at (its relying party). Takes the place of 0006's.
CREATE FUNCTION factors_of(p_user uuid) RETURNS TABLE (id uuid, kind text, name text, sealed bytea, credential_id bytea,
  public_key bytea, sign_count bigint, transports text[], confirmed_at timestamptz, last_used_at timestamptz, created_at timestamptz,
  host text)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $f$
  SELECT f.id, f.kind, f.name, f.sealed, f.credential_id, f.public_key, f.sign_count, f.transports, f.confirmed_at, f.last_used_at,
    f.created_at, f.host FROM public.user_factor f WHERE f.user_id = p_user ORDER BY f.id
$f$;
-- Of this host alone. One that was made before hosts were kept belongs to where it is used first: only a browser at that
-- host can sign with it.
CREATE FUNCTION factor_by_credential(p_credential bytea, p_host text) RETURNS TABLE (id uuid, user_id uuid, public_key bytea,
  sign_count bigint, email text, name text, locale text)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $f$
  SELECT f.id, f.user_id, f.public_key, f.sign_count, u.email, u.name, u.locale FROM public.user_factor f
  JOIN public.app_user u ON u.id = f.user_id AND u.status = 'active' AND u.email_verified_at IS NOT NULL
  WHERE f.credential_id = p_credential AND f.confirmed_at IS NOT NULL AND (f.host = p_host OR f.host IS NULL)
$f$;
CREATE FUNCTION factor_add(p_id uuid, p_kind text, p_name text, p_sealed bytea, p_credential bytea, p_public_key bytea, p_sign_count bigint,
  p_transports text[], p_confirmed boolean, p_host text DEFAULT NULL) RETURNS uuid
LANGUAGE sql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $f$
  INSERT INTO public.user_factor (id, user_id, kind, name, sealed, credential_id, public_key, sign_count, transports, confirmed_at, host)
  SELECT p_id, u.id, p_kind, p_name, p_sealed, p_credential, p_public_key, p_sign_count, p_transports,
    CASE WHEN p_confirmed THEN now() END, p_host
  FROM public.app_user u WHERE u.id = nullif(current_setting('portico.user_id', true), '')::uuid RETURNING id
$f$;
-- A counter that does not grow means a copied key; keys that do not count send 0 for ever (WebAuthn §6.1.1).
CREATE FUNCTION factor_use_count(p_factor uuid, p_count bigint, p_host text) RETURNS boolean
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $f$
BEGIN
  UPDATE public.user_factor f SET sign_count = p_count, last_used_at = now(), host = coalesce(f.host, p_host)
    WHERE f.id = p_factor AND (f.sign_count < p_count OR (f.sign_count = 0 AND p_count = 0));
  RETURN FOUND;
END $f$;
