"""How often a company's system is called: the limit that all processes keep together, and the pauses it asks for.

The turns of the last period are kept with the connection in PostgreSQL, by its clock: a turn is taken by one conditional
update, just before something is sent, so that in no period more is sent than the limit says, however many processes send. A
connection without a limit costs nothing but a look, every few seconds, whether its system has asked for a pause.
"""

from __future__ import annotations

import datetime as dt
import threading
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from portico.connections import deadline
from portico.connections.connector import Rate
from portico.connections.errors import ConnectorBusyError
from portico.connections.models import ConnectionPace
from portico.connections.target import Target
from portico.db.types import new_id
from portico.web.i18n import _

LOOK_EVERY_S = 2.0
"""How often a process looks whether another was asked to pause, where there is no limit."""
UNSAID_PAUSE_S, SHORTEST_WAIT_S = 5.0, 0.05
KEPT_FOR_PAGES = 4
"""Jobs leave one part in so many of the turns to pages, whose readers wait."""

_NOW = sa.func.clock_timestamp()
_TURN = sa.func.unnest(ConnectionPace.calls).column_valued("turn")
_PAUSED = ConnectionPace.paused_until > _NOW
Open = Callable[[uuid.UUID], AbstractContextManager[Session]]


@dataclass(frozen=True)
class Wait:
    """Why there is no turn now. first_s: until there may be one; all_s: until as many as the limit says. paused: the system
    has asked for it.
    """

    first_s: float
    all_s: float
    paused: bool


@dataclass(frozen=True)
class Usage:
    """What a page shows. used: calls within the last period. paused_until: None = the system did not ask for a pause."""

    used: int
    paused_until: dt.datetime | None


class Pace:
    """Of one process, for all connections. `open_session`: a transaction in the scope of the company with that id."""

    def __init__(self, open_session: Open, clock: Callable[[], float] = time.monotonic) -> None:
        self._open, self._clock = open_session, clock
        self._lock = threading.Lock()
        self._paused: dict[uuid.UUID, float] = {}
        self._looked: dict[uuid.UUID, float] = {}

    def take(self, target: Target, *, for_page: bool = True) -> Wait | None:
        """None: there was a turn, and it is taken."""
        assert target.paced_as is not None
        if target.rate is None:
            return self._look(target, target.paced_as)
        with self._open(target.tenant_id) as db:
            return _take(db, target.paced_as, target.rate, _share(target.rate, for_page))

    def pause(self, target: Target, seconds: float) -> None:
        """The system asked not to be called for so long. The longest such wish counts, in every process."""
        if target.paced_as is None:
            return
        with self._lock:
            until = self._clock() + seconds
            self._paused[target.paced_as] = max(until, self._paused.get(target.paced_as, 0))
        until_sql = _NOW + dt.timedelta(seconds=seconds)
        values = {"tenant_id": target.tenant_id, "id": new_id(), "connection_id": target.paced_as, "paused_until": until_sql}
        latest = sa.func.greatest(ConnectionPace.paused_until, until_sql)
        with self._open(target.tenant_id) as db:
            db.execute(
                insert(ConnectionPace)
                .values(values)
                .on_conflict_do_update(index_elements=["tenant_id", "connection_id"], set_={"paused_until": latest})
            )

    def forget(self, paced_as: uuid.UUID) -> None:
        with self._lock:
            self._paused.pop(paced_as, None)
            self._looked.pop(paced_as, None)

    def _look(self, target: Target, paced_as: uuid.UUID) -> Wait | None:
        moment = self._clock()
        with self._lock:
            due = moment - self._looked.get(paced_as, float("-inf")) >= LOOK_EVERY_S
            if due:
                self._looked[paced_as] = moment
        if due:
            with self._open(target.tenant_id) as db:
                left = db.scalar(_pause_left(paced_as)) or 0
            with self._lock:
                self._paused[paced_as] = moment + float(left)
        left_s = self._paused.get(paced_as, 0) - moment
        return Wait(left_s, left_s, paused=True) if left_s > 0 else None


def _share(rate: Rate, for_page: bool) -> int:
    return rate.calls if for_page else rate.calls - rate.calls // KEPT_FOR_PAGES


def _recent(per_s: int) -> sa.ColumnElement[bool]:
    return _TURN > _NOW - dt.timedelta(seconds=per_s)


def _take(db: Session, paced_as: uuid.UUID, rate: Rate, most: int) -> Wait | None:
    kept = sa.func.array(sa.select(_TURN).where(_recent(rate.per_s)).order_by(_TURN).scalar_subquery())
    used = sa.select(sa.func.count(_TURN)).where(_recent(rate.per_s)).scalar_subquery()
    taken = (
        sa.update(ConnectionPace)
        .where(ConnectionPace.connection_id == paced_as, sa.func.coalesce(_PAUSED, sa.false()).is_(False), used < most)
        .values(calls=sa.func.array_append(kept, _NOW))
        .execution_options(synchronize_session=False)
    )
    new = {"tenant_id": db.info["tenant_id"], "id": new_id(), "connection_id": paced_as}
    for _turn in range(2):
        if db.execute(taken).rowcount:  # type: ignore[attr-defined]
            return None
        wait = _wait(db, paced_as, rate, most)
        if wait is not None:
            return wait
        db.execute(insert(ConnectionPace).values(new).on_conflict_do_nothing(index_elements=["tenant_id", "connection_id"]))
    return Wait(SHORTEST_WAIT_S, SHORTEST_WAIT_S, paused=False)  # its row came and went


def _wait(db: Session, paced_as: uuid.UUID, rate: Rate, most: int) -> Wait | None:
    """None: the connection has no row yet."""
    last = sa.select(_TURN).order_by(_TURN.desc())
    row = db.execute(
        sa.select(
            sa.extract("epoch", ConnectionPace.paused_until - _NOW).label("paused_s"),
            sa.extract("epoch", last.offset(most - 1).limit(1).scalar_subquery() - _NOW).label("first_s"),
            sa.extract("epoch", last.limit(1).scalar_subquery() - _NOW).label("last_s"),
        ).where(ConnectionPace.connection_id == paced_as)
    ).one_or_none()
    if row is None:
        return None
    paused_s = max(0.0, float(row.paused_s or 0))
    first_s, all_s = (float(one) + rate.per_s if one is not None else 0.0 for one in (row.first_s, row.last_s))
    return Wait(max(paused_s, first_s, SHORTEST_WAIT_S), max(paused_s, all_s, SHORTEST_WAIT_S), paused=paused_s > first_s)


def _pause_left(paced_as: uuid.UUID) -> sa.Select[Any]:
    left = sa.extract("epoch", ConnectionPace.paused_until - _NOW)
    return sa.select(left).where(ConnectionPace.connection_id == paced_as)


def usage(db: Session, connection_id: uuid.UUID, rate: Rate | None) -> Usage:
    """One query."""
    used = sa.select(sa.func.count(_TURN)).where(_recent(rate.per_s if rate else 0)).scalar_subquery()
    paused = sa.case((_PAUSED, ConnectionPace.paused_until))
    row = db.execute(sa.select(used, paused).where(ConnectionPace.connection_id == connection_id)).one_or_none()
    return Usage(*row) if row is not None else Usage(0, None)


class Turns:
    """Those of one call: the first is taken before it begins, and one before each further sending."""

    def __init__(self, pace: Pace, target: Target, *, for_page: bool) -> None:
        self.pace, self.target, self.for_page = pace, target, for_page
        self._ahead = False

    def begin(self) -> None:
        """Raises ConnectorBusyError rather than waiting: whoever calls decides whether that is worth it."""
        wait = self.pace.take(self.target, for_page=self.for_page)
        if wait is not None:
            raise _busy(wait, wait.first_s, unasked=True)
        self._ahead = True

    def next(self) -> None:
        """Waits as long as the call's time limit lets it; a call that is cut short begins anew when all its turns are free."""
        if self._ahead:
            self._ahead = False
            return
        while (wait := self.pace.take(self.target, for_page=self.for_page)) is not None:
            if wait.first_s >= deadline.remaining_s():
                raise _busy(wait, wait.all_s, unasked=False)
            time.sleep(wait.first_s)

    def pause(self, seconds: float) -> None:
        self.pace.pause(self.target, seconds)


def _busy(wait: Wait, seconds: float, *, unasked: bool) -> ConnectorBusyError:
    left_alone = _("The company's system has asked to be left alone for a while.")
    busy = _("The company's system is busy.")
    return ConnectorBusyError(left_alone if wait.paused else busy, retry_after_s=seconds, unasked=unasked)


_turns: ContextVar[Turns | None] = ContextVar("portico_call_turns", default=None)


@contextmanager
def within(turns: Turns | None) -> Iterator[None]:
    """What is sent inside takes these turns. None: it is not counted."""
    token = _turns.set(turns)
    try:
        yield
    finally:
        _turns.reset(token)


def next_turn() -> None:
    """Before each sending of something over the network. Raises ConnectorBusyError."""
    turns = _turns.get()
    if turns is not None:
        turns.next()


def asked_to_pause(seconds: float | None) -> None:
    """The system wants to be called less often (RFC 6585 §4). None: it does not say when again."""
    turns = _turns.get()
    if turns is not None:
        turns.pause(UNSAID_PAUSE_S if seconds is None else seconds)
