"""What flows between portal and ERP: frozen values with Decimal money, ISO 4217 currencies and aware UTC
times.

A value checks itself when made (`InvalidValueError`), so whoever holds one may trust it. Names of people,
tables or protocols of a certain ERP have no place here.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum

from portico.connections.connector import CapabilityReport as CapabilityReport
from portico.connections.paging import Page as Page
from portico.connections.paging import Problem as Problem
from portico_erp import invariants as check


class ItemKind(StrEnum):
    MATERIAL = "material"
    ACCESSORY = "accessory"
    SERVICE = "service"
    FEE = "fee"


class QuoteStatus(StrEnum):
    """The company's view of a quote. The portal's own states (draft …) are the portal's business."""

    SUBMITTED = "submitted"
    PRICED = "priced"
    ACCEPTED = "accepted"
    DECLINED = "declined"
    EXPIRED = "expired"
    ORDERED = "ordered"
    CANCELLED = "cancelled"


class OrderStatus(StrEnum):
    """`draft`: being written by the company, not confirmed to the customer yet."""

    DRAFT = "draft"
    PENDING = "pending"
    PROCESSING = "processing"
    SHIPPED = "shipped"
    DELIVERED = "delivered"
    CANCELLED = "cancelled"


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
class Totals:
    """As the ERP states them; `net` before tax, `gross` = what is to be paid."""

    net: Decimal
    tax: Decimal
    gross: Decimal

    def __post_init__(self) -> None:
        for name in ("net", "tax", "gross"):
            check.amount(getattr(self, name), name, signed=True)


@dataclass(frozen=True, slots=True)
class QuoteLine:
    """`ref` is that of the item. `unit_price` before tax; None = the company is asked to name it."""

    ref: str
    name: str
    quantity: Decimal
    unit: str
    unit_price: Decimal | None
    tax_rate: Decimal = Decimal(0)
    note: str = ""

    def __post_init__(self) -> None:
        check.text(self.ref, "ref", longest=check.LONGEST_CODE)
        check.text(self.name, "name")
        check.quantity(self.quantity, "quantity")
        check.text(self.unit, "unit", longest=50, empty=True)
        if self.unit_price is not None:
            check.amount(self.unit_price, "unit_price")
        check.per_cent(self.tax_rate, "tax_rate")
        check.text(self.note, "note", longest=check.LONGEST_TEXT, empty=True)


@dataclass(frozen=True, slots=True)
class QuoteRequest:
    """`reference` is the portal's own, unique for ever: the key by which one quote is submitted exactly once.
    """

    reference: str
    customer_ref: str
    currency: str
    lines: Sequence[QuoteLine]
    note: str
    submitted_at: datetime
    po_number: str | None = None

    def __post_init__(self) -> None:
        check.text(self.reference, "reference", longest=check.LONGEST_CODE)
        check.text(self.customer_ref, "customer_ref", longest=check.LONGEST_CODE)
        check.currency(self.currency)
        check.text(self.note, "note", longest=check.LONGEST_TEXT, empty=True)
        check.moment(self.submitted_at, "submitted_at")
        check.optional_text(self.po_number, "po_number", longest=check.LONGEST_CODE)


@dataclass(frozen=True, slots=True)
class QuoteReceipt:
    """The company has the quote: `number` is for people, `erp_ref` is what later records name it by."""

    number: str
    erp_ref: str
    status: QuoteStatus

    def __post_init__(self) -> None:
        check.text(self.number, "number", longest=check.LONGEST_CODE)
        check.text(self.erp_ref, "erp_ref", longest=check.LONGEST_CODE)


@dataclass(frozen=True, slots=True)
class QuoteDecision:
    """The customer's answer to a priced quote. `quote_ref` is the company's; `by`: the person's name.

    `reason`: the customer's words on a refusal. `po_number`: the customer's order number on an acceptance.
    """

    quote_ref: str
    accepted: bool
    by: str = ""
    reason: str = ""
    po_number: str | None = None

    def __post_init__(self) -> None:
        check.text(self.quote_ref, "quote_ref", longest=check.LONGEST_CODE)
        check.text(self.by, "by", empty=True)
        check.text(self.reason, "reason", longest=check.LONGEST_TEXT, empty=True)
        check.optional_text(self.po_number, "po_number", longest=check.LONGEST_CODE)


@dataclass(frozen=True, slots=True)
class RemoteQuote:
    """A quote as the company holds it. `reference` is the portal's, None when the company made the quote
    itself.
    """

    ref: str
    reference: str | None
    number: str
    customer_ref: str
    status: QuoteStatus
    currency: str
    lines: Sequence[QuoteLine]
    totals: Totals
    valid_until: date | None
    reason: str
    created_at: datetime
    updated_at: datetime
    note: str = ""
    po_number: str | None = None

    def __post_init__(self) -> None:
        check.text(self.ref, "ref", longest=check.LONGEST_CODE)
        check.text(self.number, "number", longest=check.LONGEST_CODE)
        check.text(self.customer_ref, "customer_ref", longest=check.LONGEST_CODE)
        check.currency(self.currency)
        check.text(self.reason, "reason", longest=check.LONGEST_TEXT, empty=True)
        check.moment(self.created_at, "created_at")
        check.moment(self.updated_at, "updated_at")
        check.text(self.note, "note", longest=check.LONGEST_TEXT, empty=True)
        check.optional_text(self.po_number, "po_number", longest=check.LONGEST_CODE)


@dataclass(frozen=True, slots=True)
class OrderLine:
    """`ref` is the item's, None where the order names something outside the catalogue. `total` before tax."""

    ref: str | None
    name: str
    quantity: Decimal
    unit: str
    unit_price: Decimal
    tax_rate: Decimal
    total: Decimal

    def __post_init__(self) -> None:
        check.text(self.name, "name")
        check.quantity(self.quantity, "quantity")
        check.text(self.unit, "unit", longest=50, empty=True)
        check.amount(self.unit_price, "unit_price")
        check.per_cent(self.tax_rate, "tax_rate")
        check.amount(self.total, "total", signed=True)


@dataclass(frozen=True, slots=True)
class DeliveryLine:
    ref: str | None
    name: str
    quantity: Decimal

    def __post_init__(self) -> None:
        check.text(self.name, "name")
        check.quantity(self.quantity, "quantity")


@dataclass(frozen=True, slots=True)
class Delivery:
    """One consignment. `shipped_at` None = still being packed."""

    number: str
    shipped_at: datetime | None
    delivered_at: datetime | None
    carrier: str
    tracking_number: str
    tracking_url: str | None
    lines: Sequence[DeliveryLine]
    note: str = ""

    def __post_init__(self) -> None:
        check.text(self.number, "number", longest=check.LONGEST_CODE)
        check.optional_moment(self.shipped_at, "shipped_at")
        check.optional_moment(self.delivered_at, "delivered_at")
        check.text(self.carrier, "carrier", empty=True)
        check.text(self.tracking_number, "tracking_number", longest=check.LONGEST_CODE, empty=True)
        check.web_address(self.tracking_url, "tracking_url")


@dataclass(frozen=True, slots=True)
class RemoteOrder:
    """An order as the company holds it. `quote_ref` and `quote_number`: `ref` and `number` of the quote it
    came from, if any.
    """

    ref: str
    number: str
    customer_ref: str
    status: OrderStatus
    currency: str
    lines: Sequence[OrderLine]
    deliveries: Sequence[Delivery]
    totals: Totals
    quote_ref: str | None
    ordered_at: datetime
    expected_on: date | None
    updated_at: datetime
    po_number: str | None = None
    note: str = ""
    quote_number: str | None = None

    def __post_init__(self) -> None:
        check.text(self.ref, "ref", longest=check.LONGEST_CODE)
        check.text(self.number, "number", longest=check.LONGEST_CODE)
        check.text(self.customer_ref, "customer_ref", longest=check.LONGEST_CODE)
        check.currency(self.currency)
        check.moment(self.ordered_at, "ordered_at")
        check.moment(self.updated_at, "updated_at")
        check.optional_text(self.po_number, "po_number", longest=check.LONGEST_CODE)
        check.optional_text(self.quote_number, "quote_number", longest=check.LONGEST_CODE)


@dataclass(frozen=True, slots=True)
class Customer:
    """A customer of the company. `claim_code` is the secret by which a person proves to be this customer."""

    ref: str
    code: str
    name: str
    email: str
    currency: str
    price_list: str | None
    active: bool
    updated_at: datetime
    claim_code: str | None = field(default=None, repr=False)

    def __post_init__(self) -> None:
        check.text(self.ref, "ref", longest=check.LONGEST_CODE)
        check.text(self.code, "code", longest=check.LONGEST_CODE)
        check.text(self.name, "name")
        check.text(self.email, "email", empty=True)
        check.currency(self.currency)
        check.moment(self.updated_at, "updated_at")


@dataclass(frozen=True, slots=True)
class SetupReport:
    """`created`: False when everything was there before. `version`: of the schema now in place."""

    created: bool
    version: int
    detail: str
