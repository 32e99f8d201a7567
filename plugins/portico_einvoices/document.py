"""An invoice in the terms of EN 16931-1 (BT: business term, BG: group of them), in no syntax yet.

Amounts are Decimals in the document's currency with two decimals at most, which is all that the norm knows (BR-DEC-*); a credit
note's are positive, as its type is what turns them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum


class TypeCode(StrEnum):
    """BT-3, of UNTDID 1001."""

    INVOICE = "380"
    CREDIT_NOTE = "381"


class Category(StrEnum):
    """BT-151, BT-118, of UNTDID 5305: what kind of value added tax."""

    STANDARD = "S"
    ZERO = "Z"
    EXEMPT = "E"
    REVERSE_CHARGE = "AE"
    EXPORT = "G"


@dataclass(frozen=True, slots=True)
class ElectronicAddress:
    """Where a party takes e-invoices: BT-34, BT-49, with its scheme of the list EAS."""

    value: str
    scheme: str


@dataclass(frozen=True, slots=True)
class PostalAddress:
    """BG-5, BG-8. lines: BT-35, BT-36, BT-162 of the seller; BT-50, BT-51, BT-163 of the buyer; more than three are joined in the
    third. city: BT-37, BT-52; postcode: BT-38, BT-53; region: BT-39, BT-54; country: BT-40, BT-55, ISO 3166-1 alpha-2."""

    lines: Sequence[str]
    postcode: str
    city: str
    region: str
    country: str


@dataclass(frozen=True, slots=True)
class Party:
    """BG-4, BG-7. Each "" or None where there is none.

    name: BT-27, BT-44. registration: BT-30, BT-47, in a register of companies. vat_id: BT-31, BT-48, with its country.
    tax_number: BT-32, the seller's for other taxes. electronic: BT-34, BT-49. phone, email: BT-42, BT-43, the seller's contact.
    """

    name: str
    address: PostalAddress
    vat_id: str = ""
    tax_number: str = ""
    registration: str = ""
    electronic: ElectronicAddress | None = None
    contact: str = ""
    phone: str = ""
    email: str = ""


@dataclass(frozen=True, slots=True)
class Account:
    """BG-17: to which account one pays. iban: BT-84; holder: BT-85; bic: BT-86."""

    iban: str
    holder: str = ""
    bic: str = ""


@dataclass(frozen=True, slots=True)
class Adjustment:
    """An allowance, or with `charge` a charge: BG-20, BG-21 of the document (with its tax), BG-27, BG-28 of a line.

    amount: BT-92, BT-99, BT-136, BT-141, never negative. reason: BT-97, BT-104, BT-139, BT-144."""

    amount: Decimal
    charge: bool
    reason: str


@dataclass(frozen=True, slots=True)
class Line:
    """BG-25. number: BT-126. item: BT-155. name: BT-153. quantity: BT-129, in `unit`, BT-130, of UN/ECE recommendation 20.

    price: BT-146, never negative (BR-27), for `base` units, BT-149. net: BT-131. rate: BT-152, per cent.
    """

    number: str
    item: str
    name: str
    quantity: Decimal
    unit: str
    price: Decimal
    base: Decimal
    net: Decimal
    category: Category
    rate: Decimal
    adjustment: Adjustment | None = None


@dataclass(frozen=True, slots=True)
class Tax:
    """BG-23: what is taxed alike. base: BT-116; amount: BT-117; reason: BT-120, reason_code: BT-121 of a rate of zero."""

    category: Category
    rate: Decimal
    base: Decimal
    amount: Decimal
    reason: str = ""
    reason_code: str = ""


@dataclass(frozen=True, slots=True)
class Sums:
    """BG-22. lines: BT-106; allowances: BT-107; charges: BT-108; net: BT-109; tax: BT-110; gross: BT-112; rounding: BT-114;
    payable: BT-115."""

    lines: Decimal
    allowances: Decimal
    charges: Decimal
    net: Decimal
    tax: Decimal
    gross: Decimal
    rounding: Decimal
    payable: Decimal


@dataclass(frozen=True, slots=True)
class Preceding:
    """BG-3: the invoice that a credit note is about. number: BT-25; issued_on: BT-26."""

    number: str
    issued_on: date | None = None


@dataclass(frozen=True, slots=True)
class Document:
    """number: BT-1; issued_on: BT-2; kind: BT-3; currency: BT-5; due_on: BT-9; buyer_reference: BT-10; order: BT-13, the buyer's
    purchase order; terms: BT-20; note: BT-22; remittance: BT-83, what one writes beside a payment."""

    kind: TypeCode
    number: str
    issued_on: date
    due_on: date | None
    currency: str
    seller: Party
    buyer: Party
    lines: Sequence[Line]
    taxes: Sequence[Tax]
    sums: Sums
    adjustments: Sequence[Adjustment] = ()
    account: Account | None = None
    preceding: Preceding | None = None
    buyer_reference: str = ""
    order: str = ""
    terms: str = ""
    note: str = ""
    remittance: str = ""

    @property
    def adjusted_tax(self) -> Tax:
        """Of the document's allowances and charges: composing makes them only where one tax is."""
        return self.taxes[0]
