"""What happens to files beside the pages: they are scanned, their content is deleted, and what nobody attached goes.

Their previews are made in `preview_jobs`.
"""

from __future__ import annotations

import logging
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from portico import audit
from portico.db.types import now
from portico.files import preview_jobs, previews, service
from portico.files.events import WHOSE, tell
from portico.files.models import CLEAN, REFUSED, SCANNING, File
from portico.files.scanning import ScannerAwayError, Verdict, scan
from portico.files.sealing import FileCipher, sealed_size
from portico.jobs import Retry, enqueue
from portico.jobs.job import Job

log = logging.getLogger("portico.files")
AGAIN_S = 20.0
PREVIEWS_AT_ONCE = 200


def register(jobs: Any) -> None:
    jobs.actor(service.SCAN, scan_file, time_limit_s=180, max_age_s=30 * 86_400)
    jobs.actor(service.FORGET, forget, max_attempts=20)
    jobs.actor(service.SWEEP, sweep)
    jobs.periodic(service.SWEEP, every_s=3600)
    preview_jobs.register(jobs)


def scan_file(job: Job, file_id: str) -> None:
    """Until the scanner has answered, nobody gets the file; it is asked again for as long as it takes."""
    files: service.Files = job.portico.files
    with job.session() as db:
        file = db.execute(
            sa.select(File.id, File.size, File.object_name).where(File.id == UUID(file_id), File.state == SCANNING)
        ).one_or_none()
    if file is None:
        return
    if not files.scanner:  # the operator took it away: what waits for it is as free as what comes now
        _settle(job, file.id, Verdict("clean"))
        return
    cipher = FileCipher(files.key(job.tenant, file.id), job.tenant.id, file.id, file.size)
    content = cipher.open(files.storage.read(file.object_name, 0, sealed_size(file.size)))
    try:
        verdict = scan(files.scanner, content)
    except ScannerAwayError as error:
        log.error("files cannot be scanned, and are kept back: %s", error)
        _note(job, file.id, "scanner-away")
        raise Retry(after_s=AGAIN_S, reason=str(error)) from error
    if verdict.outcome == "too-large":
        log.error("file %s is larger than clamd takes (StreamMaxLength) and is kept back", file.id)
        _note(job, file.id, "scanner-limit")
        return
    _settle(job, file.id, verdict)


def _settle(job: Job, file_id: UUID, verdict: Verdict) -> None:
    good = verdict.outcome == "clean"
    values = {"state": CLEAN, "problem": ""} if good else {"state": REFUSED, "problem": "virus", "finding": verdict.finding}
    with job.session() as db:
        row = db.execute(
            sa.update(File)
            .where(File.id == file_id, File.state == SCANNING)
            .values(**values)
            .returning(File.object_name, File.name, File.media_type, File.owner_id, *WHOSE)
        ).one_or_none()
        if row is None:
            return
        if good:
            previews.begin(db, file_id, row.media_type)
        else:
            enqueue(db, service.FORGET, names=[row.object_name])
            audit.record(
                db, "files.infected", subject=("file", file_id), after={"file": row.name, "finding": verdict.finding,
                                                                         "owner": str(row.owner_id or "")}
            )
        tell(db, row)


def _note(job: Job, file_id: UUID, problem: str) -> None:
    with job.session() as db:
        row = db.execute(
            sa.update(File)
            .where(File.id == file_id, File.state == SCANNING, File.problem != problem)
            .values(problem=problem)
            .returning(*WHOSE)
        ).one_or_none()
        if row is not None:
            tell(db, row)


def forget(job: Job, names: list[str]) -> None:
    """The content of files whose rows are gone."""
    for name in names:
        job.check()
        job.portico.files.storage.delete(name)


def sweep(job: Job) -> None:
    """Every hour: files that were never attached, or never arrived whole, go; some of those without previews get theirs."""
    with job.session() as db:
        gone = service.forget_loose(db, File.created_at < now() - service.LOOSE_FOR)
        if gone:
            audit.record(db, "files.swept", subject=("tenant", job.tenant.id), after={"count": gone})
        previews.overdue(db, PREVIEWS_AT_ONCE)
