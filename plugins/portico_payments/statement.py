"""A statement of one customer's account in one currency: what it holds, and how it adds up. Pure.

Amounts: what is added to what the customer owes is positive, what lessens it negative; a balance below 0 stands to their credit.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from typing import Any
from uuid import UUID

from portico_payments.i18n import _

OPENING, CLOSING = _("Opening balance"), _("Closing balance")
DAYS_OF_AGE = (30, 60, 90)
AGES: tuple[Any, ...] = (
    _("Not due"), _("1 to 30 days"), _("31 to 60 days"), _("61 to 90 days"), _("More than 90 days"),
    _("Credit notes and payments assigned to no invoice"),
)  # fmt: skip
"""The names of what an `Age` holds."""
WORDS: dict[tuple[str, str], Any] = {
    ("invoice", "booked"): _("Invoice"),
    ("invoice", "changed"): _("Correction of an invoice"),
    ("invoice", "cancelled"): _("Invoice cancelled"),
    ("credit_note", "booked"): _("Credit note"),
    ("credit_note", "changed"): _("Correction of a credit note"),
    ("credit_note", "cancelled"): _("Credit note cancelled"),
    ("payment", "booked"): _("Payment"),
    ("payment", "changed"): _("Correction of a payment"),
    ("payment", "cancelled"): _("Payment cancelled"),
    ("refund", "booked"): _("Paid back to you"),
    ("refund", "changed"): _("Correction of what was paid back"),
    ("refund", "cancelled"): _("What was paid back, cancelled"),
}
"""(kind of the source, why it was posted) → what a line of a statement is called."""


@dataclass(frozen=True, slots=True)
class Line:
    """A posting. balance: after it. journal_id: of the ledger; source_id: the invoice or payment."""

    journal_id: UUID
    booked_on: dt.date
    kind: str
    cause: str
    number: str
    source: str
    source_id: UUID
    amount: Decimal
    balance: Decimal

    @property
    def words(self) -> Any:
        return WORDS[self.kind, self.cause]


@dataclass(frozen=True, slots=True)
class Age:
    """What the company says is still to be paid of invoices, by how long it is due. not_due: also of those of which no day is
    agreed. unassigned: credit notes and payments that settle no invoice yet (below 0); with it, all come to the balance."""

    not_due: Decimal
    to_30: Decimal
    to_60: Decimal
    to_90: Decimal
    older: Decimal
    unassigned: Decimal

    @property
    def overdue(self) -> Decimal:
        return self.to_30 + self.to_60 + self.to_90 + self.older


@dataclass(frozen=True, slots=True)
class Statement:
    """since, until: its first and last day. opening: what was owed before it; closing: at its end. added, lessened: what its
    `count` lines add and take away. balance: of all that is booked, also after it."""

    currency: str
    since: dt.date
    until: dt.date
    opening: Decimal
    added: Decimal
    lessened: Decimal
    count: int
    balance: Decimal

    @property
    def closing(self) -> Decimal:
        return self.opening + self.added + self.lessened


def running(opening: Decimal, rows: Iterable[Any]) -> list[Line]:
    """Rows of postings in their order, each with the balance after it."""
    found, balance = [], opening
    for row in rows:
        balance += row.amount
        found.append(
            Line(
                row.journal_id, row.booked_on, row.kind, row.cause, row.number, row.source, row.source_id, row.amount,
                balance,
            )  # fmt: skip
        )
    return found


def aged(rows: Iterable[Any], today: dt.date, balance: Decimal) -> Age:
    """rows: with `due_on` and `open_amount`, of invoices. balance: by the ledger."""
    parts = [Decimal(0)] * (len(DAYS_OF_AGE) + 2)
    for row in rows:
        late = (today - row.due_on).days if row.due_on else 0
        parts[0 if late <= 0 else 1 + sum(late > days for days in DAYS_OF_AGE)] += row.open_amount
    not_due, to_30, to_60, to_90, older = parts
    return Age(not_due, to_30, to_60, to_90, older, balance - sum(parts, Decimal(0)))
