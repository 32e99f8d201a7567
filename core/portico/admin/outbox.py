"""The mails of a company: sent, waiting, failed and why. Their texts are not read: they may hold links for one person."""

from __future__ import annotations

import datetime as dt
import uuid
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from portico import audit
from portico.errors import ConflictError, NotFoundError
from portico.jobs import enqueue
from portico.notify.mail import JOB
from portico.notify.models import Mail
from portico.web.i18n import _
from portico.web.pagination import Page, paginate

STATES = ("failed", "queued", "sent")


def page(db: Session, state: str, search: str, cursor: str | None) -> Page[Any]:
    query = sa.select(
        Mail.id,
        Mail.recipient,
        Mail.kind,
        Mail.subject,
        Mail.status,
        Mail.attempts,
        Mail.error,
        Mail.created_at,
        Mail.sent_at,
    )
    if state in STATES:
        query = query.where(Mail.status == state)
    if search.strip():
        query = query.where(Mail.recipient.contains(search.strip()[:100].lower(), autoescape=True))
    keys = [(Mail.created_at, dt.datetime.fromisoformat), (Mail.id, uuid.UUID)]
    return paginate(db, query, keys, cursor=cursor)  # type: ignore[arg-type]


def failed(db: Session) -> int:
    return db.scalar(sa.select(sa.func.count()).select_from(Mail).where(Mail.status == "failed")) or 0


def retry(db: Session, mail_id: uuid.UUID) -> None:
    """Send a failed mail again. Raises NotFoundError, ConflictError."""
    mail = db.scalars(sa.select(Mail).where(Mail.id == mail_id).with_for_update()).one_or_none()
    if mail is None:
        raise NotFoundError
    if mail.status != "failed":
        raise ConflictError(_("This mail did not fail: it was sent, or is about to be."))
    mail.status, mail.error = "queued", None
    enqueue(db, JOB, mail_id=mail_id, unique=f"{JOB}/{mail_id}")
    audit.record(db, "mail.retry", subject=("mail", mail_id), after={"recipient": mail.recipient})
