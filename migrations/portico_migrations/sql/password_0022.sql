-- A new password ends every link that opens the account or changes it without the new one: to a new password, to sign in, to a
-- new address. Takes the place of 0001's.
CREATE OR REPLACE FUNCTION user_set_password(p_user uuid, p_hash text) RETURNS void
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $f$
BEGIN
  UPDATE public.app_user SET password_hash = p_hash, updated_at = now() WHERE id = p_user;
  DELETE FROM public.user_token t WHERE t.user_id = p_user AND t.purpose IN ('reset', 'sign-in', 'email') AND t.used_at IS NULL;
END $f$;
