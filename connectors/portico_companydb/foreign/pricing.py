"""What a customer pays, out of rows: an agreement of their own before one of their list, the largest quantity that fits, the
lowest of equals; else the list price less the customer's discount.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from decimal import ROUND_HALF_UP, Decimal
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from portico_companydb.foreign import cells
from portico_companydb.foreign.catalogue import Relation
from portico_companydb.foreign.entities import FieldKind
from portico_companydb.foreign.rows import Row, is_gone
from portico_companydb.i18n import _
from portico_erp.errors import ConnectorRejectedError, InvalidValueError
from portico_erp.values import Item, Price, PriceAnswer, Problem

if TYPE_CHECKING:
    from portico_companydb.foreign.client import Reading

_PLACES = Decimal("0.0001")
_TEXT = FieldKind("")


def same_in_any_case(relation: Relation, name: str, said: str) -> sa.ColumnElement[bool]:
    column = sa.func.lower(sa.func.rtrim(relation.column(name)))
    return column == sa.func.lower(sa.bindparam(None, said, sa.String()))


def items(reading: Reading, refs: Sequence[str]) -> dict[str, Item | Problem]:
    """By reference. Of a reference that stands there twice, the last one."""
    source = reading.builder.source("items")
    wanted = set(refs)
    found = {reading.builder.ref("items", row): row for row in reading.rows.by_key(source, source.key, refs)}
    return {ref: reading.builder.item(row) for ref, row in found.items() if ref in wanted}


def on_sale(reading: Reading, refs: Sequence[str]) -> set[str]:
    return {ref for ref, item in items(reading, refs).items() if not isinstance(item, Problem) and item.active}


def customer(reading: Reading, ref: str) -> Row | None:
    source = reading.builder.source("customers")
    rows = [row for row in reading.rows.by_key(source, source.key, [ref]) if reading.builder.ref("customers", row) == ref]
    return rows[0] if rows and not is_gone(source, rows[0]) else None


def answer(reading: Reading, ref: str | None, wanted: Sequence[tuple[str, Decimal]], as_of: datetime) -> PriceAnswer:
    row = customer(reading, ref) if ref is not None else None
    if ref is not None and row is None:
        raise ConnectorRejectedError("customer_ref", _("The company does not know this customer."), code="unknown")
    known = items(reading, [one for one, _quantity in wanted])
    agreed = _Agreed(reading, ref or "", row, list(known), as_of) if row is not None else None
    prices: list[Price] = []
    problems: dict[str, Problem] = {}
    for one, quantity in wanted:
        item = known.get(one)
        if isinstance(item, Problem):
            problems[one] = item
        elif item is not None and item.active:
            found = _price(reading, item, quantity, agreed, as_of)
            if isinstance(found, Problem):
                problems[one] = found
            else:
                prices.append(found)
    told = {price.ref for price in prices} | problems.keys()
    missing = dict.fromkeys(one for one, _quantity in wanted if one not in told)
    return PriceAnswer(prices, tuple(missing), tuple(problems.values()))


def _price(reading: Reading, item: Item, quantity: Decimal, agreed: _Agreed | None, as_of: datetime) -> Price | Problem:
    def build() -> Price:
        amount, currency, name = item.price, item.currency, None
        if agreed is not None:
            amount, currency, name = agreed.price(item, quantity)
        return Price(item.ref, quantity, amount, currency, name, as_of, item.tax_rate)

    return reading.builder.attempt("items", item.ref, {"price": item.price}, build)


class _Agreed:
    """What was agreed with one customer for some items, and holds today. Rows that cannot be read are the item's problem."""

    def __init__(self, reading: Reading, ref: str, row: Row, refs: Sequence[str], as_of: datetime) -> None:
        self._reading, self._ref = reading, ref
        own = reading.builder.fields("customers", row)
        self._list, self._discount = own["price_list"], own["discount"]
        self._today = as_of.astimezone(reading.builder.document.zone).date()
        self._rows: dict[str, list[Row]] = {}
        if "prices" in reading.builder.document.sources and refs:
            source = reading.builder.source("prices")
            cell = source.fields["item"]
            for each in reading.rows.by_key(source, cell.columns, refs):
                name = cells.value(_TEXT, cell, each, "item", reading.builder.document.zone, reading.builder.lookups)
                self._rows.setdefault(name or "", []).append(each)

    def price(self, item: Item, quantity: Decimal) -> tuple[Decimal, str, str | None]:
        """(price, currency, name of the list or None). Raises InvalidValueError."""
        entries = [entry for row in self._rows.get(item.ref, ()) if (entry := self._entry(row)) is not None]
        fitting = [entry for entry in entries if entry["min_quantity"] <= quantity]
        if fitting:
            best = min(fitting, key=lambda one: (one["customer"] is None, -one["min_quantity"], self._amount(item, one)))
            name = best["list_name"] or best["price_list"] or str(best["customer"])
            return self._amount(item, best), best["currency"] or item.currency, name
        if self._discount:
            return _less(item.price, self._discount), item.currency, f"−{self._discount.normalize():f} %"
        return item.price, item.currency, None

    def _entry(self, row: Row) -> dict[str, Any] | None:
        if is_gone(self._reading.builder.source("prices"), row):
            return None
        found = self._reading.builder.fields("prices", row)
        mine = found["customer"] == self._ref or (found["customer"] is None and found["price_list"] == self._list is not None)
        begun = found["valid_from"] is None or found["valid_from"] <= self._today
        holds = found["valid_until"] is None or found["valid_until"] >= self._today
        return found if mine and begun and holds else None

    @staticmethod
    def _amount(item: Item, entry: dict[str, Any]) -> Decimal:
        if entry["price"] is not None:
            amount: Decimal = entry["price"]
            return amount
        if entry["discount"] is None:
            raise InvalidValueError("price", "missing", "neither price nor discount")
        return _less(item.price, entry["discount"])


def _less(price: Decimal, discount: Decimal) -> Decimal:
    if not discount.is_finite() or not 0 <= discount <= 100:
        raise InvalidValueError("discount", "out_of_range", "a discount is from 0 to 100 per cent")
    exact = price * (100 - discount) / 100
    return exact if exact == exact.quantize(_PLACES) else exact.quantize(_PLACES, ROUND_HALF_UP)
