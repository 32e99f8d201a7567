"""Previews: pictures of a file's first pages or the beginning of its text, made by a job, kept sealed beside the file.

All of one file's are one object of the storage, with a key of its own that is sealed with the company's: a `file_key` of field
"preview". The row of the file says what is where in it, so whoever sees the file sees its previews, and they go with it.

The object's name is made before the object and stands in the row and in the job. A job that does not find its name in the row
any more deletes the object: the file was removed, or others were asked for.
"""

from __future__ import annotations

import io
import json
from collections.abc import Iterable, Iterator
from itertools import chain
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session

from portico import audit
from portico.connections import keys
from portico.errors import ConflictError, NotFoundError
from portico.files.models import CLEAN, FAILED, NONE, READY, WAITING, File, FileKey
from portico.files.rendering import Picture
from portico.files.sealing import SEALED_SEGMENT, SEGMENT, FileCipher, key_text, new_key, sealed_size
from portico.jobs import enqueue
from portico.web.i18n import _

MAKE = "files.preview"
FIELD = "preview"
"""Of the key in `file_key`."""
KINDS = {
    "application/pdf": "pdf",
    "text/plain": "text",
    **dict.fromkeys(("image/png", "image/jpeg", "image/webp", "image/gif"), "picture"),
}
"""Media type → how it is drawn; there are no previews of others."""
MEDIA_TYPE = "image/webp"
THUMBNAIL, PAGE, EXCERPT = "thumbnail", "page", "excerpt"
"""What a part of an object is."""
PRIORITY = 7
"""After what somebody waits for."""
COLUMNS = (
    File.id,
    File.account_id,
    File.name,
    File.media_type,
    File.size,
    File.state,
    File.preview,
    File.preview_problem,
    File.preview_pages,
    File.preview_size,
    File.preview_object,
    File.preview_parts,
)


def begin(db: Session, file_id: UUID, media_type: str) -> bool:
    """Have previews of a clean file made, anew if there are some. False: there are none of such files here."""
    files = db.info["files"]
    if media_type not in KINDS or not files.preview_pages:
        return False
    name = files.storage.new_name()
    fresh = {"preview": WAITING, "preview_problem": "", "preview_pages": 0, "preview_size": 0, "preview_parts": []}
    row = db.execute(
        sa.update(File).where(File.id == file_id, File.state == CLEAN).values(preview_object=name, **fresh).returning(File.id)
    ).one_or_none()
    if row is not None:
        enqueue(db, MAKE, file_id=str(file_id), name=name, unique=f"{MAKE}/{name}", priority=PRIORITY)
    return row is not None


def again(db: Session, file: Any) -> None:
    """What did not come out, or has been waiting for too long; `file`: of COLUMNS. Raises ConflictError: nothing to try again."""
    if file.state != CLEAN or file.preview not in (FAILED, WAITING) or not begin(db, file.id, file.media_type):
        raise ConflictError(_("There is nothing to try again: this preview is there, or there can be none."))
    audit.record(db, "files.preview-asked", subject=("file", file.id), after={"file": file.name, "file_id": str(file.id)})


def one(db: Session, kind: str, subject_id: UUID, file_id: UUID) -> Any:
    """COLUMNS of a file of this record and no other. Raises NotFoundError."""
    query = sa.select(*COLUMNS).where(File.id == file_id, File.kind == kind, File.subject_id == subject_id)
    found = db.execute(query).one_or_none()
    if found is None:
        raise NotFoundError
    return found


def part(file: Any, place: int) -> dict[str, Any]:
    """The picture at this place: {"kind", "start", "length", "width", "height"}. Raises NotFoundError, also for what is not a
    picture, of a file that is not clean, and of one whose previews are not made."""
    parts = file.preview_parts if is_ready(file) else []
    if not 0 <= place < len(parts) or parts[place]["kind"] not in (THUMBNAIL, PAGE):
        raise NotFoundError
    found: dict[str, Any] = parts[place]
    return found


def is_ready(file: Any) -> bool:
    return bool(file.state == CLEAN and file.preview == READY)


def state(files: Any, file: Any) -> str:
    """"none", "waiting", "ready" or "failed", for whoever looks at the file: of one that is not clean there is nothing to see,
    and nobody waits for what is switched off."""
    if file.state != CLEAN or file.media_type not in KINDS or (file.preview == WAITING and not files.preview_pages):
        return NONE
    return str(file.preview)


def pictures(file: Any) -> list[dict[str, Any]]:
    """The pages' parts, each with its "place"."""
    if not is_ready(file):
        return []
    return [one | {"place": place} for place, one in enumerate(file.preview_parts) if one["kind"] == PAGE]


def excerpt(files: Any, tenant: Any, file: Any) -> dict[str, Any] | None:
    """Of a text: as `excerpts.excerpt`. None: it has none. Waits for the storage, as `take` does. Raises StorageAwayError,
    BusyError, BrokenFileError, NotFoundError."""
    found = next((one for one in file.preview_parts if one["kind"] == EXCERPT), None) if is_ready(file) else None
    if found is None:
        return None
    with files.slot():
        cipher = FileCipher(files.key(tenant, file.id, FIELD), tenant.id, file.id, file.preview_size)
        sealed = files.storage.read(file.preview_object, 0, sealed_size(file.preview_size))
        told: dict[str, Any] = json.loads(b"".join(cipher.open(sealed)))
    return told


def content(files: Any, tenant: Any, file: Any, most: int | None = None) -> Iterator[bytes]:
    """Of the file itself; the first `most` bytes, which is a multiple of SEGMENT, or all. Raises NotFoundError; while it is read
    StorageAwayError, BrokenFileError."""
    whole = sealed_size(file.size)
    until = whole if most is None else min(whole, most // SEGMENT * SEALED_SEGMENT)
    cipher = FileCipher(files.key(tenant, file.id), tenant.id, file.id, file.size)
    return cipher.open(files.storage.read(file.object_name, 0, until))


class Bundle:
    """The previews of one file, put together and sealed."""

    def __init__(self, contents: Iterable[tuple[dict[str, Any], bytes]]) -> None:
        self.parts: list[dict[str, Any]] = []
        whole = io.BytesIO()
        for told, content in contents:
            self.parts.append(told | {"start": whole.tell(), "length": len(content)})
            whole.write(content)
        self.size = whole.tell()
        self._whole, self._key = whole, new_key()

    @classmethod
    def of_pictures(cls, drawn: Iterable[Picture]) -> Bundle:
        return cls(
            ({"kind": THUMBNAIL if one.thumbnail else PAGE, "width": one.width, "height": one.height}, one.content)
            for one in drawn
        )

    @classmethod
    def of_excerpt(cls, found: dict[str, Any]) -> Bundle:
        return cls([({"kind": EXCERPT}, json.dumps(found).encode())])

    def store(self, files: Any, tenant: Any, file_id: UUID, name: str) -> None:
        self._whole.seek(0)
        files.storage.put(name, FileCipher(self._key, tenant.id, file_id, self.size).seal(self._whole))

    def keep_key(self, db: Session, files: Any, file_id: UUID) -> None:
        keys.store_secrets(db, files.cipher, file_id, {FIELD: key_text(self._key)}, FileKey)


def objects(rows: Iterable[Any]) -> list[str]:
    """Names of all that the storage holds of files whose rows are gone: rows of (object_name, preview_object)."""
    return [name for name in chain.from_iterable((row.object_name, row.preview_object) for row in rows) if name]


def overdue(db: Session, most: int) -> None:
    """Begin what should have previews and has no job: files of before there were any."""
    if not db.info["files"].preview_pages:
        return
    query = sa.select(File.id, File.media_type).where(File.preview == WAITING, File.preview_object == "", File.state == CLEAN)
    for row in db.execute(query.order_by(File.id.desc()).limit(most)).all():
        if not begin(db, row.id, row.media_type):
            db.execute(sa.update(File).where(File.id == row.id).values(preview=NONE))
