"""The contents of the files that a person uploaded, for their archive."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from portico.errors import DomainError
from portico.files.models import CLEAN, REFUSED, SCANNING, File
from portico.files.sealing import BrokenFileError, FileCipher, sealed_size
from portico.privacy.collecting import Company, companies, scope_in
from portico.web.i18n import _

log = logging.getLogger("portico.privacy")
MOST_BYTES = 50 << 20
"""Of all files together; the archive says which are left out, and they can be downloaded one by one."""
TOO_MUCH = _("There was no room for it in the archive. Download it at its record.")
UNCHECKED = _("It was still being checked for viruses. Ask for another archive later.")
INFECTED = _("A virus was found in it, and its content was deleted.")
UNREADABLE = _("It could not be read. Ask those who run the portal.")
WHY = {SCANNING: UNCHECKED, REFUSED: INFECTED}


@dataclass(frozen=True)
class Own:
    """A file of the person. content None: it is not in the archive, because of `reason`."""

    path: str
    content: bytes | None
    reason: Any = ""


def contents(portico: Any, user_id: UUID, without: Sequence[Company] = ()) -> Iterator[Own]:
    """Oldest first, as many contents as fit. What never arrived in full is no file. without: companies that are left out."""
    left, silent = MOST_BYTES, {one.id for one in without}
    for company in companies(portico, user_id):
        if company.id in silent:
            continue
        scope = scope_in(company)
        assert scope.tenant is not None
        with portico.sessions.scoped(scope) as db:
            query = sa.select(File.id, File.name, File.size, File.object_name, File.state)
            mine = query.where(File.owner_id == user_id, File.state.in_((CLEAN, *WHY)))
            rows = db.execute(mine.order_by(File.id)).all()
        for row in rows:
            path = f"files/{company.slug}/{row.id}/{row.name}"
            if row.state != CLEAN or row.size > left:
                yield Own(path, None, WHY.get(row.state, TOO_MUCH))
                continue
            left -= row.size
            try:
                cipher = FileCipher(portico.files.key(scope.tenant, row.id), company.id, row.id, row.size)
                sealed = portico.files.storage.read(row.object_name, 0, sealed_size(row.size))
                yield Own(path, b"".join(cipher.open(sealed)))
            except (DomainError, BrokenFileError):
                log.exception("file %s is left out of an archive", row.id)
                yield Own(path, None, UNREADABLE)
