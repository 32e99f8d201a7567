-- The sealer, as before; `sealed_at` is now read under the lock, so that whoever holds it later sees it as earlier.
CREATE FUNCTION audit_seal_pending(p_limit integer) RETURNS integer
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $f$
DECLARE e record; last record; n integer := 0; apex uuid := '00000000-0000-0000-0000-000000000000'; link uuid;
BEGIN
  IF NOT pg_try_advisory_xact_lock(7305421) THEN RETURN 0; END IF;
  FOR e IN SELECT a.* FROM public.audit_entry a
      WHERE NOT EXISTS (SELECT 1 FROM public.audit_seal s WHERE s.entry_id = a.id)
      ORDER BY a.at, a.id LIMIT p_limit LOOP
    link := coalesce(e.tenant_id, apex);
    SELECT s.number, s.hash INTO last FROM public.audit_seal s WHERE s.chain = link ORDER BY s.number DESC LIMIT 1;
    INSERT INTO public.audit_seal (chain, number, entry_id, hash, sealed_at) VALUES (link, coalesce(last.number, 0) + 1, e.id,
      sha256(coalesce(last.hash, ''::bytea) || convert_to(public.audit_text((SELECT x FROM public.audit_entry x WHERE x.id = e.id)), 'UTF8')),
      clock_timestamp());
    n := n + 1;
  END LOOP;
  RETURN n;
END $f$;

-- The last link of every chain that grew since a moment (NULL: of every chain), and the moment of this look. The lock is
-- the sealer's: what is sealed after this look has a later time, so the next look from here misses nothing.
CREATE FUNCTION audit_heads(p_since timestamptz) RETURNS TABLE (chain uuid, number bigint, hash bytea, seen_at timestamptz)
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $f$
BEGIN
  PERFORM pg_advisory_xact_lock(7305421);
  seen_at := clock_timestamp();
  FOR chain, number, hash IN
    SELECT c.id, s.number, s.hash
    FROM (SELECT t.id FROM public.tenant t UNION ALL SELECT '00000000-0000-0000-0000-000000000000'::uuid) c
    CROSS JOIN LATERAL (SELECT x.number, x.hash, x.sealed_at FROM public.audit_seal x WHERE x.chain = c.id
                        ORDER BY x.number DESC LIMIT 1) s
    WHERE p_since IS NULL OR s.sealed_at > p_since
  LOOP RETURN NEXT; END LOOP;
END $f$;

-- Every chain that there is or should be: for the command that verifies all of them.
CREATE FUNCTION audit_chains() RETURNS TABLE (chain uuid, name text)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $f$
  SELECT t.id, t.slug FROM public.tenant t
  UNION ALL SELECT DISTINCT s.chain, NULL FROM public.audit_seal s WHERE NOT EXISTS (SELECT 1 FROM public.tenant t WHERE t.id = s.chain)
$f$;

-- What these links hash to, for the comparison with what was anchored. A number that is not there gives no row.
CREATE FUNCTION audit_hashes(p_chain uuid, p_numbers bigint[]) RETURNS TABLE (number bigint, hash bytea)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $f$
  SELECT s.number, s.hash FROM public.audit_seal s WHERE s.chain = p_chain AND s.number = ANY (p_numbers)
$f$;

-- Recomputes a chain. broken_at: the first number that does not fit, or NULL; reason: 'link-missing', 'entry-missing' or
-- 'changed'. A tail that was cut off leaves a sound chain: only an anchor outside tells.
CREATE FUNCTION audit_verify(p_chain uuid) RETURNS TABLE (links bigint, broken_at bigint, reason text, head bytea)
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $f$
DECLARE s record; previous bytea := ''::bytea; expected bigint := 1;
BEGIN
  links := 0;
  FOR s IN SELECT x.number, x.hash, e AS entry FROM public.audit_seal x LEFT JOIN public.audit_entry e ON e.id = x.entry_id
      WHERE x.chain = p_chain ORDER BY x.number LOOP
    reason := CASE
      WHEN s.number <> expected THEN 'link-missing'
      WHEN s.entry IS NULL THEN 'entry-missing'
      WHEN s.hash <> sha256(previous || convert_to(public.audit_text(s.entry), 'UTF8')) THEN 'changed' END;
    IF reason IS NOT NULL THEN
      broken_at := expected; RETURN NEXT; RETURN;
    END IF;
    previous := s.hash; links := links + 1; expected := expected + 1;
  END LOOP;
  head := previous;
  RETURN NEXT;
END $f$;

-- One more proof by whoever sits there. Gives their address, for the trail: at its gate a session names nobody yet.
CREATE FUNCTION session_elevate(p_session uuid, p_user uuid, p_hash bytea, p_method text, p_second_factor boolean) RETURNS text
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $f$
BEGIN
  UPDATE public.web_session s SET token_hash = p_hash, elevated_at = now(), last_seen_at = now(),
      second_factor = s.second_factor OR p_second_factor,
      methods = CASE WHEN p_method = ANY (s.methods) THEN s.methods ELSE s.methods || p_method END
    WHERE s.id = p_session AND s.user_id = p_user AND s.kind = 'browser' AND s.expires_at > now();
  IF NOT FOUND THEN RETURN NULL; END IF;
  RETURN (SELECT u.email FROM public.app_user u WHERE u.id = p_user);
END $f$;
