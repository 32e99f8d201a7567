-- The end of one session. With somebody's own browser every view ends that they opened of a customer, from whichever browser.
-- Takes the place of 0001's.
CREATE OR REPLACE FUNCTION session_end(p_session uuid) RETURNS void
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $f$
DECLARE gone record; whose uuid;
BEGIN
  DELETE FROM public.web_session s WHERE s.id = p_session
    RETURNING CASE WHEN s.kind = 'browser' AND s.actor_id IS NULL THEN s.user_id END INTO whose;
  PERFORM pg_notify('portico_events', jsonb_build_object('kind', 'session.revoked', 'subject', jsonb_build_array('session', p_session))::text);
  FOR gone IN DELETE FROM public.web_session s WHERE s.actor_id = whose RETURNING s.id LOOP
    PERFORM pg_notify('portico_events', jsonb_build_object('kind', 'session.revoked', 'subject', jsonb_build_array('session', gone.id))::text);
  END LOOP;
END $f$;
