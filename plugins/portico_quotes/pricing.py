"""What one unit costs a customer: the company's live answer, what it last said, or its list price; always with its age."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from portico.db.direct import Direct
from portico.db.types import kept, new_id
from portico_erp.values import PriceAnswer
from portico_quotes.models import CachedPrice

KEEP_QUIET = dt.timedelta(seconds=60)
"""What stays the same is written again only when it is older."""


@dataclass(frozen=True, slots=True)
class PricedItem:
    """A unit price with where it comes from. source: "live", "cached" (the company said so at `as_of`) or "list".

    price_list: the name of the customer's own list that it stands on, None = the company's list price.
    """

    unit_price: Decimal
    tax_rate: Decimal
    currency: str
    price_list: str | None
    source: str
    as_of: dt.datetime


@dataclass(frozen=True)
class Answer:
    """Prices by (item id, quantity). away: the company's system did not answer, so nothing here is live. fault: it is away
    because of a fault that only its staff can mend. busy: because it may not be asked more often at the moment.

    gone: items that the company no longer sells. unusable: items whose price makes no sense.
    """

    prices: Mapping[tuple[uuid.UUID, Decimal], PricedItem]
    away: bool = False
    gone: frozenset[uuid.UUID] = frozenset()
    unusable: frozenset[uuid.UUID] = frozenset()
    fault: bool = False
    busy: bool = False

    @property
    def absence(self) -> str:
        """Why nothing here is live, for a notice: "fault", "busy", "away", or empty."""
        return "fault" if self.fault else "busy" if self.busy else "away" if self.away else ""


Wanted = Sequence[tuple[Any, Decimal]]
"""(item row, quantity) pairs."""


def question(wanted: Wanted) -> tuple[tuple[str, Decimal], ...]:
    """What to ask the company's system: (its name for the item, quantity)."""
    return tuple((item.ref, quantity) for item, quantity in wanted)


def read_answer(answer: PriceAnswer, wanted: Wanted, currency: str) -> Answer:
    """The company's answer in terms of our items, as lines keep it. A price in another currency than the quote's is unusable."""
    named: dict[tuple[str, Decimal], Any] = {(one.ref, one.quantity): one for one in answer.prices}
    missing, bad = set(answer.missing), {problem.ref for problem in answer.problems}
    found: dict[tuple[uuid.UUID, Decimal], PricedItem] = {}
    gone, unusable = set(), set()
    for item, quantity in wanted:
        price = named.get((item.ref, quantity))
        if item.ref in missing:
            gone.add(item.id)
        elif price is None or item.ref in bad or price.currency != currency:
            unusable.add(item.id)
        else:
            found[item.id, quantity] = PricedItem(
                kept(price.unit_price), kept(price.tax_rate), price.currency, price.price_list, "live", price.as_of
            )
    return Answer(found, gone=frozenset(gone), unusable=frozenset(unusable))


def cached(
    db: Session,
    account_id: uuid.UUID | None,
    wanted: Wanted,
    *,
    away: bool = False,
    fault: bool = False,
    busy: bool = False,
) -> Answer:
    """What was last said: the customer's price for the largest quantity that is not above the wanted one, else the
    list price. One query."""
    known = _known(db, account_id, {item.id for item, _quantity in wanted})
    found = {}
    for item, quantity in wanted:
        fitting = [row for row in known.get(item.id, ()) if row.quantity <= quantity]
        best = max(fitting, key=lambda row: row.quantity, default=None)
        if best is None or (best.price_list is None and best.as_of < item.synced_at):
            found[item.id, quantity] = PricedItem(
                item.price, item.tax_rate, item.currency, None, "list", item.synced_at
            )
        else:
            found[item.id, quantity] = PricedItem(
                best.unit_price, best.tax_rate, item.currency, best.price_list, "cached", best.as_of
            )
    gone = frozenset(item.id for item, _quantity in wanted if not item.active)
    return Answer(found, away=away, gone=gone, fault=fault, busy=busy)


_CACHED = Direct(
    sa.select(
        CachedPrice.item_id,
        CachedPrice.quantity,
        CachedPrice.unit_price,
        CachedPrice.tax_rate,
        CachedPrice.price_list,
        CachedPrice.as_of,
    ).where(
        CachedPrice.account_id == sa.bindparam("account_id"),
        CachedPrice.item_id.in_(sa.bindparam("ids", expanding=True)),
    )
)


def _known(db: Session, account_id: uuid.UUID | None, ids: set[uuid.UUID]) -> dict[uuid.UUID, list[Any]]:
    if account_id is None or not ids:
        return {}
    found: dict[uuid.UUID, list[Any]] = {}
    for row in _CACHED.rows(db, {"account_id": account_id, "ids": list(ids)}):
        found.setdefault(row.item_id, []).append(row)
    return found


def remember(
    db: Session, account_id: uuid.UUID | None, prices: Mapping[tuple[uuid.UUID, Decimal], PricedItem]
) -> None:
    """Keep live prices for when the company is away. Written once a minute at most while they stay the same."""
    # Sorted, so that two requests lock the rows in one order.
    live = sorted(
        ((key, price) for key, price in prices.items() if price.source == "live"), key=lambda one: one[0]
    )
    if account_id is None or not live:
        return
    tenant_id = db.info["tenant_id"]
    statement = insert(CachedPrice).values(
        [
            {
                "tenant_id": tenant_id,
                "id": new_id(),
                "account_id": account_id,
                "item_id": item_id,
                "quantity": quantity,
                "unit_price": price.unit_price,
                "tax_rate": price.tax_rate,
                "price_list": price.price_list,
                "as_of": price.as_of,
            }
            for (item_id, quantity), price in live
        ]
    )
    new = statement.excluded
    db.execute(
        statement.on_conflict_do_update(
            index_elements=["tenant_id", "account_id", "item_id", "quantity"],
            set_={
                "unit_price": new.unit_price,
                "tax_rate": new.tax_rate,
                "price_list": new.price_list,
                "as_of": new.as_of,
            },
            where=sa.or_(
                CachedPrice.unit_price != new.unit_price,
                CachedPrice.tax_rate != new.tax_rate,
                CachedPrice.price_list.is_distinct_from(new.price_list),
                CachedPrice.as_of < new.as_of - sa.literal(KEEP_QUIET, sa.Interval),
            ),
        )
    )


def of_items(answer: Answer, items: Iterable[Any], quantity: Decimal) -> dict[uuid.UUID, PricedItem]:
    """The prices of a list of items, all for one quantity."""
    return {
        item.id: answer.prices[item.id, quantity] for item in items if (item.id, quantity) in answer.prices
    }
