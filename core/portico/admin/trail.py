"""Reads the audit trail: search, pages, export, and whether its chain holds."""

from __future__ import annotations

import csv
import datetime as dt
import io
import json
import uuid
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from sqlalchemy.orm import Session

from portico import audit
from portico.audit.models import AuditEntry
from portico.web.pagination import Page, paginate

MOST_EXPORTED = 20_000
COLUMNS = (
    "at",
    "actor",
    "actor_kind",
    "action",
    "subject_type",
    "subject_id",
    "before",
    "after",
    "address",
    "request_id",
)
APEX = uuid.UUID(int=0)
# What a spreadsheet would take for a formula, also behind what it trims (OWASP: CSV injection).
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n")


@dataclass(frozen=True)
class Search:
    """`since` and `until` are days in the company's time zone, both included."""

    actor: str = ""
    action: str = ""
    subject: str = ""
    since: dt.date | None = None
    until: dt.date | None = None

    @classmethod
    def read(cls, values: Any) -> Search:
        """From a query string; a day that cannot be read is not there."""
        text = {name: str(values.get(name, "")).strip()[:100] for name in ("actor", "action", "subject")}
        return cls(**text, since=_day(values.get("since")), until=_day(values.get("until")))

    def query(self) -> dict[str, str]:
        return {name: str(value) for name, value in vars(self).items() if value}


def _day(text: Any) -> dt.date | None:
    try:
        return dt.date.fromisoformat(str(text))
    except ValueError:
        return None


def page(db: Session, search: Search, zone: ZoneInfo, cursor: str | None) -> Page[Any]:
    """Newest first. The wall shows staff their company's entries, operators those of the apex."""
    keys = [(AuditEntry.at, dt.datetime.fromisoformat), (AuditEntry.id, uuid.UUID)]
    return paginate(db, _query(search, zone), keys, cursor=cursor)  # type: ignore[arg-type]


def _query(search: Search, zone: ZoneInfo) -> sa.Select[Any]:
    query = sa.select(AuditEntry.id, *(getattr(AuditEntry, name) for name in COLUMNS))
    for text, columns in (
        (search.actor, (AuditEntry.actor,)),
        (search.action, (AuditEntry.action,)),
        (search.subject, (AuditEntry.subject_type, AuditEntry.subject_id)),
    ):
        if text:
            pattern = "%" + text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_") + "%"
            query = query.where(sa.or_(*(column.ilike(pattern) for column in columns)))
    if search.since:
        query = query.where(AuditEntry.at >= dt.datetime.combine(search.since, dt.time(), zone))
    if search.until and search.until < dt.date.max:
        query = query.where(AuditEntry.at < dt.datetime.combine(search.until + dt.timedelta(days=1), dt.time(), zone))
    return query


def export(db: Session, search: Search, zone: ZoneInfo) -> str:
    """CSV of at most MOST_EXPORTED entries, newest first, that no spreadsheet runs. The export itself is on record."""
    rows = db.execute(_query(search, zone).order_by(AuditEntry.at.desc(), AuditEntry.id.desc()).limit(MOST_EXPORTED))
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerow(COLUMNS)
    writer.writerows(neutral(_cell(getattr(row, name)) for name in COLUMNS) for row in rows)
    audit.record(db, "audit.export", after=search.query())
    return text.getvalue()


def _cell(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, dt.datetime):
        return value.isoformat()
    return json.dumps(value, ensure_ascii=False, sort_keys=True) if isinstance(value, dict | list) else str(value)


def neutral(cells: Iterable[str]) -> list[str]:
    """Cells that begin like a formula get an apostrophe in front."""
    return [
        f"'{cell}" if cell.lstrip(" ").startswith(_FORMULA) or cell.startswith(_FORMULA) else cell for cell in cells
    ]


def verify(db: Session) -> Any:
    """links: how many entries are chained; broken_at: number of the first that does not fit, None if all do."""
    return db.execute(
        sa.text("SELECT links, broken_at FROM audit_verify(:chain)"), {"chain": db.info["tenant_id"] or APEX}
    ).one()
