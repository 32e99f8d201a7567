-- A person leaves a company: a customer, or one of its own people as long as another administrator stays. Who leaves leaves no
-- invitation open in it, neither theirs nor to them. Takes the place of 0028's.
CREATE OR REPLACE FUNCTION membership_leave(p_tenant uuid) RETURNS boolean
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $f$
DECLARE who uuid := nullif(current_setting('portico.user_id', true), '')::uuid;
BEGIN
  -- Of two administrators who leave at once, the second waits here and finds that the first has gone.
  PERFORM 1 FROM public.membership m WHERE m.tenant_id = p_tenant AND m.kind = 'staff' AND m.status = 'active'
    AND 'admin' = ANY (m.roles) ORDER BY m.id FOR UPDATE;
  IF EXISTS (SELECT 1 FROM public.membership m WHERE m.tenant_id = p_tenant AND m.user_id = who AND m.kind = 'staff'
               AND m.status = 'active' AND 'admin' = ANY (m.roles))
     AND NOT EXISTS (SELECT 1 FROM public.membership m WHERE m.tenant_id = p_tenant AND m.user_id <> who AND m.kind = 'staff'
               AND m.status = 'active' AND 'admin' = ANY (m.roles)) THEN
    RAISE EXCEPTION 'a company needs an administrator' USING ERRCODE = 'check_violation', CONSTRAINT = 'company_keeps_admin',
      TABLE = 'membership';
  END IF;
  UPDATE public.membership SET status = 'inactive', updated_at = now() WHERE tenant_id = p_tenant AND user_id = who
    AND status <> 'inactive';
  IF NOT FOUND THEN RETURN false; END IF;
  UPDATE public.account_invitation i SET status = 'revoked', answered_at = now(), updated_at = now()
    WHERE i.tenant_id = p_tenant AND i.status = 'open'
      AND (i.invited_by = who OR i.email = (SELECT u.email FROM public.app_user u WHERE u.id = who));
  RETURN true;
END $f$;
