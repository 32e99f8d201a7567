"""What the company sells: items, prices, and how much of them is there."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum

from portico.connections.paging import Problem
from portico_erp import invariants as check


class ItemKind(StrEnum):
    MATERIAL = "material"
    ACCESSORY = "accessory"
    SERVICE = "service"
    FEE = "fee"


@dataclass(frozen=True, slots=True)
class Item:
    """Something the company sells. `price` is the list price of one `unit` before tax, `tax_rate` in per
    cent.
    """

    ref: str
    code: str
    name: str
    kind: ItemKind
    category: str
    unit: str
    price: Decimal
    currency: str
    tax_rate: Decimal
    active: bool
    updated_at: datetime
    description: str = ""

    def __post_init__(self) -> None:
        check.text(self.ref, "ref", longest=check.LONGEST_CODE)
        check.text(self.code, "code", longest=check.LONGEST_CODE)
        check.text(self.name, "name")
        check.text(self.category, "category", empty=True)
        check.text(self.unit, "unit", longest=50, empty=True)
        check.amount(self.price, "price")
        check.currency(self.currency)
        check.per_cent(self.tax_rate, "tax_rate")
        check.moment(self.updated_at, "updated_at")
        check.text(self.description, "description", longest=check.LONGEST_TEXT, empty=True)


@dataclass(frozen=True, slots=True)
class Price:
    """What one unit of `ref` costs this customer when `quantity` of it are bought.

    `price_list`: the name of the customer's own list the price comes from, None = the company's list price.
    """

    ref: str
    quantity: Decimal
    unit_price: Decimal
    currency: str
    price_list: str | None
    as_of: datetime
    tax_rate: Decimal = Decimal(0)

    def __post_init__(self) -> None:
        check.quantity(self.quantity, "quantity")
        check.amount(self.unit_price, "unit_price")
        check.currency(self.currency)
        check.per_cent(self.tax_rate, "tax_rate")
        check.moment(self.as_of, "as_of")


@dataclass(frozen=True, slots=True)
class PriceAnswer:
    """The answer to one question for prices. Every item asked for is in exactly one of the three.

    `missing`: refs that the company does not know or no longer sells. `problems`: items whose price is
    absurd.
    """

    prices: Sequence[Price]
    missing: Sequence[str] = ()
    problems: Sequence[Problem] = ()

    def by_ref(self) -> dict[str, Price]:
        return {price.ref: price for price in self.prices}


@dataclass(frozen=True, slots=True)
class PriceBreak:
    """One step of a customer's price for an item: what one unit costs, before tax, from `min_quantity` on up to the next step.

    `min_quantity`: 0 = from the smallest quantity on. `price_list`: as in `Price`.
    """

    min_quantity: Decimal
    unit_price: Decimal
    currency: str
    price_list: str | None

    def __post_init__(self) -> None:
        check.amount(self.min_quantity, "min_quantity", below=check.LARGEST_QUANTITY)
        check.amount(self.unit_price, "unit_price")
        check.currency(self.currency)
        check.optional_text(self.price_list, "price_list")


@dataclass(frozen=True, slots=True)
class StockLevel:
    """How much of an item a customer can have now, in `unit`, over all of the company's places together.

    `available`: what is promised to others is taken off; an item that is oversold has 0, never less. None = the company keeps
    no count of it (a service): it is never short. `expected_on`: the day, in the company's own time zone, on which more is
    expected; None = not known. `as_of`: when the company's system said so.
    """

    ref: str
    available: Decimal | None
    unit: str
    expected_on: date | None
    as_of: datetime

    def __post_init__(self) -> None:
        check.text(self.ref, "ref", longest=check.LONGEST_CODE)
        if self.available is not None:
            check.amount(self.available, "available", below=check.LARGEST_QUANTITY)
        check.text(self.unit, "unit", longest=50, empty=True)
        check.optional_day(self.expected_on, "expected_on")
        check.moment(self.as_of, "as_of")


@dataclass(frozen=True, slots=True)
class StockAnswer:
    """The answer to one question for stock. Every item asked for is in exactly one of the three, as in `PriceAnswer`."""

    levels: Sequence[StockLevel]
    missing: Sequence[str] = ()
    problems: Sequence[Problem] = ()

    def by_ref(self) -> dict[str, StockLevel]:
        return {level.ref: level for level in self.levels}
