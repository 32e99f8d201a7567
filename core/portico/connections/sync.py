"""The sync engine: reads what changed in a company's system page by page, and has the owning plugin write it.

Reading happens without a transaction. Each page is applied in one short transaction together with the
cursor's advance, so a run that dies anywhere goes on where it was; what cannot be taken over is kept per
record and fails nobody else.
"""

from __future__ import annotations

import logging
import time
import uuid
from collections.abc import Callable, Collection, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from portico import events
from portico.connections import alarms, problems, runs
from portico.connections.breaker import CLOSED
from portico.connections.errors import ConnectorBusyError, ConnectorError, ConnectorRejectedError
from portico.connections.models import Connection, ConnectionSync
from portico.connections.paging import Page, Problem
from portico.connections.target import Target
from portico.db.types import new_id, now
from portico.jobs import enqueue

log = logging.getLogger("portico.sync")
PAGE_ROWS = 200
PROGRESS = "connections.progress"
"""What open pages hear of while something is read."""


@dataclass(frozen=True)
class Counts:
    """What `apply` did with one page. problems: records that the plugin itself could not take over."""

    created: int = 0
    updated: int = 0
    unchanged: int = 0
    problems: Sequence[Problem] = ()

    @property
    def rows(self) -> int:
        return self.created + self.updated

    def __add__(self, other: Counts) -> Counts:
        return Counts(
            self.created + other.created,
            self.updated + other.updated,
            self.unchanged + other.unchanged,
            (*self.problems, *other.problems),
        )


Pull = Callable[[Any, str | None], Page[Any]]
"""`pull(client, cursor)`: one page. `client` offers the capability's methods; each call goes through the
host.
"""
Apply = Callable[[Session, Target, Sequence[Any]], Counts]
"""`apply(db, target, items)`: write them by their ref, idempotently, in the transaction given; never commit.
"""


def item_ref(item: Any) -> str:
    return str(item.ref)


@dataclass(frozen=True)
class SyncEntity:
    """What a plugin keeps a copy of. name: "orders.orders", begins with the plugin's owner word.

    gone: refs of what the portal still offers and `seen`, the refs of all that the company's system has, does not name, without
    what came since a moment, which is when the reading began; retire: takes these out of use and says how many. Without the
    two, nothing that vanishes there is noticed here.
    always_some: every company has some, so that a first success without any record is worth a word to its staff; later ones are
    for each entity that ever had some.
    one: reads one record by its ref, as it is now; None = it is not to be had alone. Without it a single record is read again
    with all others.
    columns: field of what is pulled → what people call it, for the first rows that tests and trials show.
    every_s: seconds between two runs by themselves; looked at once a minute. What failed or did not come to its end is
    read on at the next look.
    """

    name: str
    capability: str
    pull: Pull
    apply: Apply
    title: Any = ""
    order: int = 50
    every_s: float = 60
    ref: Callable[[Any], str] = field(default=item_ref)
    columns: Mapping[str, Any] = field(default_factory=dict)
    gone: Callable[[Session, Target, Collection[str], datetime], Sequence[str]] | None = None
    retire: Callable[[Session, Target, Sequence[str]], int] | None = None
    always_some: bool = False
    one: Callable[[Any, str], Any | None] | None = None


@dataclass(frozen=True)
class Run:
    """What one run did. more: it stopped at its time budget, or had no turn to ask on, and another should follow in `wait_s`.
    first_end: the entity was read to its end for the first time.
    """

    counts: Counts
    pages: int
    more: bool
    wait_s: float = 0
    first_end: bool = False


class OvertakenError(RuntimeError):
    """Another run of the same entity advanced the cursor first; ours was rolled back, and nothing is lost."""


Open = Callable[[], AbstractContextManager[Session]]


def run(open_session: Open, client: Any, entity: SyncEntity, *, budget_s: float = 45) -> Run:
    """Read and apply until nothing is left or the budget is used up. `open_session`: transactions in system
    scope.

    Raises the connector's error after noting it.
    """
    target: Target = client.target
    started_at, ends_at = now(), time.monotonic() + budget_s
    with open_session() as db:
        cursor = _begin(db, target, entity)
        if cursor is None:
            tell(db, target)
    counts, pages, first, read, wait_s = Counts(), 0, cursor is None, 0, 0.0
    more = True
    try:
        while more:
            page = entity.pull(client, cursor)
            with open_session() as db:
                counts += _take_over(db, target, entity, page, cursor)
            cursor, pages, read, more = page.cursor, pages + 1, read + len(page.items), page.more
            if time.monotonic() >= ends_at:
                break
    except ConnectorBusyError as busy:  # it asks as often as it may: that is no failure
        if not pages:
            raise
        wait_s = busy.retry_after_s or 0
    except ConnectorError as error:
        with open_session() as db:
            note_failure(db, target, entity, error.message, client.breaker_state)
            tell(db, target)
            runs.note(db, target, entity.name, kind=runs.CHANGES, outcome=runs.FAILED, started_at=started_at,
                      message=error.message, counts=counts)
        raise
    with open_session() as db:
        some = entity.always_some or had_some(db, target, entity)
        first_end = _note_success(db, target, entity, counts, more=more)
        if read or counts.problems:
            tell(db, target)
        if counts.rows or counts.problems:
            runs.note(db, target, entity.name, kind=runs.CHANGES, outcome=runs.DONE, started_at=started_at, counts=counts)
        elif first and some and not more and not read:
            # Of all that it has, it names nothing. A reading of what changed may well name nothing.
            alarms.nothing_came(db, target, entity, started_at, kind=runs.CHANGES)
    return Run(counts, pages, more, wait_s, first_end)


def run_one(open_session: Open, client: Any, entity: SyncEntity, ref: str) -> bool:
    """Read one record and take it over, or say anew what is wrong with it. False = it is not to be had alone.

    The cursor stays where it is. Raises the connector's error unless it is about this record's own data.
    """
    if entity.one is None:
        return False
    target: Target = client.target
    try:
        found = entity.one(client, ref)
    except ConnectorRejectedError as error:
        if error.is_fault:
            raise
        page: Page[Any] = Page((), "", problems=[Problem(ref, error.code or "rejected", error.message)])
    else:
        if found is None or entity.ref(found) != ref:
            return False
        page = Page([found], "")
    with open_session() as db:
        events.by_company(db)
        take_over(db, target, entity, page)
        tell(db, target)
    return True


def _row(target: Target, entity: SyncEntity) -> sa.ColumnElement[bool]:
    return sa.and_(ConnectionSync.connection_id == target.connection_id, ConnectionSync.entity == entity.name)


def _begin(db: Session, target: Target, entity: SyncEntity) -> str | None:
    """The cursor to go on from; makes the entity's row at its first run."""
    db.execute(
        insert(ConnectionSync)
        .values(
            tenant_id=target.tenant_id, id=new_id(), connection_id=target.connection_id, entity=entity.name
        )
        .on_conflict_do_nothing(index_elements=["tenant_id", "connection_id", "entity"])
    )
    db.execute(sa.update(ConnectionSync).where(_row(target, entity)).values(last_run_at=now()))
    return db.execute(sa.select(ConnectionSync.cursor).where(_row(target, entity))).scalar_one()


def _take_over(
    db: Session, target: Target, entity: SyncEntity, page: Page[Any], cursor: str | None
) -> Counts:
    """One page and the advance, or neither."""
    events.by_company(db)
    counts = take_over(db, target, entity, page)
    if page.items or page.problems:
        tell(db, target)
    # The first time that a system is read, what is known already or not kept counts as well: then it is known that it has some.
    ended = ConnectionSync.last_success_at
    met = sa.case((sa.or_(ended.is_(None), ended < ConnectionSync.moved_at), counts.unchanged), else_=0)
    moved = db.execute(
        sa.update(ConnectionSync)
        .where(_row(target, entity), ConnectionSync.cursor.is_not_distinct_from(cursor))
        .values(cursor=page.cursor, total_rows=ConnectionSync.total_rows + counts.rows + met)
    )
    if moved.rowcount != 1:  # type: ignore[attr-defined]
        raise OvertakenError(entity.name)
    return counts


def tell(db: Session, target: Target) -> None:
    """Have open pages of the connection show how far it came."""
    events.nudge(db, PROGRESS, subject=("connection", target.connection_id))


def take_over(db: Session, target: Target, entity: SyncEntity, page: Page[Any]) -> Counts:
    """Have the plugin write one page; what cannot be taken over is kept per record, and what can again is not any more."""
    counts = _apply(db, target, entity, page.items) if page.items else Counts()
    failed = [*page.problems, *counts.problems]
    bad = {problem.ref for problem in failed}
    problems.record(db, target, entity.name, failed)
    problems.resolve(db, target, entity.name, [ref for ref in map(entity.ref, page.items) if ref not in bad])
    return counts + Counts(problems=page.problems)


def _apply(db: Session, target: Target, entity: SyncEntity, items: Sequence[Any]) -> Counts:
    """All at once; if that fails, one by one, so that only the record at fault stays behind."""
    try:
        with db.begin_nested():
            return entity.apply(db, target, items)
    except sa.exc.OperationalError:
        raise  # our own database is in trouble: no record is at fault
    except Exception:
        log.warning("a page of %s could not be applied at once", entity.name, exc_info=True)
    counts = Counts()
    for item in items:
        try:
            with db.begin_nested():
                counts += entity.apply(db, target, [item])
        except sa.exc.OperationalError:
            raise
        except Exception as error:
            counts += Counts(problems=[problems.of_exception(entity.ref(item), error)])
    return counts


def due(db: Session, connection_id: uuid.UUID, entities: Sequence[SyncEntity], slack_s: float) -> list[SyncEntity]:
    """Those whose time has come, give or take `slack_s`, or whose last run did not come to its end. One query."""
    rows = {
        row.entity: row
        for row in db.execute(
            sa.select(ConnectionSync.entity, ConnectionSync.last_run_at, ConnectionSync.last_success_at).where(
                ConnectionSync.connection_id == connection_id
            )
        )
    }
    moment = now()

    def is_due(entity: SyncEntity) -> bool:
        row = rows.get(entity.name)
        if row is None or row.last_run_at is None or row.last_success_at is None:
            return True
        if row.last_success_at < row.last_run_at:
            return True
        return bool((moment - row.last_run_at).total_seconds() + slack_s >= entity.every_s)

    return [entity for entity in entities if is_due(entity)]


def note_failure(db: Session, target: Target, entity: SyncEntity, message: Any, breaker: str) -> None:
    db.execute(sa.update(ConnectionSync).where(_row(target, entity)).values(error=message))
    db.execute(
        sa.update(Connection)
        .where(Connection.id == target.connection_id)
        .values(last_error=message, last_error_at=now(), breaker=breaker)
    )


def had_some(db: Session, target: Target, entity: SyncEntity) -> bool:
    """Whether the company's system ever named a record of this kind."""
    return bool(db.scalar(sa.select(ConnectionSync.total_rows).where(_row(target, entity))))


def _note_success(db: Session, target: Target, entity: SyncEntity, counts: Counts, *, more: bool) -> bool:
    """Whether it came to its end for the first time."""
    values: dict[str, Any] = {"error": None}
    if counts.rows:
        values["rows"] = counts.rows
    first_end = False
    if not more:
        values["last_success_at"] = now()
        first_end = db.scalar(sa.select(ConnectionSync.last_success_at).where(_row(target, entity))) is None
    db.execute(sa.update(ConnectionSync).where(_row(target, entity)).values(**values))
    db.execute(
        sa.update(Connection)
        .where(Connection.id == target.connection_id)
        .values(last_ok_at=now(), last_error=None, breaker=CLOSED)
    )
    return first_end


def reset(db: Session, connection_id: uuid.UUID, entity: str) -> None:
    """Have the next run read everything anew."""
    db.execute(
        sa.update(ConnectionSync)
        .where(ConnectionSync.connection_id == connection_id, ConnectionSync.entity == entity)
        .values(cursor=None)
    )


def ask_anew(db: Session, connection_id: uuid.UUID, entity: str) -> None:
    """Have a worker read everything of an entity from the start."""
    reset(db, connection_id, entity)
    unique = f"connections.sync/{connection_id}/{entity}"
    enqueue(db, "connections.sync", connection_id=connection_id, entity=entity, unique=unique)


__all__ = ["Counts", "OvertakenError", "Run", "SyncEntity", "ask_anew", "due", "reset", "run", "run_one"]
