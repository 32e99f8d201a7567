-- Every row of core's tables about a person. Which columns of it are told is said by the tables' marks. Takes the place of 0016's:
-- links that were mailed to them come along. They go with the person's place in the organisation.
CREATE OR REPLACE FUNCTION person_rows(p_user uuid) RETURNS TABLE (of_table text, content jsonb)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $f$
  SELECT 'app_user', to_jsonb(x) FROM public.app_user x WHERE x.id = p_user
  UNION ALL SELECT 'web_session', to_jsonb(x) FROM public.web_session x WHERE x.user_id = p_user
  UNION ALL SELECT 'refresh_token', to_jsonb(x) FROM public.refresh_token x JOIN public.web_session s ON s.id = x.session_id WHERE s.user_id = p_user
  UNION ALL SELECT 'user_token', to_jsonb(x) FROM public.user_token x WHERE x.user_id = p_user
  UNION ALL SELECT 'user_factor', to_jsonb(x) FROM public.user_factor x WHERE x.user_id = p_user
  UNION ALL SELECT 'recovery_code', to_jsonb(x) FROM public.recovery_code x WHERE x.user_id = p_user
  UNION ALL SELECT 'ceremony', to_jsonb(x) FROM public.ceremony x WHERE x.user_id = p_user
  UNION ALL SELECT 'user_device', to_jsonb(x) FROM public.user_device x WHERE x.user_id = p_user
  UNION ALL SELECT 'rate_window', to_jsonb(x) FROM public.rate_window x WHERE position(p_user::text IN x.key) > 0
  UNION ALL SELECT 'consent', to_jsonb(x) FROM public.consent x WHERE x.user_id = p_user
  UNION ALL SELECT 'data_request', to_jsonb(x) - 'file' FROM public.data_request x WHERE x.user_id = p_user
  UNION ALL SELECT 'membership', to_jsonb(x) FROM public.membership x WHERE x.user_id = p_user
  UNION ALL SELECT 'account_member', to_jsonb(x) FROM public.account_member x WHERE x.user_id = p_user
  UNION ALL SELECT 'account_invitation', to_jsonb(x) FROM public.account_invitation x JOIN public.app_user u ON u.id = p_user
    WHERE x.email = u.email OR x.invited_by = p_user
  UNION ALL SELECT 'action_link', to_jsonb(x) FROM public.action_link x WHERE x.user_id = p_user
  UNION ALL SELECT 'approval', to_jsonb(x) FROM public.approval x WHERE x.author_id = p_user OR x.decided_by = p_user
  UNION ALL SELECT 'sso_identity', to_jsonb(x) FROM public.sso_identity x WHERE x.user_id = p_user
  UNION ALL SELECT 'notification', to_jsonb(x) FROM public.notification x WHERE x.user_id = p_user
  UNION ALL SELECT 'notification_choice', to_jsonb(x) FROM public.notification_choice x WHERE x.user_id = p_user
  UNION ALL SELECT 'file', to_jsonb(x) FROM public.file x WHERE x.owner_id = p_user
  UNION ALL SELECT 'idempotency_key', to_jsonb(x) FROM public.idempotency_key x WHERE x.user_id = p_user
  UNION ALL SELECT 'mail', to_jsonb(x) FROM public.mail x JOIN public.app_user u ON u.id = p_user AND x.recipient = u.email
  UNION ALL SELECT 'audit_entry', to_jsonb(x) FROM public.audit_entry x WHERE x.user_id = p_user
  UNION ALL SELECT 'event', to_jsonb(x) FROM public.event x WHERE x.user_id = p_user
  UNION ALL SELECT 'event', to_jsonb(x) FROM public.event x JOIN public.app_user u ON u.id = p_user
    JOIN public.account_member a ON a.tenant_id = x.tenant_id AND a.account_id = x.account_id AND a.user_id = p_user
    WHERE x.actor = u.name AND x.user_id IS DISTINCT FROM p_user
$f$;
