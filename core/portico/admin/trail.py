"""Reads the audit trail: search, pages, export, and whether its chain holds."""

from __future__ import annotations

import csv
import datetime as dt
import json
import tempfile
import uuid
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import IO, Any
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from sqlalchemy.orm import Session

from portico import audit
from portico.audit.anchors import Anchors
from portico.audit.models import AuditEntry
from portico.audit.verification import APEX, Verdict
from portico.audit.verification import verify as verify_chain
from portico.errors import InvalidError
from portico.exports.neutral import neutral
from portico.tenancy.models import Membership
from portico.web.i18n import _
from portico.web.pagination import Page, paginate

MOST_EXPORTED, AT_ONCE = 200_000, 1_000
_IN_MEMORY = 1 << 20
"""Bytes of an export that stay in memory; the rest is on the disk."""
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


@dataclass(frozen=True)
class Search:
    """`since` and `until` are days in the company's time zone, both included. `text` is looked for in what changed, in the
    address and in the request's id."""

    actor: str = ""
    action: str = ""
    subject: str = ""
    text: str = ""
    since: dt.date | None = None
    until: dt.date | None = None

    @classmethod
    def read(cls, values: Any) -> Search:
        """From a query string or a form; a day that cannot be read is not there, nor is a character that cannot be kept."""
        given = {name: str(values.get(name, "")) for name in ("actor", "action", "subject", "text")}
        text = {name: value.replace("\0", "").strip()[:100] for name, value in given.items()}
        return cls(**text, since=_day(values.get("since")), until=_day(values.get("until")))

    def query(self) -> dict[str, str]:
        return {name: str(value) for name, value in vars(self).items() if value}


@dataclass(frozen=True)
class Meant:
    """Which actions and types of subject the words of a search mean, besides those that they are part of."""

    actions: Sequence[str] = ()
    subjects: Sequence[str] = ()


NOTHING = Meant()


def _day(text: Any) -> dt.date | None:
    try:
        return dt.date.fromisoformat(str(text))
    except ValueError:
        return None


_KEYS: Any = [(AuditEntry.at, dt.datetime.fromisoformat), (AuditEntry.id, uuid.UUID)]


def page(db: Session, search: Search, zone: ZoneInfo, cursor: str | None, meant: Meant = NOTHING) -> Page[Any]:
    """Newest first. The wall shows staff their company's entries, operators those of the apex."""
    return paginate(db, _query(db, search, zone, meant), _KEYS, cursor=cursor)


_TEXTS = (
    sa.cast(AuditEntry.before, sa.Text),
    sa.cast(AuditEntry.after, sa.Text),
    AuditEntry.address,
    AuditEntry.request_id,
)


def _query(db: Session, search: Search, zone: ZoneInfo, meant: Meant = NOTHING) -> sa.Select[Any]:
    query = sa.select(AuditEntry.id, AuditEntry.user_id, *(getattr(AuditEntry, name) for name in COLUMNS))
    members = db.info["scope"].tenant is not None  # of no company, at the apex: there an operator reads no members
    named = sa.select(Membership.user_id).where(Membership.display_name.icontains(search.actor, autoescape=True))
    for text, columns, known in (
        (search.actor, (AuditEntry.actor,), AuditEntry.user_id.in_(named) if members else sa.false()),
        (search.action, (AuditEntry.action,), AuditEntry.action.in_(meant.actions)),
        (search.subject, (AuditEntry.subject_type, AuditEntry.subject_id), AuditEntry.subject_type.in_(meant.subjects)),
        (search.text, _TEXTS, sa.false()),
    ):
        if text:
            query = query.where(sa.or_(known, *(column.icontains(text, autoescape=True) for column in columns)))
    if search.since:
        query = query.where(AuditEntry.at >= dt.datetime.combine(search.since, dt.time(), zone))
    if search.until and search.until < dt.date.max:
        query = query.where(AuditEntry.at < dt.datetime.combine(search.until + dt.timedelta(days=1), dt.time(), zone))
    return query


def export(db: Session, search: Search, zone: ZoneInfo, meant: Meant = NOTHING) -> IO[str]:
    """CSV (UTF-8) that no spreadsheet runs, newest first, in a file that is gone once it is closed. The export itself is
    on record. Raises InvalidError if it would have more than MOST_EXPORTED lines: half an answer would pass for a whole.
    """
    audit.record(db, "audit.export", after=search.query())
    file = tempfile.SpooledTemporaryFile(max_size=_IN_MEMORY, mode="w+", encoding="utf-8", newline="")
    try:
        writer = csv.writer(file, lineterminator="\r\n")
        writer.writerow(COLUMNS)
        for number, row in enumerate(_rows(db, _query(db, search, zone, meant)), 1):
            if number > MOST_EXPORTED:
                raise InvalidError(_("This would be more than 200,000 entries. Choose fewer days, or search for less."))
            writer.writerow(neutral(_cell(getattr(row, name)) for name in COLUMNS))
    except BaseException:
        file.close()
        raise
    file.seek(0)
    return file


def _rows(db: Session, entries: sa.Select[Any]) -> Iterator[Any]:
    """A thousand at a time are in memory. Entries that come meanwhile are newer than where it has got to."""
    query, last = entries.order_by(AuditEntry.at.desc(), AuditEntry.id.desc()).limit(AT_ONCE), None
    while True:
        after = sa.tuple_(AuditEntry.at, AuditEntry.id) < sa.tuple_(*last) if last else sa.true()
        rows = db.execute(query.where(after)).all()
        yield from rows
        if len(rows) < AT_ONCE:
            return
        last = (rows[-1].at, rows[-1].id)


def _cell(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, dt.datetime):
        return value.isoformat()
    return json.dumps(value, ensure_ascii=False, sort_keys=True) if isinstance(value, dict | list) else str(value)


def verify(db: Session, anchors: Anchors) -> Verdict:
    """Of the company in scope; at the apex, of the installation's own trail."""
    chain = db.info["tenant_id"] or APEX
    return verify_chain(db, chain, anchors.of(chain))
