-- Erases a person from core's tables: what is theirs goes; the account's row stays, with nothing of them in it, since what
-- is kept by law refers to it. Says how many rows were deleted or made empty. Takes the place of 0016's: who follows the only
-- owner of an organisation is that before this runs; without one it is refused, and tried again.
CREATE OR REPLACE FUNCTION person_erase(p_user uuid) RETURNS integer
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $f$
DECLARE person public.app_user; n integer := 0; more integer; members text[];
BEGIN
  SELECT * INTO person FROM public.app_user u WHERE u.id = p_user FOR UPDATE;
  IF NOT FOUND THEN RETURN 0; END IF;
  PERFORM public.session_end_all(p_user, NULL);
  SELECT coalesce(array_agg(m.id::text), '{}') INTO members FROM public.membership m WHERE m.user_id = p_user;
  -- What was told about them: to staff ("somebody asks to join"), and to themselves.
  DELETE FROM public.notification x WHERE x.user_id = p_user
    OR (x.subject_type IN ('membership', 'user') AND (x.subject_id = ANY (members) OR x.subject_id = p_user::text));
  GET DIAGNOSTICS more = ROW_COUNT; n := n + more;
  DELETE FROM public.event x WHERE x.user_id = p_user
    OR (x.subject_type IN ('membership', 'user') AND (x.subject_id = ANY (members) OR x.subject_id = p_user::text));
  GET DIAGNOSTICS more = ROW_COUNT; n := n + more;
  -- What they did stays in the activity of their organisation, without their name.
  UPDATE public.event x SET actor = '' FROM public.account_member a
    WHERE a.tenant_id = x.tenant_id AND a.account_id = x.account_id AND a.user_id = p_user AND x.actor = person.name;
  GET DIAGNOSTICS more = ROW_COUNT; n := n + more;
  -- What was told about what they asked for or decided; the requests themselves stay, as records of their organisation.
  DELETE FROM public.notification x WHERE x.subject_type = 'approval' AND x.subject_id IN (
    SELECT a.id::text FROM public.approval a WHERE a.author_id = p_user OR a.decided_by = p_user);
  DELETE FROM public.event x WHERE x.subject_type = 'approval' AND x.subject_id IN (
    SELECT a.id::text FROM public.approval a WHERE a.author_id = p_user OR a.decided_by = p_user);
  UPDATE public.approval x SET status = 'withdrawn', decided_at = now() WHERE x.author_id = p_user AND x.status = 'open';
  DELETE FROM public.account_invitation x WHERE x.email = person.email;
  UPDATE public.account_invitation x SET invited_by = NULL, inviter = '' WHERE x.invited_by = p_user;
  UPDATE public.account_member x SET approver_id = NULL WHERE x.approver_id = p_user;
  DELETE FROM public.mail x WHERE x.recipient = person.email;
  GET DIAGNOSTICS more = ROW_COUNT; n := n + more;
  DELETE FROM public.notification_choice x WHERE x.user_id = p_user;
  DELETE FROM public.idempotency_key x WHERE x.user_id = p_user;
  DELETE FROM public.sso_identity x WHERE x.user_id = p_user;
  DELETE FROM public.account_member x WHERE x.user_id = p_user;
  DELETE FROM public.membership x WHERE x.user_id = p_user;
  GET DIAGNOSTICS more = ROW_COUNT; n := n + more;
  DELETE FROM public.rate_window x WHERE position(p_user::text IN x.key) > 0;
  DELETE FROM public.ceremony x WHERE x.user_id = p_user;
  DELETE FROM public.user_token x WHERE x.user_id = p_user;
  DELETE FROM public.user_factor x WHERE x.user_id = p_user;
  DELETE FROM public.recovery_code x WHERE x.user_id = p_user;
  DELETE FROM public.user_device x WHERE x.user_id = p_user;
  DELETE FROM public.consent x WHERE x.user_id = p_user;
  DELETE FROM public.data_request x WHERE x.user_id = p_user;
  UPDATE public.app_user u SET email = p_user || '@erased.invalid', name = '', password_hash = NULL, email_verified_at = NULL,
      status = 'disabled', locale = NULL, colour_mode = 'system', is_operator = false, factors = 0,
      created_at = date_trunc('year', u.created_at), updated_at = date_trunc('year', now())
    WHERE u.id = p_user;
  RETURN n + 1;
END $f$;

