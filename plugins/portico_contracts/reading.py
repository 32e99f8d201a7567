"""The queries behind list, detail, dashboard and API: columns, never entities; the wall and the visibility rules hold."""

from __future__ import annotations

import datetime as dt
import re
import uuid
from collections.abc import Iterable
from functools import lru_cache
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from portico.db.direct import Direct
from portico.tenancy import reach
from portico.tenancy.models import Account
from portico.tenancy.scope import Scope
from portico.web.pagination import Page, encode_cursor, fetch, keyset
from portico_contracts.errors import ContractNotFoundError
from portico_contracts.filters import Filters
from portico_contracts.models import ANSWER, CONTRACT, LINE
from portico_contracts.statuses import LATEST, STATE
from portico_contracts.visibility import values, visible

ACCOUNT: Any = Account.__table__
_SPECIAL, _ESCAPED = r"([\\%_])", r"\\\1"
_KEYS: list[tuple[Any, Any]] = [(CONTRACT.c.offered_at, dt.datetime.fromisoformat), (CONTRACT.c.id, uuid.UUID)]
_OF_ACCOUNT = sa.and_(ACCOUNT.c.tenant_id == CONTRACT.c.tenant_id, ACCOUNT.c.id == CONTRACT.c.account_id)
_LIST = (
    CONTRACT.c.id, CONTRACT.c.number, CONTRACT.c.title, STATE.label("state"), CONTRACT.c.currency, CONTRACT.c.value,
    CONTRACT.c.per, CONTRACT.c.starts_on, CONTRACT.c.ends_on, CONTRACT.c.answer_until, CONTRACT.c.offered_at,
    ACCOUNT.c.name.label("account"),
)  # fmt: skip
_WITH = CONTRACT.join(ACCOUNT, _OF_ACCOUNT).outerjoin(ANSWER, LATEST)
_DETAIL = sa.select(
    CONTRACT,
    STATE.label("state"),
    ACCOUNT.c.name.label("account"),
    ANSWER.c.agreed,
    ANSWER.c.answered_by,
    ANSWER.c.at.label("answered_at"),
    ANSWER.c.state.label("answer"),
    ANSWER.c.taken_at,
).select_from(_WITH)
_ID: Any = sa.bindparam("contract_id", type_=sa.Uuid)
_LINES = Direct(
    sa.select(
        LINE.c.position, LINE.c.item_ref, LINE.c.name, LINE.c.quantity, LINE.c.unit, LINE.c.unit_price, LINE.c.tax_rate
    ).where(LINE.c.contract_id == _ID).order_by(LINE.c.position)
)  # fmt: skip
CONDITIONS: dict[str, sa.ColumnElement[bool]] = {
    "states": STATE.in_(sa.bindparam("states", expanding=True)),
    "account": CONTRACT.c.account_id == sa.bindparam("account"),
    "pattern": CONTRACT.c.search.like(sa.bindparam("pattern")),
}
"""Each by the name of the value that it compares with."""


@lru_cache(maxsize=8)
def _one(kind: str) -> sa.Select[Any]:
    return _DETAIL.where(CONTRACT.c.id == _ID, *visible(kind))


@lru_cache(maxsize=256)
def _listing(kind: str, conditions: tuple[str, ...], continued: bool, descending: bool) -> Any:
    """The list's statement, made once for each kind of question."""
    query = sa.select(*_LIST).select_from(_WITH).where(*visible(kind), *(CONDITIONS[name] for name in conditions))
    return Direct(keyset(query, _KEYS, continued=continued, descending=descending))


def contracts(db: Session, filters: Filters) -> Page[Any]:
    """One page, newest offer first. Raises InvalidError for a cursor that is not ours."""
    scope: Scope = db.info["scope"]
    narrowed: dict[str, Any] = {}
    if filters.states:
        narrowed["states"] = filters.states
    if filters.account_id:
        narrowed["account"] = filters.account_id
    if filters.search:
        narrowed["pattern"] = f"%{re.sub(_SPECIAL, _ESCAPED, filters.search.lower())}%"
    cursor = filters.before or filters.after
    statement = _listing(reach.kind_of(scope), tuple(narrowed), bool(cursor), not filters.before)
    page = fetch(db, statement, _KEYS, {**values(scope), **narrowed}, cursor=cursor, limit=filters.limit)
    if filters.before:
        rows = list(reversed(page.rows))
        return Page(rows, _cursor(rows[-1:]), _cursor(rows[:1]) if page.next else None)
    return Page(page.rows, page.next, _cursor(page.rows[:1]) if filters.after else None)


def _cursor(rows: Any) -> str | None:
    return encode_cursor([rows[0].offered_at, rows[0].id]) if rows else None


def contract(db: Session, contract_id: uuid.UUID) -> Any:
    """One, with how it stands. Raises ContractNotFoundError, for what is not the reader's and for what is hidden alike."""
    scope: Scope = db.info["scope"]
    row = db.execute(_one(reach.kind_of(scope)), {"contract_id": contract_id, **values(scope)}).one_or_none()
    if row is None:
        raise ContractNotFoundError
    return row


def lines(db: Session, contract_id: uuid.UUID) -> list[Any]:
    return _LINES.rows(db, {"contract_id": contract_id})


def refused(db: Session, contract_id: uuid.UUID) -> Any:
    """The last answer that the company did not take, and why; None: it took the last one, or there is none."""
    query = sa.select(ANSWER.c.state, ANSWER.c.problem, ANSWER.c.at).where(ANSWER.c.contract_id == contract_id)
    row = db.execute(query.order_by(ANSWER.c.at.desc(), ANSWER.c.id.desc()).limit(1)).one_or_none()
    return row if row is not None and row.state == "refused" and row.problem else None


def known_as(db: Session, contract_id: uuid.UUID) -> tuple[str, uuid.UUID] | None:
    """What the company's system calls the contract, and through which connection."""
    row = db.execute(sa.select(CONTRACT.c.erp_ref, CONTRACT.c.connection_id).where(CONTRACT.c.id == contract_id)).one_or_none()
    left = row is not None and row.erp_ref.endswith(f"~{contract_id}")  # to another customer: it is another record there
    return (row.erp_ref, row.connection_id) if row and not left else None


def related(db: Session, references: Iterable[str], most: int = 20) -> list[Any]:
    """Contracts of these numbers, as the reader may see them."""
    scope: Scope = db.info["scope"]
    query = sa.select(CONTRACT.c.id, CONTRACT.c.number, STATE.label("state")).select_from(CONTRACT.outerjoin(ANSWER, LATEST))
    query = query.where(CONTRACT.c.number.in_(list(references)), *visible(reach.kind_of(scope))).order_by(CONTRACT.c.id)
    return list(db.execute(query.limit(most), values(scope)))


def accounts(db: Session, most: int = 500) -> list[Any]:
    """For staff: the customers to filter by."""
    return list(db.execute(sa.select(ACCOUNT.c.id, ACCOUNT.c.name).order_by(ACCOUNT.c.name, ACCOUNT.c.id).limit(most)))
