-- Whether the link to a new password is of a registration that nobody confirmed: whoever holds it has the mailbox, and was not
-- necessarily the one who typed the name. p_name: theirs, taken in place of what was typed; '': as their mailbox is called;
-- NULL: only tells.
CREATE FUNCTION user_claim(p_hash bytea, p_name text) RETURNS boolean
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $f$
DECLARE who uuid;
BEGIN
  SELECT u.id INTO who FROM public.user_token t JOIN public.app_user u ON u.id = t.user_id
    WHERE t.token_hash = p_hash AND t.purpose = 'reset' AND t.used_at IS NULL AND t.expires_at > now()
      AND u.email_verified_at IS NULL AND u.password_hash IS NOT NULL;
  IF who IS NULL THEN RETURN false; END IF;
  UPDATE public.app_user u SET name = coalesce(nullif(p_name, ''), split_part(u.email, '@', 1)), updated_at = now()
    WHERE u.id = who AND p_name IS NOT NULL;
  RETURN true;
END $f$;
