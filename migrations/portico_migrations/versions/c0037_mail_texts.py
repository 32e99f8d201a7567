"""The words that a company gives its own mails."""

from alembic import op

from portico.db.definer import create_definer_functions
from portico.db.policies import Wall, apply_wall

revision = "c0037"
down_revision = "c0036"
branch_labels = None
depends_on = None

TABLE = """
CREATE TABLE mail_text (
  tenant_id uuid NOT NULL,
  id uuid NOT NULL,
  mail text NOT NULL,
  locale text NOT NULL,
  subject text NOT NULL,
  heading text NOT NULL,
  opening text NOT NULL,
  closing text NOT NULL,
  button text NOT NULL,
  updated_at timestamptz NOT NULL,
  CONSTRAINT pk_mail_text PRIMARY KEY (tenant_id, id),
  CONSTRAINT uq_mail_text_tenant_id_mail_locale UNIQUE (tenant_id, mail, locale)
);
"""
FUNCTIONS = """
-- Every process knows with its next request or job that it has to read them anew.
CREATE FUNCTION mail_text_config_version() RETURNS trigger LANGUAGE plpgsql
SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $f$
BEGIN
  UPDATE public.tenant SET config_version = config_version + 1
    WHERE id = CASE WHEN TG_OP = 'DELETE' THEN OLD.tenant_id ELSE NEW.tenant_id END;
  RETURN NULL;
END $f$;
CREATE TRIGGER config_version AFTER INSERT OR UPDATE OR DELETE ON mail_text
  FOR EACH ROW EXECUTE FUNCTION mail_text_config_version();
"""


def upgrade() -> None:
    op.get_bind().exec_driver_sql(TABLE)
    apply_wall(op, "mail_text", Wall(customer="tenant"))
    create_definer_functions(op, FUNCTIONS, {"mail_text_config_version()": ()})


def downgrade() -> None:
    raise RuntimeError("a company's own words are not thrown away: restore a backup instead")
