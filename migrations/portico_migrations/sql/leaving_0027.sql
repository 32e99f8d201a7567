-- The person in scope does not act for an organisation of the company in scope any more. Refused by the triggers where it
-- would be left without an owner; who leaves the last one is no customer any more.
CREATE FUNCTION account_leave(p_account uuid) RETURNS boolean
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $f$
DECLARE
  here uuid := nullif(current_setting('portico.tenant_id', true), '')::uuid;
  who uuid := nullif(current_setting('portico.user_id', true), '')::uuid;
BEGIN
  DELETE FROM public.account_member a WHERE a.tenant_id = here AND a.account_id = p_account AND a.user_id = who;
  IF NOT FOUND THEN RETURN false; END IF;
  UPDATE public.account_invitation i SET status = 'revoked', answered_at = now(), updated_at = now()
    WHERE i.tenant_id = here AND i.account_id = p_account AND i.invited_by = who AND i.status = 'open';
  UPDATE public.account_member a SET approver_id = NULL WHERE a.tenant_id = here AND a.account_id = p_account AND a.approver_id = who;
  UPDATE public.approval a SET approver_id = NULL
    WHERE a.tenant_id = here AND a.account_id = p_account AND a.approver_id = who AND a.status = 'open';
  RETURN true;
END $f$;
