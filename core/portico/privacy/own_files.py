"""The contents of the files that a person uploaded, for their archive."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from portico.errors import DomainError
from portico.files.models import CLEAN, File
from portico.files.sealing import BrokenFileError, FileCipher, sealed_size
from portico.privacy.collecting import companies, scope_in

log = logging.getLogger("portico.privacy")
MOST_BYTES = 50 << 20
"""Of all files together; the archive lists those that are left out like the others, and they can be downloaded one by one."""


def contents(portico: Any, user_id: UUID) -> Iterator[tuple[str, bytes]]:
    """(path in the archive, content), oldest first, as many as fit."""
    left = MOST_BYTES
    for company in companies(portico, user_id):
        scope = scope_in(company)
        assert scope.tenant is not None
        with portico.sessions.scoped(scope) as db:
            query = sa.select(File.id, File.name, File.size, File.object_name)
            rows = db.execute(query.where(File.owner_id == user_id, File.state == CLEAN).order_by(File.id)).all()
        for row in rows:
            if row.size > left:
                continue
            left -= row.size
            try:
                cipher = FileCipher(portico.files.key(scope.tenant, row.id), company.id, row.id, row.size)
                sealed = portico.files.storage.read(row.object_name, 0, sealed_size(row.size))
                yield f"files/{company.slug}/{row.id}/{row.name}", b"".join(cipher.open(sealed))
            except (DomainError, BrokenFileError):
                log.exception("file %s is left out of an archive", row.id)
