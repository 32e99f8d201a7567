-- Whose login a customer number of a company is: that of the organisation's first owner. Null where nobody has it.
CREATE FUNCTION customer_login(p_tenant uuid, p_number text) RETURNS text LANGUAGE sql STABLE
SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $f$
  SELECT u.email FROM public.account a
  JOIN public.account_member am ON am.tenant_id = a.tenant_id AND am.account_id = a.id AND am.role = 'owner'
  JOIN public.membership m ON m.tenant_id = am.tenant_id AND m.user_id = am.user_id AND m.status = 'active'
  JOIN public.app_user u ON u.id = am.user_id
  WHERE a.tenant_id = p_tenant AND a.erp_ref = p_number AND a.status = 'active'
  ORDER BY am.created_at, am.id LIMIT 1
$f$;
