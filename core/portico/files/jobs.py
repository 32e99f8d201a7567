"""What happens to files beside the pages: they are scanned, their content is deleted, and what nobody attached goes."""

from __future__ import annotations

import logging
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from portico import audit, events
from portico.db.types import now
from portico.files import service
from portico.files.models import CLEAN, REFUSED, SCANNING, File
from portico.files.scanning import ScannerAwayError, Verdict, scan
from portico.files.sealing import FileCipher, sealed_size
from portico.jobs import Retry, enqueue

log = logging.getLogger("portico.files")
AGAIN_S = 20.0


def register(jobs: Any) -> None:
    jobs.actor(service.SCAN, scan_file, time_limit_s=180, max_age_s=30 * 86_400)
    jobs.actor(service.FORGET, forget, max_attempts=20)
    jobs.actor(service.SWEEP, sweep)
    jobs.periodic(service.SWEEP, every_s=3600)


def scan_file(job: Any, file_id: str) -> None:
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


def _settle(job: Any, file_id: UUID, verdict: Verdict) -> None:
    good = verdict.outcome == "clean"
    values = {"state": CLEAN, "problem": ""} if good else {"state": REFUSED, "problem": "virus", "finding": verdict.finding}
    with job.session() as db:
        row = db.execute(
            sa.update(File)
            .where(File.id == file_id, File.state == SCANNING)
            .values(**values)
            .returning(File.object_name, File.name, File.owner_id, *_WHOSE)
        ).one_or_none()
        if row is None:
            return
        if not good:
            enqueue(db, service.FORGET, names=[row.object_name])
            audit.record(
                db, "files.infected", subject=("file", file_id), after={"file": row.name, "finding": verdict.finding,
                                                                         "owner": str(row.owner_id or "")}
            )
        _tell(db, row)


def _note(job: Any, file_id: UUID, problem: str) -> None:
    with job.session() as db:
        row = db.execute(
            sa.update(File)
            .where(File.id == file_id, File.state == SCANNING, File.problem != problem)
            .values(problem=problem)
            .returning(*_WHOSE)
        ).one_or_none()
        if row is not None:
            _tell(db, row)


_WHOSE = (File.account_id, File.site_id, File.author_id, File.subject_id, File.kind)


def _tell(db: Any, row: Any) -> None:
    """Open pages that show the record."""
    whose = {"account_id": row.account_id, "site_id": row.site_id, "author_id": row.author_id}
    subject = ("files", row.subject_id) if row.subject_id else None
    events.nudge(db, "files.changed", **whose, subject=subject)


def forget(job: Any, names: list[str]) -> None:
    """The content of files whose rows are gone."""
    for name in names:
        job.check()
        job.portico.files.storage.delete(name)


def sweep(job: Any) -> None:
    """Every hour: files that were never attached, or never arrived whole."""
    with job.session() as db:
        gone = service.forget_loose(db, File.created_at < now() - service.LOOSE_FOR)
        if gone:
            audit.record(db, "files.swept", subject=("tenant", job.tenant.id), after={"count": gone})
