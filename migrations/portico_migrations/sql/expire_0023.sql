-- Files that nobody fetched go.
CREATE OR REPLACE FUNCTION data_request_expire() RETURNS void
LANGUAGE sql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $f$
  UPDATE public.data_request SET state = 'expired', file = NULL WHERE state = 'ready' AND expires_at <= now();
$f$;
