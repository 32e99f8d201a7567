"""The job that makes a file's previews."""

from __future__ import annotations

import logging
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from portico.files import excerpts, previews, rendering
from portico.files.errors import StorageAwayError
from portico.files.events import WHOSE, tell
from portico.files.models import CLEAN, FAILED, READY, WAITING, File
from portico.files.names import extension_of
from portico.files.previews import Bundle
from portico.files.sealing import BrokenFileError
from portico.jobs import Retry
from portico.jobs.job import Job

log = logging.getLogger("portico.files")
AGAIN_S = 20.0
BUSY_S = 3.0
TIME_LIMIT_S = 150


def register(jobs: Any) -> None:
    jobs.actor(previews.MAKE, make, time_limit_s=TIME_LIMIT_S)


def make(job: Job, file_id: str, name: str) -> None:
    """name: of the object that they become. Drawing has limits of its own; what runs into them has no previews, and says so."""
    files = job.portico.files
    with job.session() as db:
        file = db.execute(
            sa.select(*previews.COLUMNS, File.object_name).where(File.id == UUID(file_id), File.preview_object == name)
        ).one_or_none()
    if file is None:
        files.storage.delete(name)
        return
    if file.state != CLEAN or file.preview != WAITING:
        return
    try:
        bundle, pages, problem = _made(job, file)
        if bundle is not None:
            job.check()
            bundle.store(files, job.tenant, file.id, name)
    except rendering.BusyDrawingError:
        raise Retry(after_s=BUSY_S, reason="another preview is being drawn") from None
    except StorageAwayError as error:
        raise Retry(after_s=AGAIN_S, reason="the storage does not answer") from error
    except BrokenFileError:
        log.exception("file %s does not open", file.id)
        bundle, pages, problem = None, 0, "unreadable"
    if problem:
        log.warning("no preview of file %s: %s", file.id, problem)
    if not _settle(job, file, name, bundle, pages, problem):
        files.storage.delete(name)


def _made(job: Job, file: Any) -> tuple[Bundle | None, int, str]:
    """The previews, the pages of the document, why there are none."""
    files, kind = job.portico.files, previews.KINDS[file.media_type]
    if kind == "text":
        whole = file.size <= excerpts.MOST_BYTES
        data = b"".join(previews.content(files, job.tenant, file, excerpts.MOST_BYTES))
        return Bundle.of_excerpt(excerpts.excerpt(data, extension_of(file.name), whole)), 0, ""
    content = previews.content(files, job.tenant, file)
    drawn = rendering.draw(kind, content, files.preview_pages)
    return (Bundle.of_pictures(drawn.pictures) if drawn.pictures else None), drawn.pages, drawn.problem


def _settle(job: Job, file: Any, name: str, bundle: Bundle | None, pages: int, problem: str) -> bool:
    """False: the file is gone meanwhile, or others were asked for."""
    values: dict[str, Any] = {"preview": FAILED, "preview_problem": problem, "preview_object": ""}
    if bundle is not None:
        values = {"preview": READY, "preview_pages": pages, "preview_size": bundle.size, "preview_parts": bundle.parts}
    with job.session() as db:
        row = db.execute(
            sa.update(File)
            .where(File.id == file.id, File.state == CLEAN, File.preview == WAITING, File.preview_object == name)
            .values(**values)
            .returning(*WHOSE)
        ).one_or_none()
        if row is not None:
            if bundle is not None:
                bundle.keep_key(db, job.portico.files, file.id)
            tell(db, row)
    return row is not None
