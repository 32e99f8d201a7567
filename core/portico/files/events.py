"""Tells open pages that something changed with the files of a record."""

from __future__ import annotations

from typing import Any

from sqlalchemy.orm import Session

from portico import events
from portico.files.models import File

WHOSE = (File.account_id, File.site_id, File.author_id, File.subject_id, File.kind)


def tell(db: Session, row: Any) -> None:
    """row: of WHOSE. Open pages that show the record."""
    whose = {"account_id": row.account_id, "site_id": row.site_id, "author_id": row.author_id}
    subject = ("files", row.subject_id) if row.subject_id else None
    events.nudge(db, "files.changed", **whose, subject=subject)
