-- The sealer chains committed audit rows, per company, outside the transactions that wrote them: a chain inside would
-- make every transaction of a company wait for the one before (388 against 50 a second, measured).
-- Rows of transactions that commit late are sealed later; order within the chain is the order of sealing.

CREATE FUNCTION audit_text(e audit_entry) RETURNS text LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $f$
  SELECT jsonb_build_array(e.id, e.tenant_id, extract(epoch FROM e.at), e.actor_kind, e.user_id, e.actor, e.action,
    e.subject_type, e.subject_id, e.before, e.after, e.address, e.request_id)::text
$f$;

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
    INSERT INTO public.audit_seal (chain, number, entry_id, hash) VALUES (link, coalesce(last.number, 0) + 1, e.id,
      sha256(coalesce(last.hash, ''::bytea) || convert_to(public.audit_text((SELECT x FROM public.audit_entry x WHERE x.id = e.id)), 'UTF8')));
    n := n + 1;
  END LOOP;
  RETURN n;
END $f$;

-- Recomputes a chain: the first number whose hash or entry does not fit, or NULL. The head is for an anchor outside.
CREATE FUNCTION audit_verify(p_chain uuid) RETURNS TABLE (links bigint, broken_at bigint, head bytea)
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $f$
DECLARE s record; previous bytea := ''::bytea; expected bigint := 1;
BEGIN
  links := 0;
  FOR s IN SELECT x.number, x.hash, e AS entry FROM public.audit_seal x LEFT JOIN public.audit_entry e ON e.id = x.entry_id
      WHERE x.chain = p_chain ORDER BY x.number LOOP
    IF s.number <> expected OR s.entry IS NULL OR s.hash <> sha256(previous || convert_to(public.audit_text(s.entry), 'UTF8')) THEN
      broken_at := expected; RETURN NEXT; RETURN;
    END IF;
    previous := s.hash; links := links + 1; expected := expected + 1;
  END LOOP;
  head := previous;
  RETURN NEXT;
END $f$;
