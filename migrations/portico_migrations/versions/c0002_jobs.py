"""The job tables, and a trigger that makes a job of every mail in the transaction that writes it."""

from alembic import op

from portico.db.definer import create_definer_functions
from portico.jobs.ddl import CREATE

revision = "c0002"
down_revision = "c0001"
branch_labels = None
depends_on = None

MAIL_TRIGGER = """
CREATE FUNCTION mail_to_job() RETURNS trigger LANGUAGE plpgsql
SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $f$
BEGIN
  INSERT INTO public.job (id, tenant_id, queue, actor, args)
    VALUES (uuidv7(), NEW.tenant_id, 'mail', CASE WHEN NEW.tenant_id IS NULL THEN 'notify.send_apex_mail' ELSE 'notify.send_mail' END,
            jsonb_build_object('mail_id', NEW.id));
  PERFORM pg_notify('portico_job', 'mail');
  RETURN NULL;
END $f$;
CREATE TRIGGER mail_to_job AFTER INSERT ON mail FOR EACH ROW WHEN (NEW.status = 'queued') EXECUTE FUNCTION mail_to_job();
"""


def upgrade() -> None:
    for statement in CREATE:
        op.get_bind().exec_driver_sql(statement)
    op.get_bind().exec_driver_sql("GRANT INSERT ON job TO portico_definer")
    create_definer_functions(op, MAIL_TRIGGER, {"mail_to_job()": ()})


def downgrade() -> None:
    raise RuntimeError("jobs are not undone: restore a backup instead")
