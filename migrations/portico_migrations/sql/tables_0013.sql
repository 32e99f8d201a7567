-- Customer organisations: roles, reach, limits, sites, invitations.

ALTER TABLE membership ADD COLUMN barred boolean NOT NULL DEFAULT false;
-- Who ended these is not known; an invitation must not undo what staff did.
UPDATE membership SET barred = true WHERE status = 'inactive';

ALTER TABLE account_member
  ADD COLUMN reach text NOT NULL DEFAULT 'all',
  ADD COLUMN site_ids uuid[] NOT NULL DEFAULT '{}',
  ADD COLUMN limit_amount numeric(18, 4),
  ADD COLUMN limit_currency text,
  ADD COLUMN approver_id uuid;
UPDATE account_member SET role = 'purchaser' WHERE role NOT IN ('owner', 'purchaser', 'finance', 'viewer');
-- An organisation without an owner gets the person who has been there longest.
UPDATE account_member SET role = 'owner' WHERE id IN (
  SELECT DISTINCT ON (a.tenant_id, a.account_id) a.id FROM account_member a
    JOIN membership m ON m.tenant_id = a.tenant_id AND m.user_id = a.user_id AND m.status = 'active'
  WHERE NOT EXISTS (SELECT 1 FROM account_member o JOIN membership om ON om.tenant_id = o.tenant_id AND om.user_id = o.user_id
    AND om.status = 'active' WHERE o.tenant_id = a.tenant_id AND o.account_id = a.account_id AND o.role = 'owner')
  ORDER BY a.tenant_id, a.account_id, a.created_at);
ALTER TABLE account_member
  ADD CONSTRAINT ck_account_member_role CHECK (role in ('owner', 'purchaser', 'finance', 'viewer')),
  ADD CONSTRAINT ck_account_member_reach CHECK (reach in ('own', 'site', 'all')),
  ADD CONSTRAINT ck_account_member_owner CHECK (role <> 'owner' or (reach = 'all' and limit_amount is null)),
  ADD CONSTRAINT ck_account_member_limit CHECK ((limit_amount is null) = (limit_currency is null) and limit_amount >= 0),
  ADD CONSTRAINT ck_account_member_approver CHECK (approver_id <> user_id);

CREATE TABLE account_site (
  tenant_id uuid NOT NULL,
  id uuid NOT NULL,
  account_id uuid NOT NULL,
  name text NOT NULL,
  address text NOT NULL DEFAULT '',
  closed_at timestamptz,
  created_at timestamptz NOT NULL DEFAULT now(),
  updated_at timestamptz NOT NULL DEFAULT now(),
  CONSTRAINT pk_account_site PRIMARY KEY (tenant_id, id),
  CONSTRAINT fk_account_site_tenant_id_account_id FOREIGN KEY (tenant_id, account_id)
    REFERENCES account (tenant_id, id) ON DELETE CASCADE
);
CREATE UNIQUE INDEX uq_account_site_name ON account_site (tenant_id, account_id, name) WHERE closed_at IS NULL;

CREATE TABLE account_invitation (
  tenant_id uuid NOT NULL,
  id uuid NOT NULL,
  account_id uuid NOT NULL,
  email text NOT NULL,
  role text NOT NULL,
  reach text NOT NULL,
  site_ids uuid[] NOT NULL DEFAULT '{}',
  limit_amount numeric(18, 4),
  limit_currency text,
  token_hash bytea NOT NULL,
  invited_by uuid,
  inviter text NOT NULL,
  locale text NOT NULL,
  status text NOT NULL DEFAULT 'open',
  sent_at timestamptz NOT NULL,
  expires_at timestamptz NOT NULL,
  answered_at timestamptz,
  created_at timestamptz NOT NULL DEFAULT now(),
  updated_at timestamptz NOT NULL DEFAULT now(),
  CONSTRAINT pk_account_invitation PRIMARY KEY (tenant_id, id),
  CONSTRAINT uq_account_invitation_token_hash UNIQUE (token_hash),
  CONSTRAINT ck_account_invitation_status CHECK (status in ('open', 'accepted', 'revoked')),
  CONSTRAINT ck_account_invitation_role CHECK (role in ('owner', 'purchaser', 'finance', 'viewer')),
  CONSTRAINT ck_account_invitation_reach CHECK (reach in ('own', 'site', 'all')),
  CONSTRAINT ck_account_invitation_owner CHECK (role <> 'owner' or (reach = 'all' and limit_amount is null)),
  CONSTRAINT fk_account_invitation_tenant_id_account_id FOREIGN KEY (tenant_id, account_id)
    REFERENCES account (tenant_id, id) ON DELETE CASCADE
);
CREATE UNIQUE INDEX uq_account_invitation_open ON account_invitation (tenant_id, account_id, email) WHERE status = 'open';

ALTER TABLE event ADD COLUMN site_id uuid, ADD COLUMN author_id uuid;
CREATE INDEX ix_event_site ON event (tenant_id, site_id) WHERE site_id IS NOT NULL;
CREATE INDEX ix_event_author ON event (tenant_id, author_id) WHERE author_id IS NOT NULL;
