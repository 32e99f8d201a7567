"""The queries behind list, detail, dashboard and API: columns, never entities; the wall holds."""

from __future__ import annotations

import datetime as dt
import re
import uuid
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from functools import lru_cache
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from portico.db.direct import Direct
from portico.db.types import as_id, now
from portico.tenancy import reach
from portico.tenancy.models import Account
from portico.tenancy.scope import Scope
from portico.tenancy.tenant import Tenant
from portico.web.pagination import Page, encode_cursor, fetch, keyset
from portico_invoices.errors import InvoiceNotFoundError
from portico_invoices.filters import Filters, typed
from portico_invoices.models import BILLED, CHANGE, INVOICE, LINE
from portico_invoices.states import CREDIT_NOTE, OPEN, OVERDUE

ACCOUNT: Any = Account.__table__
MOST_FOUND = 1000
_SPECIAL, _ESCAPED = r"([\\%_])", r"\\\1"
_LIST = (
    INVOICE.c.id,
    INVOICE.c.number,
    INVOICE.c.kind,
    INVOICE.c.status,
    INVOICE.c.currency,
    INVOICE.c.gross,
    INVOICE.c.open_amount,
    INVOICE.c.issued_on,
    INVOICE.c.due_on,
    INVOICE.c.po_number,
)
_KEYS: list[tuple[Any, Any]] = [(INVOICE.c.issued_on, dt.date.fromisoformat), (INVOICE.c.id, uuid.UUID)]
_OF_ACCOUNT = sa.and_(ACCOUNT.c.tenant_id == INVOICE.c.tenant_id, ACCOUNT.c.id == INVOICE.c.account_id)
_DETAIL = sa.select(
    *_LIST,
    INVOICE.c.account_id,
    INVOICE.c.erp_ref,
    INVOICE.c.status_at,
    INVOICE.c.net,
    INVOICE.c.tax,
    INVOICE.c.line_count,
    INVOICE.c.credits_ref,
    INVOICE.c.note,
    INVOICE.c.synced_at,
    INVOICE.c.erp_updated_at,
    ACCOUNT.c.name.label("account"),
).join(ACCOUNT, _OF_ACCOUNT)
_ID: Any = sa.bindparam("invoice_id", type_=sa.Uuid)
_LINES = Direct(
    sa.select(
        LINE.c.position,
        LINE.c.item_ref,
        LINE.c.name,
        LINE.c.quantity,
        LINE.c.unit,
        LINE.c.unit_price,
        LINE.c.tax_rate,
        LINE.c.total,
    ).where(LINE.c.invoice_id == _ID).order_by(LINE.c.position)
)
_ORDERS = Direct(
    sa.select(BILLED.c.order_ref, BILLED.c.order_id, BILLED.c.number)
    .where(BILLED.c.invoice_id == _ID)
    .order_by(BILLED.c.position)
)
_CHANGES = Direct(
    sa.select(CHANGE.c.kind, CHANGE.c.status, CHANGE.c.data, CHANGE.c.at)
    .where(CHANGE.c.invoice_id == _ID)
    .order_by(CHANGE.c.at, CHANGE.c.id)
)


@dataclass(frozen=True)
class Detail:
    """An invoice with its parts. linked: of an invoice, the credit notes about it; of a credit note, its invoice, if it is here
    and the reader may see it.
    """

    invoice: Any
    lines: list[Any]
    orders: list[Any]
    changes: list[Any]
    linked: list[Any]


_TODAY: Any = sa.bindparam("today", type_=sa.Date)
# Written out, as the index of what is open has it.
_OPEN: Any = INVOICE.c.status.in_([sa.literal_column(f"'{one}'") for one in OPEN])
_NEVER_LATE = sa.or_(INVOICE.c.kind == CREDIT_NOTE, INVOICE.c.due_on.is_(None))
CONDITIONS: dict[str, sa.ColumnElement[bool]] = {
    "unpaid": _OPEN,
    OVERDUE: sa.and_(_OPEN, INVOICE.c.kind != CREDIT_NOTE, INVOICE.c.due_on < _TODAY),
    # What is called overdue is not called open besides: the same words as in the list.
    "in_time": sa.and_(INVOICE.c.status == sa.bindparam("in_time"), sa.or_(_NEVER_LATE, INVOICE.c.due_on >= _TODAY)),
    "status": INVOICE.c.status == sa.bindparam("status"),
    "kind": INVOICE.c.kind == sa.bindparam("kind"),
    "since": INVOICE.c.issued_on >= sa.bindparam("since"),
    "until": INVOICE.c.issued_on <= sa.bindparam("until"),
    "account": INVOICE.c.account_id == sa.bindparam("account"),
    "pattern": INVOICE.c.search.like(sa.bindparam("pattern")),
    # Across a whole company the text index is needed, which no LIKE reaches through the wall.
    "anywhere": INVOICE.c.id.in_(
        sa.select(sa.func.invoices_find(sa.bindparam("anywhere"), MOST_FOUND, type_=sa.Uuid))
    ),
}
"""By name; most compare with a value of their own name."""


@dataclass(frozen=True)
class Asked:
    """What filters mean. names: of CONDITIONS; values: what these compare with."""

    names: tuple[str, ...]
    values: dict[str, Any]


def visible(kind: str) -> tuple[sa.ColumnElement[bool], ...]:
    """What the wall says, said beside it, so that indexes are used; `kind` is `reach.kind_of` the reader."""
    return reach.conditions(kind, INVOICE.c)


@lru_cache(maxsize=8)
def _one(kind: str) -> Direct:
    return Direct(_DETAIL.where(INVOICE.c.id == _ID, *visible(kind)))


@lru_cache(maxsize=512)
def _listing(kind: str, conditions: tuple[str, ...], continued: bool, descending: bool) -> Direct:
    """The list's statement, made once for each kind of question."""
    if kind != "everything":
        query = sa.select(*_LIST)
    else:
        query = sa.select(*_LIST, ACCOUNT.c.name.label("account"), INVOICE.c.account_id).join(ACCOUNT, _OF_ACCOUNT)
    query = query.where(*visible(kind), *(CONDITIONS[name] for name in conditions))
    return Direct(keyset(query, _KEYS, continued=continued, descending=descending))


def invoices(db: Session, filters: Filters) -> Page[Any]:
    """One page, newest first. For staff with the customer's name. Raises InvalidError for a cursor that is not ours."""
    scope: Scope = db.info["scope"]
    narrowed = asked(scope, filters)
    cursor = filters.before or filters.after
    statement = _listing(reach.kind_of(scope), narrowed.names, bool(cursor), not filters.before)
    values = {**reach.values(scope), **narrowed.values}
    page = fetch(db, statement, _KEYS, values, cursor=cursor, limit=filters.limit)
    if filters.before:
        rows = list(reversed(page.rows))
        return Page(rows, _cursor(rows[-1:]), _cursor(rows[:1]) if page.next else None)
    return Page(page.rows, page.next, _cursor(page.rows[:1]) if filters.after else None)


def _cursor(rows: Any) -> str | None:
    return encode_cursor([rows[0].issued_on, rows[0].id]) if rows else None


def asked(scope: Scope, filters: Filters) -> Asked:
    assert scope.tenant is not None
    day = {"today": today(scope.tenant)}
    found: dict[str, dict[str, Any]] = {}
    if filters.state == "unpaid":
        found["unpaid"] = {}
    elif filters.state == OVERDUE:
        found[OVERDUE] = day
    elif filters.state in OPEN:
        found["in_time"] = {"in_time": filters.state, **day}
    given = {
        "status": "" if filters.state in ("unpaid", OVERDUE, *OPEN) else filters.state,
        "kind": filters.kind,
        "since": filters.since,
        "until": filters.until,
        "account": filters.account_id,
    }
    found |= {name: {name: value} for name, value in given.items() if value}
    if filters.search:
        pattern = f"%{re.sub(_SPECIAL, _ESCAPED, typed(filters.search))}%"
        few = scope.kind == "customer" or filters.account_id  # rows, and their index is used already
        name = "pattern" if few else "anywhere"
        found[name] = {name: pattern}
    return Asked(tuple(found), {name: value for values in found.values() for name, value in values.items()})


def invoice(db: Session, invoice_id: uuid.UUID) -> Any:
    """Raises InvoiceNotFoundError for what is not there, or not the reader's to see."""
    scope: Scope = db.info["scope"]
    row = _one(reach.kind_of(scope)).first(db, {"invoice_id": invoice_id, **reach.values(scope)})
    if row is None:
        raise InvoiceNotFoundError
    return row


def detail(db: Session, row: Any, *, history: bool = True) -> Detail:
    """The parts of an invoice that `invoice` gave: four queries, whatever its size; three without its history."""
    values = {"invoice_id": row.id}
    changes = _CHANGES.rows(db, values) if history else []
    return Detail(row, _LINES.rows(db, values), _ORDERS.rows(db, values), changes, _linked(db, row))


_LINKED = sa.select(
    INVOICE.c.id, INVOICE.c.number, INVOICE.c.kind, INVOICE.c.status, INVOICE.c.gross, INVOICE.c.currency, INVOICE.c.issued_on,
    INVOICE.c.due_on,
).order_by(INVOICE.c.issued_on, INVOICE.c.id)  # fmt: skip
MOST_LINKED = 100


@lru_cache(maxsize=16)
def _of_invoice(kind: str, credit: bool) -> Direct:
    """Of a credit note its invoice; of an invoice the credit notes about it. Of the same customer: a company that names
    another's tells nobody of it."""
    named = INVOICE.c.erp_ref if credit else INVOICE.c.credits_ref
    query = _LINKED.where(
        named == sa.bindparam("ref"), INVOICE.c.account_id == sa.bindparam("of_account", type_=sa.Uuid), *visible(kind)
    )
    return Direct(query.limit(MOST_LINKED))


def _linked(db: Session, row: Any) -> list[Any]:
    scope: Scope = db.info["scope"]
    credit = row.kind == CREDIT_NOTE
    ref = row.credits_ref if credit else row.erp_ref
    if ref is None:
        return []
    values = {"ref": ref, "of_account": row.account_id, **reach.values(scope)}
    return _of_invoice(reach.kind_of(scope), credit).rows(db, values)


def today(tenant: Tenant) -> dt.date:
    """Where the company is."""
    return now().astimezone(tenant.zone).date()


@dataclass(frozen=True)
class OpenSum:
    """Of one currency. open, overdue: of invoices; credit: what the company still has to give back. None is set off against
    another here: that is the company's books' to do."""

    currency: str
    invoices: int
    open: Decimal
    late: int
    overdue: Decimal
    credit: Decimal
    next_due: dt.date | None


@lru_cache(maxsize=16)
def _open_sums(kind: str, of_account: bool) -> Direct:
    mine = INVOICE.c.kind != CREDIT_NOTE
    late = sa.and_(mine, INVOICE.c.due_on < _TODAY)
    query = sa.select(
        INVOICE.c.currency,
        sa.func.count().filter(mine).label("invoices"),
        sa.func.coalesce(sa.func.sum(INVOICE.c.open_amount).filter(mine), 0).label("open"),
        sa.func.count().filter(late).label("late"),
        sa.func.coalesce(sa.func.sum(INVOICE.c.open_amount).filter(late), 0).label("overdue"),
        sa.func.coalesce(sa.func.sum(INVOICE.c.open_amount).filter(~mine), 0).label("credit"),
        sa.func.min(INVOICE.c.due_on).filter(mine, ~late).label("next_due"),
    )
    query = query.where(_OPEN, *visible(kind)).group_by(INVOICE.c.currency).order_by(INVOICE.c.currency)
    return Direct(query.where(INVOICE.c.account_id == sa.bindparam("account")) if of_account else query)


def open_sums(db: Session, account_id: uuid.UUID | None = None) -> list[OpenSum]:
    """What is open, a sum for each currency, of all that the reader sees, or of one customer. One query."""
    scope: Scope = db.info["scope"]
    assert scope.tenant is not None
    values = {"today": today(scope.tenant), **reach.values(scope)}
    if account_id is not None:
        values["account"] = account_id
    rows = _open_sums(reach.kind_of(scope), account_id is not None).rows(db, values)
    return [OpenSum(*row) for row in rows]


def ref_of(db: Session, invoice_id: uuid.UUID) -> str | None:
    """What the company's system calls the invoice."""
    return db.scalar(sa.select(INVOICE.c.erp_ref).where(INVOICE.c.id == invoice_id))


def related(db: Session, references: Iterable[str], most: int = 20) -> list[Any]:
    """Invoices that bill an order which is named "order:<its id in the portal>", as the reader may see them."""
    ids = [one for text in references if text.startswith("order:") and (one := as_id(text.removeprefix("order:")))]
    if not ids:
        return []
    scope: Scope = db.info["scope"]
    query = (
        sa.select(INVOICE.c.id, INVOICE.c.number, INVOICE.c.kind, INVOICE.c.status, INVOICE.c.due_on, INVOICE.c.issued_on)
        .join(BILLED, sa.and_(BILLED.c.tenant_id == INVOICE.c.tenant_id, BILLED.c.invoice_id == INVOICE.c.id))
        .where(BILLED.c.order_id.in_(ids), *visible(reach.kind_of(scope)))
        .order_by(INVOICE.c.issued_on.desc(), INVOICE.c.id.desc())
        .limit(most)
    )
    return list(db.execute(query, reach.values(scope)))


def accounts(db: Session, most: int = 500) -> list[Any]:
    """For staff: the customers to filter by."""
    return list(db.execute(sa.select(ACCOUNT.c.id, ACCOUNT.c.name).order_by(ACCOUNT.c.name, ACCOUNT.c.id).limit(most)))
