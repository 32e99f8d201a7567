"""Contracts as the company offers and keeps them, and the customer's answer to one."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum

from portico_erp import invariants as check
from portico_erp.errors import InvalidValueError

MOST_MONTHS = 1200
MOST_DAYS = 3660


class ContractStatus(StrEnum):
    """`draft`: being written by the company, shown to nobody. `offered`: waits for the customer's answer. `active`: agreed to,
    even if it has yet to begin. `ended`: it ran out, or notice was given.
    """

    DRAFT = "draft"
    OFFERED = "offered"
    ACTIVE = "active"
    DECLINED = "declined"
    ENDED = "ended"
    CANCELLED = "cancelled"


class ContractPer(StrEnum):
    """The time that a contract's value is for; `term`: all of it, once."""

    TERM = "term"
    MONTH = "month"
    QUARTER = "quarter"
    YEAR = "year"


@dataclass(frozen=True, slots=True)
class ContractLine:
    """What is agreed on. `ref` is the item's, None for something outside the catalogue. `quantity` None = as it is called off;
    `unit_price` before tax.
    """

    ref: str | None
    name: str
    quantity: Decimal | None
    unit: str
    unit_price: Decimal
    tax_rate: Decimal = Decimal(0)

    def __post_init__(self) -> None:
        check.optional_text(self.ref, "ref", longest=check.LONGEST_CODE)
        check.text(self.name, "name")
        if self.quantity is not None:
            check.quantity(self.quantity, "quantity")
        check.text(self.unit, "unit", longest=50, empty=True)
        check.amount(self.unit_price, "unit_price")
        check.per_cent(self.tax_rate, "tax_rate")


@dataclass(frozen=True, slots=True)
class RemoteContract:
    """A contract as the company holds it.

    `value` before tax, for the time that `per` says; None = none is agreed, as in a frame of prices. `ends_on` is the last day,
    None = until notice. `renewal_months`: for how long it goes on by itself each time it would end, None = it does not.
    `notice_days` before the end. `answer_until`: the last day on which the offer can be agreed to. `terms`: plain text, its
    paragraphs told apart by empty lines. `reason`: the customer's words on a refusal, or the company's on an end.
    """

    ref: str
    number: str
    title: str
    customer_ref: str
    status: ContractStatus
    currency: str
    lines: Sequence[ContractLine]
    value: Decimal | None
    per: ContractPer
    starts_on: date | None
    ends_on: date | None
    renewal_months: int | None
    notice_days: int | None
    answer_until: date | None
    terms: str
    reason: str
    created_at: datetime
    updated_at: datetime

    def __post_init__(self) -> None:
        check.text(self.ref, "ref", longest=check.LONGEST_CODE)
        check.text(self.number, "number", longest=check.LONGEST_CODE)
        check.text(self.title, "title")
        check.text(self.customer_ref, "customer_ref", longest=check.LONGEST_CODE)
        check.currency(self.currency)
        if self.value is not None:
            check.amount(self.value, "value")
        for name in ("starts_on", "ends_on", "answer_until"):
            check.optional_day(getattr(self, name), name)
        if self.starts_on and self.ends_on and self.ends_on < self.starts_on:
            raise InvalidValueError("ends_on", "out_of_range", "is before the first day")
        _count(self.renewal_months, "renewal_months", 1, MOST_MONTHS)
        _count(self.notice_days, "notice_days", 0, MOST_DAYS)
        check.text(self.terms, "terms", longest=check.LONGEST_TEXT, empty=True)
        check.text(self.reason, "reason", longest=check.LONGEST_TEXT, empty=True)
        check.moment(self.created_at, "created_at")
        check.moment(self.updated_at, "updated_at")

    @property
    def version(self) -> str:
        """Tells this offer from another of the same contract: it stays as long as nothing changes that a customer agrees to."""
        days = [day.isoformat() if day else "" for day in (self.starts_on, self.ends_on, self.answer_until)]
        counts = ["" if count is None else str(count) for count in (self.renewal_months, self.notice_days)]
        parts = [self.title, self.currency, _digits(self.value), self.per.value, *days, *counts, self.terms]
        for line in self.lines:
            numbers = (line.quantity, line.unit_price, line.tax_rate)
            parts += [line.ref or "", line.name, line.unit, *map(_digits, numbers)]
        return hashlib.sha256(json.dumps(parts).encode()).hexdigest()[:32]


@dataclass(frozen=True, slots=True)
class ContractAnswer:
    """The customer's answer to an offered contract. `contract_ref` is the company's; `by`: the person's name.

    `reference`: the portal's own, unique for ever: the key by which it is answered exactly once. `version`: that of the
    `RemoteContract` that was seen; "" = whatever it is by now. `reason`: the customer's words on a refusal.
    """

    reference: str
    contract_ref: str
    agreed: bool
    by: str
    answered_at: datetime
    version: str = ""
    reason: str = ""

    def __post_init__(self) -> None:
        check.text(self.reference, "reference", longest=check.LONGEST_CODE)
        check.text(self.contract_ref, "contract_ref", longest=check.LONGEST_CODE)
        check.text(self.by, "by", empty=True)
        check.moment(self.answered_at, "answered_at")
        check.text(self.version, "version", longest=check.LONGEST_CODE, empty=True)
        check.text(self.reason, "reason", longest=check.LONGEST_TEXT, empty=True)


@dataclass(frozen=True, slots=True)
class ContractReceipt:
    """The company has the answer."""

    number: str
    ref: str
    status: ContractStatus

    def __post_init__(self) -> None:
        check.text(self.number, "number", longest=check.LONGEST_CODE)
        check.text(self.ref, "ref", longest=check.LONGEST_CODE)


def _count(value: object, field: str, least: int, most: int) -> None:
    if value is None:
        return
    if not isinstance(value, int) or isinstance(value, bool):
        raise InvalidValueError(field, "not_a_number", "a whole number is needed")
    if not least <= value <= most:
        raise InvalidValueError(field, "out_of_range", f"must be between {least} and {most}")


def _digits(value: Decimal | None) -> str:
    """The same for 2 and 2.00."""
    if value is None:
        return ""
    return f"{value.normalize():f}" if value else "0"
