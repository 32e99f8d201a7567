"""Taking files in, attaching them to records, finding and removing them. What plugins call; knows no request.

A file is first stored, in transactions of its own: its row, with its space reserved and its key, then its sealed content. In the
caller's transaction it is attached to a record. So no content is ever without a row, and what is not attached within a day,
because the caller's transaction failed or somebody went away, is removed (`files.sweep`).
"""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import IO, Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session

from portico import audit, events
from portico.connections import keys
from portico.db.types import new_id, now
from portico.errors import BusyError, NotFoundError
from portico.files import formats, previews
from portico.files.errors import InfectedError, NotCleanError, QuotaError, TooManyFilesError
from portico.files.models import ARRIVING, CLEAN, REFUSED, SCANNING, File, FileKey
from portico.files.sealing import FileCipher, key_of, key_text, new_key
from portico.files.storage import Storage
from portico.identity.policy import permits
from portico.jobs import enqueue
from portico.pluginhost.values import AttachmentKind
from portico.tenancy.scope import Scope
from portico.tenancy.tenant import Tenant
from portico.web.i18n import _

LOOSE_FOR = timedelta(days=1)
"""How long a file waits to be attached to a record."""
QUOTA_MB = "files_quota_mb"
"""Key in a company's settings: its space, where it is not the installation's usual one."""
SCAN, FORGET, SWEEP = "files.scan", "files.forget", "files.sweep"
CONTENT = "content"
_WAIT_S = 10.0
COLUMNS = (
    File.id,
    File.account_id,
    File.owner_id,
    File.owner,
    File.name,
    File.media_type,
    File.size,
    File.active,
    File.state,
    File.problem,
    File.finding,
    File.kind,
    File.subject_id,
    File.created_at,
    File.preview,
    File.preview_problem,
    File.preview_parts,
)


@dataclass(frozen=True)
class Subject:
    """A record that files are attached to, and whose it is. kind: the name of an AttachmentKind. type: what the audit trail
    calls such a record."""

    kind: str
    type: str
    id: UUID
    account_id: UUID | None
    site_id: UUID | None = None
    author_id: UUID | None = None


class Files:
    """What taking and giving needs of the application; one of a process. In a session's `info` as "files"."""

    def __init__(self, settings: Any, sessions: Callable[[], Any], system_scope: Callable[[Tenant], Scope], cipher: Any) -> None:
        self.storage = Storage(settings.files_url, settings.home / "files")
        self.most_bytes: int = settings.files_most_mb << 20
        self.scanner: str = settings.clamd
        self.preview_pages: int = settings.files_preview_pages
        self.cipher = cipher
        self._quota_mb: int = settings.files_quota_mb
        self._sessions, self._system_scope = sessions, system_scope
        # The rest of a process's threads stays for pages, however slow the storage is.
        self._slots = threading.BoundedSemaphore(max(1, settings.threads // 2))

    def quota(self, tenant: Tenant) -> int:
        """Bytes."""
        return int(tenant.settings.get(QUOTA_MB, self._quota_mb)) << 20

    @contextmanager
    def system(self, tenant: Tenant) -> Iterator[Session]:
        """A transaction of its own that acts for the company: keys are nothing that a customer's session reads."""
        with self._sessions().scoped(self._system_scope(tenant)) as db:
            yield db

    @contextmanager
    def slot(self) -> Iterator[None]:
        if not self._slots.acquire(timeout=_WAIT_S):
            raise BusyError
        try:
            yield
        finally:
            self._slots.release()

    def key(self, tenant: Tenant, file_id: UUID, field: str = CONTENT) -> bytes:
        """Of its content or its previews. Raises NotFoundError for what is gone."""
        with self.system(tenant) as db:
            found = keys.read_secrets(db, self.cipher, file_id, FileKey)
        if field not in found:
            raise NotFoundError
        return key_of(found[field])


def take(db: Session, name: str, source: IO[bytes], account_id: UUID | None) -> UUID:
    """Check a file, store it, and keep it for its owner, who is the person in scope; `attach` gives it to a record.

    source: can be sought. account_id: the organisation that it will belong to. Call it before anything is locked.
    Raises FileRefusedError (FileTooLargeError, QuotaError), StorageAwayError, BusyError.
    """
    files: Files = db.info["files"]
    scope: Scope = db.info["scope"]
    tenant = scope.tenant
    assert tenant is not None
    with files.slot(), closing(formats.examine(name, source, files.most_bytes)) as examined:
        size, digest = measured(examined.source)
        file = File(
            id=new_id(),
            account_id=account_id,
            author_id=scope.user_id,
            owner_id=scope.user_id,
            owner=scope.user_name,
            name=examined.name,
            media_type=examined.format.media_type,
            size=size,
            digest=digest,
            active=examined.format.active,
            state=ARRIVING,
            object_name=files.storage.new_name(),
        )
        file_id, key = file.id, new_key()
        _reserve(files, tenant, file, key)
        sealed = FileCipher(key, tenant.id, file_id, size).seal(examined.source)
        files.storage.put(file.object_name, sealed)
    state = SCANNING if files.scanner else CLEAN
    db.execute(sa.update(File).where(File.id == file_id, File.state == ARRIVING).values(state=state))
    if state == SCANNING:
        enqueue(db, SCAN, file_id=str(file_id), unique=f"{SCAN}/{file_id}")
    else:
        previews.begin(db, file_id, file.media_type)
    return file_id


def measured(source: IO[bytes]) -> tuple[int, str]:
    """(bytes, SHA-256 in hex); leaves it at its beginning."""
    source.seek(0)
    digest, size = hashlib.sha256(), 0
    while piece := source.read(1 << 20):
        digest.update(piece)
        size += len(piece)
    source.seek(0)
    return size, digest.hexdigest()


def _reserve(files: Files, tenant: Tenant, file: File, key: bytes) -> None:
    """Of two at once, the second sees what the first took."""
    with files.system(tenant) as db:
        db.execute(sa.select(sa.func.pg_advisory_xact_lock(sa.func.hashtextextended(f"files|{tenant.id}", 0))))
        if used(db) + file.size > files.quota(tenant):
            raise QuotaError
        db.add(file)
        db.flush()
        keys.store_secrets(db, files.cipher, file.id, {CONTENT: key_text(key)}, FileKey)


def used(db: Session) -> int:
    """Bytes that the files of the company in scope take."""
    return int(db.scalar(sa.select(sa.func.coalesce(sa.func.sum(File.size), 0)).where(File.state != REFUSED)) or 0)


def attach(db: Session, file_id: UUID, subject: Subject) -> None:
    """Give a file that the person in scope has uploaded to a record of the same organisation; the plugin has checked that they
    may, and holds a lock on the record. Raises NotFoundError, TooManyFilesError."""
    scope: Scope = db.info["scope"]
    most = kinds(db)[subject.kind].most
    present = db.scalar(sa.select(sa.func.count()).where(File.kind == subject.kind, File.subject_id == subject.id)) or 0
    if present >= most:
        raise TooManyFilesError(_("There are ${most} files already, which is the most.", mapping={"most": most}))
    whose = {"account_id": subject.account_id, "site_id": subject.site_id, "author_id": subject.author_id}
    row = db.execute(
        sa.update(File)
        .where(
            File.id == file_id,
            File.kind.is_(None),
            File.owner_id == scope.user_id if scope.user_id is not None else File.owner_id.is_(None),
            File.account_id == subject.account_id if subject.account_id is not None else File.account_id.is_(None),
            File.state != ARRIVING,
            File.created_at > now() - LOOSE_FOR,
        )
        .values(kind=subject.kind, subject_id=subject.id, attached_at=now(), **whose)
        .returning(File.name, File.media_type, File.size, File.digest)
    ).one_or_none()
    if row is None:
        raise NotFoundError
    audit.record(
        db,
        "files.attached",
        subject=(subject.type, subject.id),
        after={"file": row.name, "file_id": str(file_id), "media_type": row.media_type, "size": row.size, "sha256": row.digest},
    )
    _nudge(db, subject)


def of(db: Session, kind: str, subject_id: UUID) -> Sequence[Any]:
    """The columns of COLUMNS of the files of a record, in the order in which they came; behind the wall. One query."""
    query = sa.select(*COLUMNS).where(File.kind == kind, File.subject_id == subject_id, File.state != ARRIVING)
    return db.execute(query.order_by(File.id)).all()


def one(db: Session, kind: str, subject_id: UUID, file_id: UUID) -> Any:
    """Of this record and no other. Raises NotFoundError."""
    query = sa.select(*COLUMNS).where(File.id == file_id, File.kind == kind, File.subject_id == subject_id)
    found = db.execute(query).one_or_none()
    if found is None:
        raise NotFoundError
    return found


def check_clean(file: Any) -> None:
    """Raises NotCleanError, InfectedError: nobody gets what was not looked at, or was found bad."""
    if file.state == REFUSED:
        raise InfectedError
    if file.state != CLEAN:
        if file.problem == "scanner-away":
            raise NotCleanError(_("The virus scanner does not answer, so this file cannot be downloaded yet. Try again later."))
        if file.problem == "scanner-limit":
            raise NotCleanError(_("This file is too large for the virus scanner, so it cannot be downloaded."))
        raise NotCleanError


def remove(db: Session, subject: Subject, file_id: UUID) -> None:
    """The plugin has checked that the person in scope may. Its content goes with the commit. Raises NotFoundError."""
    gone = db.execute(
        sa.delete(File)
        .where(File.id == file_id, File.kind == subject.kind, File.subject_id == subject.id)
        .returning(File.object_name, File.preview_object, File.name, File.digest)
    ).one_or_none()
    if gone is None:
        raise NotFoundError
    enqueue(db, FORGET, names=previews.objects([gone]))
    audit.record(
        db,
        "files.removed",
        subject=("files", subject.id),
        before={"file": gone.name, "file_id": str(file_id), "sha256": gone.digest},
    )
    _nudge(db, subject)


def kinds(db: Session) -> dict[str, AttachmentKind]:
    """Of the plugins that are on for the company in scope."""
    return {each.name: each for each in db.info["relay"].call("attachment_kinds")}


def may_read(db: Session, file: Any) -> bool:
    """Whether the person in scope may have it now: its plugin is on, they see its record, and have the permission there."""
    kind = kinds(db).get(file.kind or "")
    record = kind.find(db, file.subject_id) if kind is not None else None
    if kind is None or record is None:
        return False
    return permits(db.info["scope"], kind.permission, getattr(record, "account_id", None))


def forget_loose(db: Session, *condition: sa.ColumnElement[bool]) -> int:
    """Remove files that belong to no record, of the company in scope; their content goes with the commit. How many."""
    gone = db.execute(
        sa.delete(File).where(File.kind.is_(None), *condition).returning(File.object_name, File.preview_object)
    ).all()
    for start in range(0, len(gone), 500):
        enqueue(db, FORGET, names=previews.objects(gone[start : start + 500]))
    return len(gone)


def forget_records(db: Session, kind: str, subject_ids: Sequence[UUID]) -> None:
    """Remove the files of records that are gone; their content goes with the commit."""
    for start in range(0, len(subject_ids), 500):
        some = subject_ids[start : start + 500]
        gone = db.execute(
            sa.delete(File).where(File.kind == kind, File.subject_id.in_(some)).returning(File.object_name, File.preview_object)
        ).all()
        if gone:
            enqueue(db, FORGET, names=previews.objects(gone))


def _nudge(db: Session, subject: Subject) -> None:
    events.nudge(
        db,
        "files.changed",
        account_id=subject.account_id,
        site_id=subject.site_id,
        author_id=subject.author_id,
        subject=("files", subject.id),
    )
