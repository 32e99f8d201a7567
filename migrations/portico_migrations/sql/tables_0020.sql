CREATE TABLE connection_run (
  tenant_id uuid NOT NULL,
  id uuid NOT NULL,
  connection_id uuid NOT NULL,
  entity text NOT NULL,
  kind text NOT NULL,
  outcome text NOT NULL,
  started_at timestamptz NOT NULL,
  ended_at timestamptz NOT NULL,
  times integer DEFAULT 1 NOT NULL,
  created integer DEFAULT 0 NOT NULL,
  updated integer DEFAULT 0 NOT NULL,
  unchanged integer DEFAULT 0 NOT NULL,
  removed integer DEFAULT 0 NOT NULL,
  problems integer DEFAULT 0 NOT NULL,
  message text,
  samples jsonb DEFAULT '[]'::jsonb NOT NULL,
  CONSTRAINT pk_connection_run PRIMARY KEY (tenant_id, id),
  CONSTRAINT fk_connection_run_tenant_id_connection_id FOREIGN KEY (tenant_id, connection_id)
    REFERENCES connection (tenant_id, id) ON DELETE CASCADE,
  CONSTRAINT ck_connection_run_kind CHECK (kind in ('changes', 'everything', 'trial')),
  CONSTRAINT ck_connection_run_outcome CHECK (outcome in ('done', 'failed', 'refused', 'empty'))
);
CREATE INDEX ix_connection_run_tenant_id_connection_id_id ON connection_run (tenant_id, connection_id, id);
ALTER TABLE connection ADD COLUMN alarmed_at timestamptz;
