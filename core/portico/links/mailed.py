"""What a notice's mail carries of a link: its address, its secret, and until when it is good."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import urlencode

from sqlalchemy.orm import Session

from portico.jobs.job import Job
from portico.links import service
from portico.links.terms import MailLink


@dataclass(frozen=True)
class Mailed:
    """acts: something can be done there besides looking."""

    address: str
    secret: str
    until: datetime
    acts: bool


def link_for(db: Session, job: Job, link: MailLink | None, event: Any, person: Any, locale: str) -> Mailed | None:
    """Of the event's subject, for one of its organisation. None: the mail has none, and leads to the page behind the sign-in."""
    if link is None or event.subject_id is None or event.account_id is None:
        return None
    subject_id = uuid.UUID(event.subject_id)
    terms = link.find(db, subject_id)
    if terms is None or terms.account_id != event.account_id:
        return None
    whose = {"user_id": person.user_id, "recipient": person.display_name, "email": person.email}
    secret = service.make(db, link.purpose, subject_id, terms, **whose)
    base = job.portico.tenant_url(job.tenant) + job.portico.routes.by_name[link.route].pattern
    query = urlencode({"token": secret, "lang": locale})
    return Mailed(f"{base}?{query}", secret, terms.expires_at, terms.acts)
