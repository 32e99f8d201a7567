"""Puts the document of a record on the mail that tells of it, when that is sent, in the language of whoever gets it."""

from __future__ import annotations

import logging
from email.message import EmailMessage
from typing import Any
from uuid import UUID

from portico.documents.errors import DocumentError
from portico.documents.giving import kind_of
from portico.documents.paper import settings_of
from portico.documents.service import Made
from portico.errors import BusyError, NotFoundError
from portico.jobs import Retry
from portico.jobs.job import Job
from portico.tenancy.tenant import Tenant

log = logging.getLogger("portico.documents")
MOST_BYTES = 5 << 20
"""A larger one is left out: many mail servers refuse mails of 10 MB, and an attachment grows by a third on its way."""
BUSY_S = 3.0


def wanted(tenant: Tenant, kind: str, record_id: Any, locale: str) -> dict[str, str] | None:
    """What `mail.document` keeps, if the company switched it on. kind: the name of a DocumentKind, "" for none."""
    if not kind or not record_id or not settings_of(tenant).get("attached"):
        return None
    return {"kind": kind, "id": str(record_id), "locale": locale}


def attach(job: Job, asked: dict[str, str] | None, mail: EmailMessage) -> None:
    """The record as it is now. A mail goes out without what cannot be made, for it matters more. Raises Retry where as many
    are being made as can be."""
    if not asked or job.tenant is None:
        return
    documents = job.portico.documents
    try:
        with job.session() as db:
            kind = kind_of(db, asked["kind"])
            record = kind.find(db, UUID(asked["id"]))
            if record is None:
                raise NotFoundError
        found = kind.issued(job.portico, job.tenant, record) if kind.issued else None
        if found is not None and len(found[1]) <= MOST_BYTES:
            made = Made(*found)
        else:
            with job.session() as db:
                document = kind.make(db, record, documents.speaker(job.tenant, asked["locale"]))
            made = documents.make(job.tenant, asked["locale"], document)
    except BusyError:
        raise Retry(after_s=BUSY_S, reason="other documents are being made") from None
    except (NotFoundError, DocumentError) as error:
        log.warning("a mail goes out without its %s: %s", asked["kind"], error)
        return
    except Exception:  # a theme's or a plugin's template may be wrong in any way, and the mail is not to wait for that
        log.exception("a mail goes out without its %s", asked["kind"])
        return
    if len(made.content) > MOST_BYTES:
        log.warning("a mail goes out without its %s, of %d bytes", asked["kind"], len(made.content))
        return
    mail.add_attachment(made.content, maintype="application", subtype="pdf", filename=made.name)
