"""The double-entry ledger: what an invoice or a payment has to stand at, and the journals that bring it there. Pure.

Each source has one target. What is posted is always the difference to what was posted before, so that telling the same twice,
or in another order, ends at the same balance. Amounts are of one currency, a debit is positive; nothing is ever changed or
taken away: what counts no more is posted back.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from typing import Final, Literal
from uuid import UUID

Source = Literal["invoice", "payment"]
Kind = Literal["invoice", "credit_note", "payment", "refund"]
Cause = Literal["booked", "changed", "cancelled"]
RECEIVABLE: Final = "receivable"
"""What a customer owes; below 0 is what stands to their credit."""
AGAINST: Final = {"invoice": "invoiced", "credit_note": "credited", "payment": "paid", "refund": "paid"}
"""Kind of source → the ledger account that is posted against what the customer owes."""
LEDGERS: Final = (RECEIVABLE, *dict.fromkeys(AGAINST.values()))


@dataclass(frozen=True, slots=True)
class Entry:
    """One side of a journal. amount: debit > 0, credit < 0."""

    ledger: str
    amount: Decimal


@dataclass(frozen=True, slots=True)
class Target:
    """What a source has to stand at in the customer's account. amount: added to what they owe, 0: it counts no more. day: of the
    company, on which it is booked first."""

    source: Source
    source_id: UUID
    account_id: UUID
    currency: str
    kind: Kind
    number: str
    day: date
    amount: Decimal

    @property
    def book(self) -> tuple[UUID, str, Kind]:
        return self.account_id, self.currency, self.kind


@dataclass(frozen=True, slots=True)
class Journal:
    """A posting: its entries come to 0. amount: of the customer's account."""

    target: Target
    cause: Cause
    booked_on: date
    amount: Decimal

    @property
    def entries(self) -> tuple[Entry, Entry]:
        return Entry(RECEIVABLE, self.amount), Entry(AGAINST[self.target.kind], -self.amount)


def of_invoice(row: object, *, credit: bool, cancelled: bool) -> Decimal:
    """What an invoice, or a credit note (`credit`), adds to what its customer owes. row: has `gross`, never negative."""
    gross: Decimal = getattr(row, "gross")  # noqa: B009
    return Decimal(0) if cancelled else -gross if credit else gross


def of_payment(amount: Decimal, *, counts: bool) -> Decimal:
    """What a payment adds to what its customer owes. amount: negative = paid back to them. counts: it took place."""
    return -amount if counts else Decimal(0)


def difference(posted: Target | None, target: Target | None, changed_on: date) -> tuple[Journal, ...]:
    """The journals from what was posted of a source to what it has to stand at; none if that is the same.

    posted None: nothing ever was. target None: the source is gone. changed_on: the day on which the company changed it; what was
    booked before stays booked on its day, and the change is booked on this one.
    """
    before = posted if posted is not None and posted.amount else None
    after = target if target is not None and target.amount else None
    if before is None:
        if after is None:
            return ()
        # What counted before, and then no more, counts again from the day on which that was said.
        day = after.day if posted is None else max(after.day, changed_on)
        return (Journal(after, "booked", day, after.amount),)
    later = max(before.day, changed_on)
    if after is None:
        return (Journal(before, "cancelled", later, -before.amount),)
    if before.book != after.book:
        return (Journal(before, "cancelled", later, -before.amount), Journal(after, "booked", after.day, after.amount))
    if before.day != after.day:
        return (
            Journal(before, "changed", before.day, -before.amount),
            Journal(after, "changed", after.day, after.amount),
        )
    if before.amount == after.amount:
        return ()
    return (Journal(after, "changed", later, after.amount - before.amount),)


def posted_after(posted: Target | None, target: Target | None) -> Target | None:
    """What is to be remembered of a source once `difference` was posted."""
    if target is not None:
        return target
    return replace(posted, amount=Decimal(0)) if posted is not None else None


def balance(journals: Iterable[Journal]) -> dict[tuple[UUID, str], Decimal]:
    """(account, currency) → what the customer owes."""
    found: dict[tuple[UUID, str], Decimal] = {}
    for one in journals:
        key = one.target.account_id, one.target.currency
        found[key] = found.get(key, Decimal(0)) + one.amount
    return found
