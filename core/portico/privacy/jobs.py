"""Works off requests, whatever company they were asked in: makes archives, and erases when the time for it has come."""

from __future__ import annotations

import datetime as dt
import logging
from typing import Any

import sqlalchemy as sa

from portico import audit
from portico.db.types import new_id
from portico.identity.sealing import seal
from portico.jobs.job import Job
from portico.notify.mail import queue_mail
from portico.privacy import own_files
from portico.privacy.archive import archive
from portico.privacy.collecting import collect, locked
from portico.privacy.erasing import erase
from portico.privacy.service import ARCHIVE, KEPT_FOR
from portico.tenancy.scope import AUTOMATIC, Scope

log = logging.getLogger("portico.privacy")
LEASE, TRIES, ENOUGH_S = dt.timedelta(minutes=5), 5, 60.0
APEX_MAILS = dt.timedelta(days=365)
"""How long mails are kept that belong to no company."""
WORK, FORGET_MAILS = "privacy.work", "privacy.forget_mails"


def work(job: Job) -> None:
    """Every few seconds. A request that fails is tried again when its lease is over."""
    with job.session() as db:
        db.execute(sa.text("SELECT data_request_expire()"))
        failing = db.execute(sa.text("SELECT * FROM data_requests_failing(:most)"), {"most": TRIES}).all()
    for failed in failing:
        _fail(job, failed)
    while job.remaining_s() > ENOUGH_S:
        with job.session() as db:
            taken = db.execute(sa.text("SELECT * FROM data_request_take(:lease, :tries)"), {"lease": LEASE, "tries": TRIES})
            request = taken.one_or_none()
        if request is None:
            return
        try:
            (_export if request.kind == "export" else _erase)(job, request)
        except Exception:
            log.exception("request %s (%s) failed", request.id, request.kind)


def forget_mails(job: Job) -> None:
    """Once a day: mails of no company, which no company's own rules of retention reach."""
    with job.session() as db:
        db.execute(sa.text("SELECT retain(NULL, :year, :year, :year)"), {"year": APEX_MAILS})


def _export(job: Job, request: Any) -> None:
    portico = job.portico

    def progress(done: int, total: int) -> None:
        values = {"id": request.id, "done": done, "total": total, "lease": LEASE}
        with job.session() as db:
            db.execute(sa.text("SELECT data_request_progress(:id, :done, :total, :lease)"), values)

    without = locked(portico, request.user_id)
    sections = collect(portico, request.user_id, progress, without)
    files = own_files.contents(portico, request.user_id, without)
    values: dict[str, Any] = {"name": request.name, "email": request.email, "files": files, "without": without}
    file = archive(portico, sections, locale=request.locale, **values)
    sealed = seal(portico.settings.master_key, ARCHIVE, request.user_id, file, row=request.id)
    with job.session() as db:
        values = {"id": request.id, "file": sealed, "keep": KEPT_FOR}
        done = db.scalar(sa.text("SELECT data_request_finish(:id, 'ready', :file, :keep)"), values)
    if done:
        _mail(portico, request, f"data-ready/{request.id}", "portico/mail/data-ready", days=KEPT_FOR.days)


def _fail(job: Job, request: Any) -> None:
    """The mail first, once: a crash between the two marks the request the next time."""
    _mail(job.portico, request, f"data-failed/{request.id}", "portico/mail/data-failed", erasure=request.kind == "erasure")
    if request.kind == "erasure":
        with job.portico.sessions.scoped(Scope(user_name=AUTOMATIC, request_id=new_id().hex)) as db:
            audit.record(db, "identity.erasure-failed", subject=("user", request.user_id))
    with job.session() as db:
        values = {"id": request.id, "keep": KEPT_FOR}
        db.execute(sa.text("SELECT data_request_finish(:id, 'failed', NULL, :keep)"), values)


def _mail(portico: Any, request: Any, dedupe: str, template: str, **values: Any) -> None:
    """From the company where it was asked, or from the apex."""
    from portico.app import UnknownTenantError

    scope = Scope()
    if request.tenant_id is not None:
        try:
            scope = portico.system_scope(portico.tenant(request.tenant_id))
        except UnknownTenantError:  # suspended meanwhile
            log.info("request %s: its company is away, so the mail comes from the portal itself", request.id)
    with portico.sessions.scoped(scope) as db:
        queue_mail(
            db,
            portico,
            request.email,
            template,
            locale=request.locale,
            dedupe=dedupe,
            name=request.name,
            link=portico.login_url(scope.tenant) + "/account/data",
            **values,
        )


def _erase(job: Job, request: Any) -> None:
    erase(job.portico, request.user_id)  # the request itself goes with the person
