-- A person's standing in the whole installation, by a command of whoever runs it. Each ends every session, with the personal
-- tokens, the programs' and the views of customers, and every mailed link; `changed` says whether it was otherwise before.

-- Who was erased has no account any more that could be enabled.
CREATE FUNCTION person_set_active(p_email text, p_active boolean) RETURNS TABLE (user_id uuid, name text, locale text, changed boolean)
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $f$
DECLARE wanted text := CASE WHEN p_active THEN 'active' ELSE 'disabled' END;
BEGIN
  SELECT u.id, u.name, u.locale, u.status <> wanted INTO user_id, name, locale, changed
    FROM public.app_user u WHERE u.email = p_email AND right(u.email, 15) <> '@erased.invalid' FOR UPDATE;
  IF NOT FOUND THEN RETURN; END IF;
  UPDATE public.app_user u SET status = wanted, updated_at = now() WHERE u.id = person_set_active.user_id AND changed;
  DELETE FROM public.user_token t WHERE t.user_id = person_set_active.user_id AND t.used_at IS NULL AND NOT p_active;
  PERFORM public.session_end_all(person_set_active.user_id, NULL) WHERE NOT p_active;
  RETURN NEXT;
END $f$;

CREATE FUNCTION operator_end(p_email text) RETURNS TABLE (user_id uuid, name text, locale text, changed boolean)
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $f$
BEGIN
  SELECT u.id, u.name, u.locale, u.is_operator INTO user_id, name, locale, changed
    FROM public.app_user u WHERE u.email = p_email FOR UPDATE;
  IF NOT FOUND THEN RETURN; END IF;
  IF changed THEN
    UPDATE public.app_user u SET is_operator = false, updated_at = now() WHERE u.id = operator_end.user_id;
    DELETE FROM public.user_token t WHERE t.user_id = operator_end.user_id AND t.used_at IS NULL;
    PERFORM public.session_end_all(operator_end.user_id, NULL);
  END IF;
  RETURN NEXT;
END $f$;
