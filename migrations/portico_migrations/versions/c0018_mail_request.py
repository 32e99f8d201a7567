"""Which request caused a mail; its job says so too."""

from alembic import op

from portico.db.definer import create_definer_functions

revision = "c0018"
down_revision = "c0017"
branch_labels = None
depends_on = None

MAIL_TRIGGER = """
CREATE FUNCTION mail_to_job() RETURNS trigger LANGUAGE plpgsql
SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $f$
BEGIN
  INSERT INTO public.job (id, tenant_id, queue, actor, args, request_id)
    VALUES (uuidv7(), NEW.tenant_id, 'mail', CASE WHEN NEW.tenant_id IS NULL THEN 'notify.send_apex_mail' ELSE 'notify.send_mail' END,
            jsonb_build_object('mail_id', NEW.id), NEW.request_id);
  PERFORM pg_notify('portico_job', 'mail');
  RETURN NULL;
END $f$;
CREATE TRIGGER mail_to_job AFTER INSERT ON mail FOR EACH ROW WHEN (NEW.status = 'queued') EXECUTE FUNCTION mail_to_job();
"""


def upgrade() -> None:
    run = op.get_bind().exec_driver_sql
    run("ALTER TABLE mail ADD COLUMN request_id text NOT NULL DEFAULT ''")
    run("DROP TRIGGER mail_to_job ON mail")
    run("DROP FUNCTION mail_to_job()")
    create_definer_functions(op, MAIL_TRIGGER, {"mail_to_job()": ()})


def downgrade() -> None:
    raise RuntimeError("mails keep which request caused them: restore a backup instead")
