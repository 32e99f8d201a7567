CREATE TABLE notification_choice (
  tenant_id uuid NOT NULL,
  id uuid NOT NULL,
  user_id uuid NOT NULL,
  kind text NOT NULL,
  portal boolean NOT NULL,
  mail boolean NOT NULL,
  updated_at timestamptz NOT NULL,
  CONSTRAINT pk_notification_choice PRIMARY KEY (tenant_id, id),
  CONSTRAINT uq_notification_choice_tenant_id_user_id_kind UNIQUE (tenant_id, user_id, kind),
  CONSTRAINT fk_notification_choice_user_id FOREIGN KEY (user_id) REFERENCES app_user (id) ON DELETE CASCADE
);
