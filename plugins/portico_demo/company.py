"""What a demo company holds, in the columns of the standard schema."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal

SYNTHETIC = "Synthetic: made up for the demo"


@dataclass(frozen=True)
class DemoItem:
    kind: str
    code: str
    name: str
    price: Decimal
    category: str
    unit: str = "piece"
    tax_rate: Decimal = Decimal(20)
    description: str = ""


@dataclass(frozen=True)
class DemoAddress:
    name: str
    street: str
    postcode: str
    city: str
    country: str
    phone: str = ""
    region: str = ""


@dataclass(frozen=True)
class DemoCustomer:
    """`claim_code`: what a person types to connect to this customer. `contact`: name, e-mail address, telephone."""

    code: str
    name: str
    email: str
    claim_code: str
    price_list: str | None = None
    country: str = ""
    addresses: tuple[DemoAddress, ...] = ()
    contact: tuple[str, str, str] = ("", "", "")


@dataclass(frozen=True)
class DemoLine:
    item: DemoItem
    quantity: Decimal
    unit_price: Decimal
    tax_rate: Decimal


@dataclass(frozen=True)
class DemoOrder:
    number: str
    customer: str
    status: str
    ordered_at: datetime
    lines: Sequence[DemoLine]
    note: str = ""


@dataclass(frozen=True)
class DemoQuote:
    """A quote that the company made itself, without the portal."""

    number: str
    customer: str
    status: str
    made_at: datetime
    lines: Sequence[DemoLine]
    valid_until: date | None = None
    reason: str = ""


@dataclass(frozen=True)
class DemoInvoice:
    """credit: it is a credit note, about the invoice `about` if that is known. order: number of the order that it bills."""

    number: str
    customer: str
    issued_on: date
    lines: Sequence[DemoLine]
    credit: bool = False
    about: str | None = None
    order: str | None = None
    note: str = ""


@dataclass(frozen=True)
class AgreedPrice:
    price_list: str
    item: DemoItem
    min_quantity: Decimal
    price: Decimal


@dataclass
class Company:
    """Everything of one company before it is loaded. note, refusal: its texts, in its own language."""

    currency: str
    items: list[DemoItem] = field(default_factory=list)
    customers: list[DemoCustomer] = field(default_factory=list)
    price_lists: dict[str, str] = field(default_factory=dict)
    agreed: list[AgreedPrice] = field(default_factory=list)
    orders: list[DemoOrder] = field(default_factory=list)
    quotes: list[DemoQuote] = field(default_factory=list)
    invoices: list[DemoInvoice] = field(default_factory=list)
    carrier: str = "Demo Parcel"
    note: str = SYNTHETIC
    refusal: str = "Price too high."
    tracking: str = "https://tracking.example/"


@dataclass(frozen=True)
class LoadReport:
    """What was loaded, what of the source was not, and what was changed on the way."""

    loaded: dict[str, int]
    source_rows: int = 0
    dropped: dict[str, int] = field(default_factory=dict)
    noted: dict[str, int] = field(default_factory=dict)

    def __str__(self) -> str:
        lines = [f"{count:>8}  {name}" for name, count in self.loaded.items()]
        if self.source_rows:
            lines += ["", f"{self.source_rows:>8}  rows of the source, of which were dropped:"]
            lines += [f"{count:>8}  {reason}" for reason, count in sorted(self.dropped.items())]
        if self.noted:
            lines += ["", "Changed on the way:"]
            lines += [f"{count:>8}  {what}" for what, count in sorted(self.noted.items())]
        return "\n".join(lines)


def status_by_age(ordered_at: datetime, now: datetime) -> str:
    """pending on the first two days, then processing up to the fifth and shipped up to the ninth."""
    age = (now.date() - ordered_at.date()).days
    return "pending" if age < 2 else "processing" if age < 5 else "shipped" if age < 9 else "delivered"
