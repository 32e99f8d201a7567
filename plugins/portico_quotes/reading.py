"""Reads quotes for lists, detail pages and the API: columns, never entities, and as many queries for one row as for a hundred."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import lru_cache
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from portico.db.direct import Direct
from portico.db.types import as_id, now
from portico.errors import NotFoundError
from portico.organisation import sites
from portico.organisation.models import AccountSite
from portico.pluginhost.values import Origin
from portico.tenancy import reach
from portico.tenancy.models import Account
from portico.web.pagination import Page, fetch, keyset, paginate
from portico_quotes.drafts import HIDDEN_AFTER, RESTORABLE_FOR, has_rows
from portico_quotes.history import STARTED
from portico_quotes.models import Happening, Line, Quote
from portico_quotes.states import State

COLUMNS = (
    Quote.id,
    Quote.account_id,
    Quote.connection_id,
    Quote.number,
    Quote.erp_ref,
    Quote.state,
    Quote.delivery,
    Quote.version,
    Quote.currency,
    Quote.note,
    Quote.po_number,
    Quote.delivery_address,
    Quote.wanted_on,
    Quote.line_count,
    Quote.net,
    Quote.tax,
    Quote.gross,
    Quote.confirmed,
    Quote.uncertain,
    Quote.problem,
    Quote.answer,
    Quote.answer_due_at,
    Quote.requested_at,
    Quote.reason,
    Quote.valid_until,
    Quote.site_id,
    Quote.author_id,
    Quote.author,
    Quote.approval_id,
    Quote.created_at,
    Quote.touched_at,
    Quote.moved_at,
    Quote.submitted_at,
    Quote.remote_updated_at,
)
LINE_COLUMNS = (
    Line.id,
    Line.position,
    Line.item_ref,
    Line.code,
    Line.name,
    Line.kind,
    Line.unit,
    Line.quantity,
    Line.unit_price,
    Line.tax_rate,
    Line.note,
    Line.price_list,
    Line.price_source,
    Line.price_as_of,
    Line.offered_price,
    Line.offered_tax_rate,
    Line.gone,
    Line.optional,
    Line.chosen,
)
# What a line of a list shows.
SHORT = (
    Quote.id,
    Quote.number,
    Quote.state,
    Quote.delivery,
    Quote.version,
    Quote.currency,
    Quote.po_number,
    Quote.line_count,
    Quote.gross,
    Quote.approval_id,
    Quote.requested_at,
    Quote.touched_at,
    Quote.moved_at,
)
MOST_COUNTED = 100
_KEYS: list[tuple[Any, Any]] = [(Quote.moved_at, dt.datetime.fromisoformat), (Quote.id, uuid.UUID)]
OF_ACCOUNT = sa.and_(Account.tenant_id == Quote.tenant_id, Account.id == Quote.account_id)
_TYPED = sa.func.lower(sa.bindparam("text", type_=sa.Text))
_WEEK_AGO = sa.bindparam("week_ago", type_=Quote.touched_at.type)
# Each is executed with the values of `conditions_of`.
CONDITIONS: dict[str, sa.ColumnElement[bool]] = {
    "hidden": sa.and_(
        Quote.state == State.DRAFT,
        Quote.touched_at <= _WEEK_AGO,
        Quote.touched_at > sa.bindparam("forgotten", type_=Quote.touched_at.type),
        sa.or_(
            has_rows(),
            Quote.note != "",
            Quote.po_number != "",
            Quote.delivery_address.is_not(None),
            Quote.wanted_on.is_not(None),
        ),
    ),
    "current": sa.or_(Quote.state != State.DRAFT, Quote.touched_at > _WEEK_AGO),
    "state": Quote.state == sa.bindparam("state"),
    "account": Quote.account_id == sa.bindparam("account"),
    "text": sa.or_(
        sa.func.strpos(sa.func.lower(Quote.number), _TYPED) > 0,
        sa.func.strpos(sa.func.lower(Quote.po_number), _TYPED) > 0,
    ),
}
_OF_SITE = sa.and_(AccountSite.tenant_id == Quote.tenant_id, AccountSite.id == Quote.site_id)
# Of drafts alone: nobody looks at it later, and it holds every line of what the draft was started from.
_REORDERED = sa.case(
    (
        Quote.state == State.DRAFT,
        sa.select(Happening.data)
        .where(Happening.account_id == Quote.account_id, Happening.quote_id == Quote.id, Happening.kind.in_(STARTED))
        .limit(1)
        .scalar_subquery(),
    ),
).label("reordered")
# Of drafts alone, too: where it can be written for, as `sites.folded`.
_SITES = sa.case((Quote.state == State.DRAFT, sites.folded(Quote.account_id))).label("sites")
_ONE = Direct(
    sa.select(
        *COLUMNS,
        Account.name.label("account"),
        Account.erp_ref.label("customer_ref"),
        AccountSite.name.label("site"),
        _REORDERED,
        _SITES,
        AccountSite.address.label("site_address"),
    )
    .join(Account, OF_ACCOUNT)
    .outerjoin(AccountSite, _OF_SITE)
    .where(Quote.id == sa.bindparam("quote_id"))
)
_LINES = Direct(
    sa.select(*LINE_COLUMNS)
    .where(
        Line.account_id == sa.bindparam("account_id"),
        Line.quote_id == sa.bindparam("quote_id"),
        Line.removed_at.is_(None),
    )
    .order_by(Line.position, Line.id)
)


def cleaned(typed: str | None) -> str:
    """What somebody searches for, as the database can take it."""
    text = "".join(one for one in typed or "" if one.isprintable())[:100].strip()
    return text.encode("utf-8", "ignore").decode()


@dataclass(frozen=True)
class Wanted:
    """What a list shows. An unknown state is none. hidden: drafts that were forgotten or discarded, and only those."""

    state: State | None = None
    text: str = ""
    account_id: uuid.UUID | None = None
    hidden: bool = False

    @classmethod
    def read(cls, given: Mapping[str, str], *, hidden: bool = False) -> Wanted:
        text = cleaned(given.get("q"))
        state, account = given.get("state"), given.get("account") or ""
        try:
            account_id = uuid.UUID(account) if account else None
        except ValueError:
            account_id = None
        return cls(
            State(state) if state in list(State) else None,
            text,
            account_id,
            hidden,
        )


def listing(
    db: Session, wanted: Wanted, *, cursor: str | None = None, limit: int = 25, whole: bool = False
) -> Page[Any]:
    """Newest movement first, with the account's name; all columns if `whole`. One query."""
    scope = db.info["scope"]
    conditions = conditions_of(wanted)
    statement = _listing(reach.kind_of(scope), tuple(conditions), bool(cursor), whole)
    values = {**reach.values(scope), **{name: value for given in conditions.values() for name, value in given.items()}}
    return fetch(db, statement, _KEYS, values, cursor=cursor, limit=limit)


@lru_cache(maxsize=256)
def _listing(kind: str, conditions: tuple[str, ...], continued: bool, whole: bool) -> Direct:
    """The list's statement, made once for each kind of question."""
    query = sa.select(*(COLUMNS if whole else SHORT), Account.name.label("account")).join(Account, OF_ACCOUNT)
    query = query.where(*reach.conditions(kind, Quote), *(CONDITIONS[name] for name in conditions))
    return Direct(keyset(query, _KEYS, continued=continued))


def conditions_of(wanted: Wanted) -> dict[str, dict[str, Any]]:
    """Which of `CONDITIONS`, with the values that they compare with."""
    week_ago = now() - HIDDEN_AFTER
    if wanted.hidden:
        found: dict[str, dict[str, Any]] = {
            "hidden": {"week_ago": week_ago, "forgotten": week_ago - RESTORABLE_FOR}
        }
    else:
        found = {"current": {"week_ago": week_ago}}
        if wanted.state is not None:
            found["state"] = {"state": wanted.state}
    if wanted.account_id is not None:
        found["account"] = {"account": wanted.account_id}
    if wanted.text:
        found["text"] = {"text": wanted.text}
    return found


def one(db: Session, quote_id: uuid.UUID) -> Any:
    """A quote with its account's name and the company's name for it. Raises NotFoundError: also for another's."""
    row = _ONE.first(db, {"quote_id": quote_id})
    if row is None:
        raise NotFoundError()
    return row


_CHOSEN = Direct(
    sa.select(*COLUMNS, Account.name.label("account"))
    .join(Account, OF_ACCOUNT)
    .where(Quote.id.in_(sa.bindparam("ids", expanding=True)))
    .order_by(Quote.id)
)


def several(db: Session, ids: Sequence[uuid.UUID]) -> list[Any]:
    """Those of these quotes that the reader sees, with their accounts' names, in an order that never changes. One query."""
    return _CHOSEN.rows(db, {"ids": list(ids)}) if ids else []


def rows(db: Session, quote: Any) -> list[Any]:
    """Lines and sections in order, without those taken out."""
    return _LINES.rows(db, {"account_id": quote.account_id, "quote_id": quote.id})


def present_quantity(db: Session, quote: Any, item_ref: str) -> Decimal:
    """How much of the item the draft holds already; of an option that is left, nothing."""
    found = db.scalar(
        sa.select(Line.quantity)
        .where(
            Line.account_id == quote.account_id,
            Line.quote_id == quote.id,
            Line.removed_at.is_(None),
            Line.item_ref == item_ref,
            Line.chosen,
        )
        .limit(1)
    )
    return found or Decimal(0)


def tally(db: Session) -> dict[State, int]:
    """How many quotes are in each state, at most 100 each: nobody reads a larger number. One query."""
    scope = db.info["scope"]
    values = {**reach.values(scope), **conditions_of(Wanted())["current"]}
    return {State(state): number for state, number in _counting(reach.kind_of(scope)).rows(db, values)}


@lru_cache(maxsize=8)
def _counting(kind: str) -> Direct:
    states = (
        sa.values(sa.column("state", sa.Text), name="states")
        .data([(state.value,) for state in State])
        .alias("states")
    )
    few = (
        sa.select(sa.literal(1))
        .where(Quote.state == states.c.state, *reach.conditions(kind, Quote), CONDITIONS["current"])
        .limit(MOST_COUNTED)
    )
    counted = sa.select(sa.func.count()).select_from(few.correlate(states).lateral()).scalar_subquery()
    return Direct(sa.select(states.c.state, counted.label("items")))


def known_as(db: Session, quote_id: uuid.UUID) -> tuple[str, uuid.UUID] | None:
    """What the company's system calls the quote, and by which connection; None: it does not have it."""
    row = db.execute(sa.select(Quote.erp_ref, Quote.connection_id).where(Quote.id == quote_id)).one_or_none()
    return (row.erp_ref, row.connection_id) if row is not None and row.erp_ref else None


def by_references(db: Session, references: frozenset[str]) -> list[Any]:
    """Quotes known by any of these ids, numbers, or the company's names for them."""
    scope = db.info["scope"]
    ids = [one for text in references if (one := as_id(text)) is not None]
    return list(
        db.execute(
            sa.select(Quote.id, Quote.number, Quote.state, Quote.erp_ref)
            .where(
                *reach.conditions(reach.kind_of(scope), Quote),
                Quote.state != State.DRAFT,
                sa.or_(Quote.id.in_(ids), Quote.number.in_(references), Quote.erp_ref.in_(references)),
            )
            .limit(20),
            reach.values(scope),
        )
    )


def origins(db: Session, references: frozenset[str]) -> dict[str, Origin]:
    """Whose quotes these are, by our id or the company's. For the company itself."""
    ids = {text: one for text in references if (one := as_id(text)) is not None}
    known = sa.or_(Quote.id.in_(ids.values()), Quote.erp_ref.in_(references))
    columns = (Quote.id, Quote.erp_ref, Quote.account_id, Quote.site_id, Quote.author_id)
    found: dict[str, Origin] = {}
    for row in db.execute(sa.select(*columns).where(known)):
        origin = Origin(row.account_id, row.site_id, row.author_id)
        found |= {text: origin for text in (str(row.id), row.erp_ref) if text in references}
    return found


def accounts(db: Session) -> list[Any]:
    """For the filter of staff: the first 200 organisations by name."""
    return list(db.execute(sa.select(Account.id, Account.name).order_by(Account.name, Account.id).limit(200)))


def organisations(db: Session, text: str, *, cursor: str | None = None) -> Page[Any]:
    """Those that a quote can be written for, by name: whose name, customer number or address holds `text`. One query."""
    columns: tuple[Any, ...] = (Account.id, Account.name, Account.erp_ref, Account.email)
    query = sa.select(*columns).where(Account.status == "active")
    scope = db.info["scope"]
    if scope.kind == "customer":
        query = query.where(Account.id.in_([one for one in scope.accounts if scope.has("quotes:edit", one)]))
    if text:
        typed = sa.func.lower(text)
        query = query.where(sa.or_(*(sa.func.strpos(sa.func.lower(one), typed) > 0 for one in columns[1:])))
    return paginate(
        db, query, [(Account.name, str), (Account.id, uuid.UUID)], cursor=cursor, descending=False
    )
