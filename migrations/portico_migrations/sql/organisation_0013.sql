-- Doors of customer organisations, and what keeps an owner in each.

-- Raises unless the organisation has an active owner or no active people at all. The lock makes two who leave at once take
-- turns: the second sees that the first is gone.
CREATE FUNCTION account_check_owner(p_tenant uuid, p_account uuid) RETURNS void LANGUAGE plpgsql VOLATILE
SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $f$
DECLARE people bigint; owners bigint;
BEGIN
  PERFORM 1 FROM public.account a WHERE a.tenant_id = p_tenant AND a.id = p_account FOR NO KEY UPDATE;
  IF NOT FOUND THEN RETURN; END IF;  -- it goes with everybody in it
  SELECT count(*), count(*) FILTER (WHERE a.role = 'owner') INTO people, owners
    FROM public.account_member a
    JOIN public.membership m ON m.tenant_id = a.tenant_id AND m.user_id = a.user_id AND m.status = 'active'
    WHERE a.tenant_id = p_tenant AND a.account_id = p_account;
  IF people > 0 AND owners = 0 THEN
    RAISE EXCEPTION 'an organisation needs an owner' USING ERRCODE = 'check_violation', CONSTRAINT = 'account_keeps_owner',
      TABLE = 'account_member';
  END IF;
END $f$;

CREATE FUNCTION account_member_keeps_owner() RETURNS trigger LANGUAGE plpgsql
SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $f$
BEGIN
  IF EXISTS (SELECT 1 FROM public.membership m WHERE m.tenant_id = OLD.tenant_id AND m.user_id = OLD.user_id
             AND m.status = 'active') THEN
    PERFORM public.account_check_owner(OLD.tenant_id, OLD.account_id);
  END IF;
  RETURN NULL;
END $f$;
CREATE TRIGGER a_keeps_owner_update AFTER UPDATE OF role ON account_member FOR EACH ROW
  WHEN (OLD.role = 'owner' AND NEW.role <> 'owner') EXECUTE FUNCTION account_member_keeps_owner();
CREATE TRIGGER a_keeps_owner_delete AFTER DELETE ON account_member FOR EACH ROW
  WHEN (OLD.role = 'owner') EXECUTE FUNCTION account_member_keeps_owner();

CREATE FUNCTION membership_keeps_owner() RETURNS trigger LANGUAGE plpgsql
SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $f$
DECLARE owned uuid;
BEGIN
  FOR owned IN SELECT a.account_id FROM public.account_member a
      WHERE a.tenant_id = OLD.tenant_id AND a.user_id = OLD.user_id AND a.role = 'owner' ORDER BY a.account_id LOOP
    PERFORM public.account_check_owner(OLD.tenant_id, owned);
  END LOOP;
  RETURN NULL;
END $f$;
CREATE TRIGGER keeps_owner AFTER UPDATE OF status ON membership FOR EACH ROW
  WHEN (OLD.status = 'active' AND NEW.status <> 'active') EXECUTE FUNCTION membership_keeps_owner();

-- A customer acts for somebody: who is taken out of their last organisation is no customer of the company any more.
CREATE FUNCTION membership_needs_account() RETURNS trigger LANGUAGE plpgsql
SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $f$
BEGIN
  UPDATE public.membership m SET status = 'inactive', updated_at = now()
    WHERE m.tenant_id = OLD.tenant_id AND m.user_id = OLD.user_id AND m.kind = 'customer' AND m.status = 'active'
      AND NOT EXISTS (SELECT 1 FROM public.account_member a WHERE a.tenant_id = OLD.tenant_id AND a.user_id = OLD.user_id);
  RETURN NULL;
END $f$;
CREATE TRIGGER b_membership_needs_account AFTER DELETE ON account_member FOR EACH ROW EXECUTE FUNCTION membership_needs_account();

-- Colleagues, for people of the organisation alone: the wall shows a customer no other membership.
CREATE FUNCTION organisation_people(p_account uuid)
RETURNS TABLE (member_id uuid, user_id uuid, name text, email text, status text, last_activity_at timestamptz)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $f$
  SELECT a.id, m.user_id, m.display_name, m.email, m.status, m.last_activity_at
  FROM public.account_member a JOIN public.membership m ON m.tenant_id = a.tenant_id AND m.user_id = a.user_id
  WHERE a.tenant_id = nullif(current_setting('portico.tenant_id', true), '')::uuid AND a.account_id = p_account
    AND p_account = any(nullif(current_setting('portico.accounts', true), '')::uuid[])
$f$;

-- What the holder of a link is shown. has_login: somebody can sign in with the address; told to nobody else.
CREATE FUNCTION invitation_peek(p_hash bytea)
RETURNS TABLE (account text, email text, inviter text, role text, expires_at timestamptz, has_login boolean)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $f$
  SELECT c.name, i.email, i.inviter, i.role, i.expires_at,
    EXISTS (SELECT 1 FROM public.app_user u WHERE u.email = i.email AND u.email_verified_at IS NOT NULL)
  FROM public.account_invitation i
  JOIN public.account c ON c.tenant_id = i.tenant_id AND c.id = i.account_id AND c.status = 'active'
  WHERE i.tenant_id = nullif(current_setting('portico.tenant_id', true), '')::uuid AND i.token_hash = p_hash
    AND i.status = 'open' AND i.expires_at > now()
$f$;

-- An invitation takes effect, once: its row is locked, and open no more afterwards. Only for its own, confirmed address.
CREATE FUNCTION invitation_take(p_hash bytea, p_user uuid) RETURNS TABLE (result text, account_id uuid, member_id uuid)
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $f$
#variable_conflict use_column
DECLARE
  here uuid := nullif(current_setting('portico.tenant_id', true), '')::uuid;
  person public.app_user; asked public.account_invitation; known public.membership; was text;
BEGIN
  SELECT * INTO asked FROM public.account_invitation i WHERE i.tenant_id = here AND i.token_hash = p_hash AND i.status = 'open'
    AND i.expires_at > now() FOR UPDATE;
  IF NOT FOUND OR NOT EXISTS (SELECT 1 FROM public.account c WHERE c.tenant_id = here AND c.id = asked.account_id
                              AND c.status = 'active') THEN
    result := 'expired'; RETURN NEXT; RETURN;
  END IF;
  SELECT * INTO person FROM public.app_user u WHERE u.id = p_user AND u.status = 'active' AND u.email_verified_at IS NOT NULL;
  IF NOT FOUND OR person.email <> asked.email THEN result := 'other-address'; RETURN NEXT; RETURN; END IF;
  SELECT * INTO known FROM public.membership m WHERE m.tenant_id = here AND m.user_id = p_user FOR UPDATE;
  IF known.kind = 'staff' THEN result := 'staff'; RETURN NEXT; RETURN; END IF;
  IF known.barred THEN result := 'barred'; RETURN NEXT; RETURN; END IF;
  was := known.status;
  UPDATE public.account_invitation i SET status = 'accepted', answered_at = now(), updated_at = now()
    WHERE i.tenant_id = here AND i.id = asked.id;
  INSERT INTO public.membership (tenant_id, id, user_id, kind, roles, status, display_name, email, locale)
    VALUES (here, uuidv7(), p_user, 'customer', '{customer}', 'active', person.name, person.email, person.locale)
    ON CONFLICT (tenant_id, user_id) DO UPDATE SET status = 'active', updated_at = now();
  -- Who is there already stays what they are; who comes back gets what they are invited to.
  INSERT INTO public.account_member AS a (tenant_id, id, account_id, user_id, role, reach, site_ids, limit_amount, limit_currency)
    SELECT here, uuidv7(), asked.account_id, p_user, asked.role, asked.reach,
      coalesce((SELECT array_agg(s.id) FROM public.account_site s WHERE s.tenant_id = here AND s.account_id = asked.account_id
                AND s.closed_at IS NULL AND s.id = any(asked.site_ids)), '{}'),
      asked.limit_amount, asked.limit_currency
    ON CONFLICT (tenant_id, account_id, user_id) DO UPDATE SET role = excluded.role, reach = excluded.reach,
      site_ids = excluded.site_ids, limit_amount = excluded.limit_amount, limit_currency = excluded.limit_currency,
      approver_id = NULL, updated_at = now()
      WHERE was IS DISTINCT FROM 'active'
    RETURNING a.id INTO member_id;
  account_id := asked.account_id;
  result := 'accepted';
  RETURN NEXT;
END $f$;

-- The person in scope accepts.
CREATE FUNCTION invitation_accept(p_hash bytea) RETURNS TABLE (result text, account_id uuid, member_id uuid)
LANGUAGE sql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $f$
  SELECT t.result, t.account_id, t.member_id
    FROM public.invitation_take(p_hash, nullif(current_setting('portico.user_id', true), '')::uuid) t
$f$;

-- Somebody without a login makes one and accepts: the link proves the address. A login that is confirmed is left alone.
CREATE FUNCTION invitation_enrol(p_hash bytea, p_name text, p_password_hash text, p_locale text)
RETURNS TABLE (result text, account_id uuid, member_id uuid, user_id uuid, email text)
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $f$
#variable_conflict use_column
BEGIN
  SELECT p.email INTO email FROM public.invitation_peek(p_hash) p;
  IF NOT FOUND THEN result := 'expired'; RETURN NEXT; RETURN; END IF;
  INSERT INTO public.app_user AS u (id, email, name, password_hash, email_verified_at, locale)
    VALUES (uuidv7(), invitation_enrol.email, p_name, p_password_hash, now(), p_locale)
    ON CONFLICT ON CONSTRAINT uq_app_user_email DO UPDATE SET name = excluded.name, password_hash = excluded.password_hash,
      email_verified_at = excluded.email_verified_at, locale = excluded.locale
      WHERE u.email_verified_at IS NULL
    RETURNING u.id INTO user_id;
  IF user_id IS NULL THEN result := 'known'; RETURN NEXT; RETURN; END IF;
  SELECT t.result, t.account_id, t.member_id INTO result, account_id, member_id FROM public.invitation_take(p_hash, user_id) t;
  RETURN NEXT;
END $f$;
