"""Payments: those that the company knows of, and those that customers made in the portal."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from portico_erp import invariants as check
from portico_erp.errors import InvalidValueError


@dataclass(frozen=True, slots=True)
class Allocation:
    """What of a payment pays which invoice. `invoice_ref` is that of the invoice at the company; `amount` > 0."""

    invoice_ref: str
    amount: Decimal

    def __post_init__(self) -> None:
        check.text(self.invoice_ref, "invoice_ref", longest=check.LONGEST_CODE)
        check.positive(self.amount, "amount")


def _check_allocations(amount: Decimal, allocations: Sequence[Allocation]) -> None:
    if len({one.invoice_ref for one in allocations}) != len(allocations):
        raise InvalidValueError("allocations", "not_a_choice", "an invoice is named twice")
    if sum((one.amount for one in allocations), Decimal(0)) > abs(amount):
        raise InvalidValueError("allocations", "too_large", "come to more than the payment")


@dataclass(frozen=True, slots=True)
class RemotePayment:
    """A payment as the company holds it.

    `reference`: the portal's, None when the company noted the payment itself. `amount`: negative = paid back to the customer,
    never 0. `paid_on`: a day in the company's own time zone. `allocations`: what it settles; the rest stands to the customer's
    credit. `cancelled`: it did not happen after all (a returned debit); a payment is never taken back by its absence.
    """

    ref: str
    reference: str | None
    number: str
    customer_ref: str
    amount: Decimal
    currency: str
    paid_on: date
    updated_at: datetime
    method: str = ""
    allocations: Sequence[Allocation] = ()
    cancelled: bool = False

    def __post_init__(self) -> None:
        check.text(self.ref, "ref", longest=check.LONGEST_CODE)
        check.optional_text(self.reference, "reference", longest=check.LONGEST_CODE)
        check.text(self.number, "number", longest=check.LONGEST_CODE)
        check.text(self.customer_ref, "customer_ref", longest=check.LONGEST_CODE)
        check.amount(self.amount, "amount", signed=True)
        if self.amount == 0:
            raise InvalidValueError("amount", "out_of_range", "must not be zero")
        check.currency(self.currency)
        check.day(self.paid_on, "paid_on")
        check.moment(self.updated_at, "updated_at")
        check.text(self.method, "method", empty=True)
        _check_allocations(self.amount, self.allocations)


@dataclass(frozen=True, slots=True)
class PaymentPosting:
    """A payment that a customer made in the portal, for the company's books.

    `reference`: the portal's own, unique for ever: the key by which one payment is posted exactly once. `amount`: more than 0,
    in whole smallest units of `currency`. `method`: "card", "transfer" … `provider_ref`: by which the payment provider knows it.
    """

    reference: str
    customer_ref: str
    amount: Decimal
    currency: str
    paid_at: datetime
    allocations: Sequence[Allocation] = ()
    method: str = ""
    provider_ref: str = ""

    def __post_init__(self) -> None:
        check.text(self.reference, "reference", longest=check.LONGEST_CODE)
        check.text(self.customer_ref, "customer_ref", longest=check.LONGEST_CODE)
        check.currency(self.currency)
        for name, amount in (("amount", self.amount), *(("allocations", one.amount) for one in self.allocations)):
            check.positive(amount, name)
            check.whole_units(amount, self.currency, name)
        check.moment(self.paid_at, "paid_at")
        _check_allocations(self.amount, self.allocations)
        check.text(self.method, "method", longest=50, empty=True)
        check.text(self.provider_ref, "provider_ref", longest=check.LONGEST_CODE, empty=True)


@dataclass(frozen=True, slots=True)
class PaymentReceipt:
    """The company has the payment: `number` is for people, `erp_ref` is what later records name it by."""

    number: str
    erp_ref: str

    def __post_init__(self) -> None:
        check.text(self.number, "number", longest=check.LONGEST_CODE)
        check.text(self.erp_ref, "erp_ref", longest=check.LONGEST_CODE)
