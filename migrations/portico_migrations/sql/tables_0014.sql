CREATE TABLE approval (
  tenant_id uuid NOT NULL,
  id uuid NOT NULL,
  account_id uuid NOT NULL,
  site_id uuid,
  author_id uuid,
  kind text NOT NULL,
  subject_type text NOT NULL,
  subject_id text NOT NULL,
  data jsonb NOT NULL DEFAULT '{}',
  amount numeric(18, 4) NOT NULL,
  currency text NOT NULL,
  note text NOT NULL DEFAULT '',
  author text NOT NULL DEFAULT '',
  approver_id uuid,
  status text NOT NULL DEFAULT 'open',
  reason text NOT NULL DEFAULT '',
  decided_by uuid,
  decider text NOT NULL DEFAULT '',
  decided_at timestamptz,
  created_at timestamptz NOT NULL DEFAULT now(),
  updated_at timestamptz NOT NULL DEFAULT now(),
  CONSTRAINT pk_approval PRIMARY KEY (tenant_id, id),
  CONSTRAINT ck_approval_status CHECK (status in ('open', 'approved', 'declined', 'withdrawn')),
  CONSTRAINT ck_approval_decider CHECK (status not in ('approved', 'declined') or decided_by <> author_id),
  CONSTRAINT fk_approval_tenant_id_account_id FOREIGN KEY (tenant_id, account_id) REFERENCES account (tenant_id, id)
    ON DELETE CASCADE
);
CREATE UNIQUE INDEX uq_approval_open ON approval (tenant_id, subject_type, subject_id) WHERE status = 'open';
CREATE INDEX ix_approval_account ON approval (tenant_id, account_id, status, id DESC);
