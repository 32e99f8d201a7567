-- What a link from a mail is, for whoever shows its secret at the company in scope: nothing is used up or changed.
--
-- present: the person, their membership and their organisation are active. strict: to sign in as them asks for more than what
-- comes by mail, a second factor of their own or one that the company demands.
CREATE FUNCTION link_open(p_hash bytea, p_purpose text) RETURNS TABLE (id uuid, subject_id uuid, account_id uuid, version integer,
  expires_at timestamptz, used_at timestamptz, revoked_at timestamptz, user_id uuid, name text, email text, roles text[],
  role text, present boolean, strict boolean)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $f$
  SELECT l.id, l.subject_id, l.account_id, l.version, l.expires_at, l.used_at, l.revoked_at, l.user_id, m.display_name, m.email,
    m.roles, a.role, u.status = 'active' AND m.status = 'active' AND m.kind = 'customer' AND c.status = 'active',
    u.factors > 0 OR jsonb_exists_any(coalesce(t.settings->'second_factor', '[]'), m.roles)
  FROM public.action_link l
  JOIN public.tenant t ON t.id = l.tenant_id
  JOIN public.app_user u ON u.id = l.user_id
  JOIN public.membership m ON m.tenant_id = l.tenant_id AND m.user_id = l.user_id
  JOIN public.account c ON c.tenant_id = l.tenant_id AND c.id = l.account_id
  JOIN public.account_member a ON a.tenant_id = l.tenant_id AND a.account_id = l.account_id AND a.user_id = l.user_id
  WHERE l.token_hash = p_hash AND l.purpose = p_purpose
    AND l.tenant_id = nullif(current_setting('portico.tenant_id', true), '')::uuid
$f$;

-- What ends takes its links along for good: let in again, a person is sent new ones.
CREATE FUNCTION action_link_end() RETURNS trigger LANGUAGE plpgsql
SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $f$
BEGIN
  IF TG_TABLE_NAME = 'membership' THEN
    UPDATE public.action_link SET revoked_at = now()
      WHERE tenant_id = NEW.tenant_id AND user_id = NEW.user_id AND used_at IS NULL AND revoked_at IS NULL;
  ELSIF TG_TABLE_NAME = 'account' THEN
    UPDATE public.action_link SET revoked_at = now()
      WHERE tenant_id = NEW.tenant_id AND account_id = NEW.id AND used_at IS NULL AND revoked_at IS NULL;
  ELSE
    UPDATE public.action_link SET revoked_at = now() WHERE user_id = NEW.id AND used_at IS NULL AND revoked_at IS NULL;
  END IF;
  RETURN NULL;
END $f$;
CREATE TRIGGER links_end AFTER UPDATE OF status ON membership FOR EACH ROW
  WHEN (OLD.status = 'active' AND NEW.status <> 'active') EXECUTE FUNCTION action_link_end();
CREATE TRIGGER links_end AFTER UPDATE OF status ON account FOR EACH ROW
  WHEN (OLD.status = 'active' AND NEW.status <> 'active') EXECUTE FUNCTION action_link_end();
CREATE TRIGGER links_end AFTER UPDATE OF status ON app_user FOR EACH ROW
  WHEN (OLD.status = 'active' AND NEW.status <> 'active') EXECUTE FUNCTION action_link_end();
