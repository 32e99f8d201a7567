"""Background work: writes and checks what has still to be, a batch at a time."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import sqlalchemy as sa

from portico import events
from portico.jobs import Retry, enqueue
from portico_einvoices import checks, parties
from portico_einvoices.errors import RulesUnavailableError
from portico_einvoices.models import CHECK
from portico_invoices.models import INVOICE
from portico_invoices.reading import today

PREPARE = "einvoices.prepare"
CHANGED = "einvoices.changed"
TIME_LIMIT_S = 600


def check(job: Any) -> None:
    """Goes on by itself while there is more, so that other jobs of the company get their turn in between."""
    with job.session() as db:
        due = checks.due(db, today(job.tenant))
    if due and _work(job, due):
        with job.session() as db:
            enqueue(db, parties.CHECK_JOB, unique=parties.CHECK_JOB)


def prepare(job: Any, invoice_id: str) -> None:
    """One that somebody waits for."""
    with job.session() as db:
        fresh = checks.state(db, UUID(invoice_id)) is not None or not checks.possible(db)
    if not fresh:
        _work(job, [UUID(invoice_id)])


def anew(job: Any) -> None:
    """By night all are written anew: addresses are other plugins', who tell nobody of a change."""
    with job.session() as db:
        if checks.possible(db):
            db.execute(sa.update(CHECK).values(invoice_digest=b""))
            enqueue(db, parties.CHECK_JOB, unique=parties.CHECK_JOB)


def _work(job: Any, invoice_ids: list[UUID]) -> int:
    with job.session() as db:
        written = checks.write(db, job.tenant.locale, invoice_ids)
    try:
        judged = checks.judge(written)
    except RulesUnavailableError as error:
        raise Retry(None, "the rules of e-invoices do not answer") from error
    with job.session() as db:
        kept = checks.keep(db, judged)
        rows = db.execute(sa.select(INVOICE).where(INVOICE.c.id.in_([one.invoice_id for one in judged])))
        for row in rows:
            events.nudge(
                db, CHANGED, account_id=row.account_id, site_id=row.site_id, author_id=row.author_id, subject=("invoice", row.id)
            )
    return kept


def register(jobs: Any) -> None:
    jobs.actor(parties.CHECK_JOB, check, max_attempts=5, time_limit_s=TIME_LIMIT_S)
    jobs.actor(PREPARE, prepare, max_attempts=5, time_limit_s=TIME_LIMIT_S)
    jobs.actor("einvoices.anew", anew, max_attempts=3)
    jobs.periodic(parties.CHECK_JOB, every_s=60, per="tenant")
    jobs.periodic("einvoices.anew", every_s=86400, per="tenant", at_night=True)
