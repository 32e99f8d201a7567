CREATE TABLE file (
  tenant_id uuid NOT NULL,
  id uuid NOT NULL,
  account_id uuid,
  site_id uuid,
  author_id uuid,
  owner_id uuid,
  owner text NOT NULL DEFAULT '',
  name text NOT NULL,
  media_type text NOT NULL,
  size bigint NOT NULL,
  digest text NOT NULL,
  active boolean NOT NULL DEFAULT false,
  state text NOT NULL,
  problem text NOT NULL DEFAULT '',
  finding text NOT NULL DEFAULT '',
  kind text,
  subject_id uuid,
  object_name text NOT NULL,
  created_at timestamptz NOT NULL DEFAULT now(),
  attached_at timestamptz,
  CONSTRAINT pk_file PRIMARY KEY (tenant_id, id),
  CONSTRAINT ck_file_state CHECK (state in ('arriving', 'scanning', 'clean', 'refused')),
  CONSTRAINT ck_file_subject CHECK ((kind is null) = (subject_id is null)),
  CONSTRAINT ck_file_name CHECK (length(name) between 1 and 200),
  CONSTRAINT uq_file_tenant_id_object_name UNIQUE (tenant_id, object_name),
  CONSTRAINT fk_file_tenant_id_account_id FOREIGN KEY (tenant_id, account_id) REFERENCES account (tenant_id, id)
    ON DELETE RESTRICT
);
CREATE INDEX ix_file_subject ON file (tenant_id, kind, subject_id, id);
CREATE INDEX ix_file_loose ON file (tenant_id, created_at) WHERE kind is null;

CREATE TABLE file_key (
  tenant_id uuid NOT NULL,
  id uuid NOT NULL,
  file_id uuid NOT NULL,
  field text NOT NULL,
  sealed bytea NOT NULL,
  key_version integer NOT NULL,
  CONSTRAINT pk_file_key PRIMARY KEY (tenant_id, id),
  CONSTRAINT uq_file_key_tenant_id_file_id_field UNIQUE (tenant_id, file_id, field),
  CONSTRAINT fk_file_key_tenant_id_file_id FOREIGN KEY (tenant_id, file_id) REFERENCES file (tenant_id, id)
    ON DELETE CASCADE
);
