"""Quotes on their way to the company and back."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum

from portico_erp import invariants as check
from portico_erp.values.amounts import Totals
from portico_erp.values.customers import Address


class QuoteStatus(StrEnum):
    """The company's view of a quote. The portal's own states (draft …) are the portal's business."""

    SUBMITTED = "submitted"
    PRICED = "priced"
    ACCEPTED = "accepted"
    DECLINED = "declined"
    EXPIRED = "expired"
    ORDERED = "ordered"
    CANCELLED = "cancelled"


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

    `delivery_address`, `wanted_on` (a day at the company): None where the customer said nothing of it, and always for a connector
    without `quote_destinations`, which reads both in `note`.
    """

    reference: str
    customer_ref: str
    currency: str
    lines: Sequence[QuoteLine]
    note: str
    submitted_at: datetime
    po_number: str | None = None
    delivery_address: Address | None = None
    wanted_on: date | None = None

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
class Agreed:
    """The offer that was answered. `version`: its `RemoteQuote.version`; "" = it was not kept, and the sum alone counts."""

    gross: Decimal
    currency: str
    version: str = ""

    def __post_init__(self) -> None:
        check.amount(self.gross, "gross", signed=True)
        check.currency(self.currency)
        check.text(self.version, "version", longest=check.LONGEST_CODE, empty=True)


@dataclass(frozen=True, slots=True)
class QuoteDecision:
    """The customer's answer to a priced quote. `quote_ref` is the company's; `by`: the person's name.

    `reason`: the customer's words on a refusal. `po_number`: the customer's order number on an acceptance. `agreed`: the offer
    as the customer saw it, None = whatever it is by now.
    """

    quote_ref: str
    accepted: bool
    by: str = ""
    reason: str = ""
    po_number: str | None = None
    agreed: Agreed | None = None

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

    @property
    def version(self) -> str:
        """Tells this offer from another of the same quote: it stays as long as nothing changes that a customer agrees to, which
        is the lines, their prices, the sums and the last day.
        """
        parts = [self.currency, self.valid_until.isoformat() if self.valid_until else ""]
        parts += [_digits(one) for one in (self.totals.net, self.totals.tax, self.totals.gross)]
        for line in self.lines:
            price = "" if line.unit_price is None else _digits(line.unit_price)
            parts += [line.ref, line.name, _digits(line.quantity), line.unit, price, _digits(line.tax_rate)]
        return hashlib.sha256(json.dumps(parts).encode()).hexdigest()[:32]


def _digits(value: Decimal) -> str:
    """The same for 2 and 2.00."""
    return f"{value.normalize():f}" if value else "0"
