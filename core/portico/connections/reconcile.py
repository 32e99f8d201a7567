"""Reads all that a company's system has and compares: at night, by hand, or as a trial that keeps nothing."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from portico import events
from portico.connections import alarms, runs
from portico.connections.errors import ConnectorBusyError, ConnectorError
from portico.connections.models import ACTIVE, Connection
from portico.connections.paging import Problem
from portico.connections.sync import Counts, Open, SyncEntity, had_some, note_failure, take_over, tell
from portico.connections.target import Target
from portico.db.types import now
from portico.web.i18n import _

LARGEST_SHARE, FREELY = 0.1, 20
"""What may vanish at once without anybody's word: a tenth of all, or this many records, but no more than are left."""


def compare(open_session: Open, client: Any, entity: SyncEntity, *, check: Callable[[], None], force: bool = False) -> Counts:
    """Take over everything anew, and take out of use what the company's system does not name any more.

    A system that suddenly names little or nothing is not believed: the outcome is "refused", staff are told, and nothing is
    taken out of use unless `force`. The incremental reading goes on beside it, by its own cursor. check: raises to give up.

    Raises the connector's error after noting it.
    """
    target: Target = client.target
    started_at, seen, counts, cursor = now(), set[str](), Counts(), None
    while True:
        check()
        try:
            page = entity.pull(client, cursor)
        except ConnectorBusyError:  # it asks as often as it may: that is no failure
            raise
        except ConnectorError as error:
            with open_session() as db:
                note_failure(db, target, entity, error.message, client.breaker_state)
                runs.note(db, target, entity.name, kind=runs.EVERYTHING, outcome=runs.FAILED, started_at=started_at,
                          message=error.message, counts=counts)
            raise
        with open_session() as db:
            events.by_company(db)
            counts += take_over(db, target, entity, page)
        seen.update(map(entity.ref, page.items), (problem.ref for problem in page.problems))
        cursor = page.cursor
        if not page.more:
            break
    with open_session() as db:
        removed, message = _retire(db, target, entity, seen, started_at, force=force)
        if not (seen or removed or message) and had_some(db, target, entity):
            alarms.nothing_came(db, target, entity, started_at, kind=runs.EVERYTHING)
            return counts
        outcome = runs.REFUSED if message else runs.DONE
        told = runs.note(db, target, entity.name, kind=runs.EVERYTHING, outcome=outcome, started_at=started_at,
                         message=message, counts=counts, removed=removed)
        if told and message and message.mapping:
            alarms.vanished(db, target, int(message.mapping["count"]))
    return counts


def look(open_session: Open, client: Any, entity: SyncEntity) -> None:
    """Of what is not compared as a whole, look whether the company's system still names any record at all, where it did before:
    its first page from the start, of which nothing is taken over. Staff are told if not.

    A system that does not answer is the incremental reading's matter.
    """
    target: Target = client.target
    started_at = now()
    with open_session() as db:
        if not had_some(db, target, entity):
            return
    try:
        page = entity.pull(client, None)
    except ConnectorError:
        return
    with open_session() as db:
        if not (page.items or page.problems or page.more):
            alarms.nothing_came(db, target, entity, started_at, kind=runs.EVERYTHING)
        elif runs.last_outcome(db, target.connection_id, entity.name, runs.EVERYTHING) == runs.EMPTY:
            runs.note(db, target, entity.name, kind=runs.EVERYTHING, outcome=runs.DONE, started_at=started_at)


def _retire(
    db: Session, target: Target, entity: SyncEntity, seen: set[str], started_at: datetime, *, force: bool
) -> tuple[int, Any]:
    """How many records went out of use, and why none did, if so."""
    if entity.gone is None or entity.retire is None:
        return 0, None
    current = sa.select(Connection.version).where(Connection.id == target.connection_id, Connection.status == ACTIVE)
    if db.scalar(current.with_for_update(read=True)) != target.version:  # what was read is of another system, perhaps
        return 0, _("The connection was changed meanwhile. Nothing was removed here; compare again.")
    gone = entity.gone(db, target, seen, started_at)
    if not gone:
        return 0, None
    many = max(min(FREELY, len(seen)), LARGEST_SHARE * (len(gone) + len(seen)))
    if not force and len(gone) > many:
        return 0, _("${count} records are not in your system any more, which is a lot at once. Nothing was removed here.",
                    mapping={"count": len(gone)})
    events.by_company(db)
    return entity.retire(db, target, gone), None


def trial(open_session: Open, client: Any, entity: SyncEntity, *, check: Callable[[], None]) -> None:
    """Read everything, keep nothing but how many records came, the first of them, and what is wrong with which. Open pages are
    told after each page that was read.
    """
    target: Target = client.target
    read, found, rows, cursor, failed, more = 0, list[Problem](), list[Any](), None, None, True
    with open_session() as db:
        run_id = runs.begin_trial(db, target, entity.name, now())
        tell(db, target)
    while more:
        check()
        try:
            page = entity.pull(client, cursor)
        except ConnectorError as error:
            failed = error
            break
        read, cursor, more = read + len(page.items), page.cursor, page.more
        found.extend(page.problems)
        if entity.columns:
            rows += [_row(entity, item) for item in page.items[: runs.MOST_ROWS - len(rows)]]
        if more:
            with open_session() as db:
                runs.tell_trial(db, run_id, runs.RUNNING, read=read, problems=found, rows=rows)
                tell(db, target)
    outcome = runs.FAILED if failed else runs.DONE if read or found or not entity.always_some else runs.EMPTY
    with open_session() as db:
        message = failed.message if failed else None
        runs.tell_trial(db, run_id, outcome, read=read, problems=found, rows=rows, message=message)
        tell(db, target)


def _row(entity: SyncEntity, item: Any) -> dict[str, Any]:
    """A record as the trial shows it: the fields that its plugin names."""
    cells = {name: getattr(item, name, None) for name in entity.columns}
    row = {name: "" if value is None else str(value)[: runs.LONGEST_CELL] for name, value in cells.items()}
    return {"ref": entity.ref(item), "row": row}
