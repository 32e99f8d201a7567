"""For plugins' migrations: files follow the record that they are attached to."""

from __future__ import annotations

from string import Template
from typing import Any

from portico.db.definer import create_definer_functions

_FOLLOW = Template("""
CREATE FUNCTION ${parent}_files_follow() RETURNS trigger LANGUAGE plpgsql VOLATILE
SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$f$$
BEGIN
  UPDATE public.file SET account_id = NEW.account_id, site_id = NEW.site_id, author_id = NEW.author_id
    WHERE tenant_id = NEW.tenant_id AND kind = '${kind}' AND subject_id = NEW.id;
  RETURN NULL;
END $$f$$;
CREATE TRIGGER ${parent}_files AFTER UPDATE OF account_id, site_id, author_id ON ${parent} FOR EACH ROW
  WHEN ((OLD.account_id, OLD.site_id, OLD.author_id) IS DISTINCT FROM (NEW.account_id, NEW.site_id, NEW.author_id))
  EXECUTE FUNCTION ${parent}_files_follow();
""")


def files_follow(op: Any, parent: str, kind: str) -> None:
    """Files attached as `kind` have the account, site and author of their row of `parent`, also when these change: whoever sees
    the record sees its files, and nobody else."""
    text = _FOLLOW.substitute(parent=parent, kind=kind)
    create_definer_functions(op, text, {f"{parent}_files_follow()": ()})
