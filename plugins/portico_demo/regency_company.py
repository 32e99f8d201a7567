"""Regency's cleaned rows as a company: customers with invented names, services, quotes, and agreed prices marked as
made up.
"""

from __future__ import annotations

import random
from collections import Counter
from datetime import UTC, datetime
from decimal import Decimal

from portico_demo import regency
from portico_demo.company import (
    SYNTHETIC,
    AgreedPrice,
    Company,
    DemoAddress,
    DemoCustomer,
    DemoInvoice,
    DemoItem,
    DemoLine,
    DemoOrder,
    LoadReport,
    status_by_age,
)
from portico_demo.filling import load as load_company
from portico_demo.history import add_quotes

CURRENCY = "GBP"
DEMO_CUSTOMER = "14606"
"""The customer of customer@regency.example: one of the busiest, in the United Kingdom."""

SYNTHETIC_PAYMENT = "The invoice is real; whether it is paid is made up for the demo"
CONTACT = ("Grace Hughes", "grace@customers.example", "0117 496 0101")
ADDRESSES = (
    DemoAddress("Bath shop", "4 Example Street", "BA1 1AA", "Bath", "GB", "0117 496 0101"),
    DemoAddress("Bristol warehouse", "Unit 7\nExample Dock", "BS1 1AA", "Bristol", "GB"),
)
_FIRST = (
    "Willow",
    "Harbour",
    "Juniper",
    "Bramble",
    "Copper",
    "Marigold",
    "Kestrel",
    "Larch",
    "Saffron",
    "Thistle",
)
_SECOND = ("Gifts", "& Daughters", "Emporium", "Home", "Trading", "Interiors")
_SERVICES = [
    ("SRV-WRAP", "Gift wrapping", "1.20", "per parcel, in seasonal paper"),
    ("SRV-LABEL", "Own-brand labels", "0.35", "printed and applied, per piece"),
    ("SRV-PICK", "Express picking", "18.00", "picked and packed the same day"),
    ("SRV-PALLET", "Pallet delivery, UK mainland", "49.00", "per pallet"),
    ("SRV-SAMPLE", "Sample box", "25.00", "ten pieces of the new season"),
    ("SRV-DISPLAY", "Shop display set-up", "120.00", "half a day at the customer's shop"),
]


def customer_name(number: str) -> str:
    """An invented trade name, always the same for a number: the data knows numbers only."""
    n = int(number)
    return f"{_FIRST[n % len(_FIRST)]} {_SECOND[n // 10 % len(_SECOND)]} ({number})"


def claim_code(customer: str) -> str:
    return f"REG-{customer}"


def build(now: datetime) -> tuple[Company, regency.Cleaned]:
    """The company as of `now`, and what became of the source's rows."""
    cleaned = regency.clean(regency.read_rows())
    company = Company(CURRENCY)
    items = {
        product.code: DemoItem(product.kind, product.code, product.name, product.price, product.category)
        for product in cleaned.products.values()
    }
    company.items = [
        *items.values(),
        *(
            DemoItem(
                "service",
                code,
                name,
                Decimal(price),
                "Services",
                "piece",
                description=f"{text}. {SYNTHETIC}.",
            )
            for code, name, price, text in _SERVICES
        ),
    ]
    company.price_lists = {"TRADE": "Trade prices (demo)"}
    company.agreed = _trade_prices(cleaned, items)
    countries = {invoice.customer: invoice.country for invoice in cleaned.invoices.values()}
    company.customers = [
        DemoCustomer(
            number,
            customer_name(number),
            f"buyer-{number}@customers.example",
            claim_code(number),
            "TRADE" if number == DEMO_CUSTOMER else None,
            countries[number],
            *((ADDRESSES, CONTACT) if number == DEMO_CUSTOMER else ()),
        )
        for number in sorted(countries)
    ]
    company.orders = _orders(cleaned, items, now)
    company.invoices = [*_invoices(company.orders), *_credits(cleaned, items, now)]
    add_quotes(company, now, 9, random.Random(3), DEMO_CUSTOMER)
    return company, cleaned


def _trade_prices(cleaned: regency.Cleaned, items: dict[str, DemoItem]) -> list[AgreedPrice]:
    """5 % off the 200 products sold most often, 12 % from 100 pieces; rounded half up to a tenth of a penny.
    """
    sold: Counter[str] = Counter(line.code for invoice in cleaned.invoices.values() for line in invoice.lines)
    best = [
        items[code]
        for code, _count in sorted(sold.items(), key=lambda pair: (-pair[1], pair[0]))
        if items[code].kind in ("material", "accessory")
    ][:200]
    unit = Decimal("0.001")
    return [
        AgreedPrice("TRADE", item, least, (item.price * rate).quantize(unit))
        for item in best
        for least, rate in ((Decimal(0), Decimal("0.95")), (Decimal(100), Decimal("0.88")))
    ]


def _orders(cleaned: regency.Cleaned, items: dict[str, DemoItem], now: datetime) -> list[DemoOrder]:
    moved = regency.shift(cleaned.invoices.values(), now)
    orders = []
    for invoice in sorted(cleaned.invoices.values(), key=lambda one: (one.at, one.number)):
        at = invoice.at + moved
        if at > now:
            at = now
            cleaned.noted["orders of later today, put at now"] += 1
        rate = Decimal(20) if invoice.country == "United Kingdom" else Decimal(0)
        orders.append(
            DemoOrder(
                invoice.number,
                invoice.customer,
                "cancelled" if invoice.cancelled else status_by_age(at, now),
                at,
                [
                    DemoLine(items[line.code], Decimal(line.quantity), line.price, rate)
                    for line in invoice.lines
                ],
            )
        )
    return orders


def _invoices(orders: list[DemoOrder]) -> list[DemoInvoice]:
    """The data is of invoices: each is the order and its invoice, of the same day and number."""
    return [
        DemoInvoice(one.number, one.customer, one.ordered_at.date(), one.lines, order=one.number, note=SYNTHETIC_PAYMENT)
        for one in orders
    ]


def _credits(cleaned: regency.Cleaned, items: dict[str, DemoItem], now: datetime) -> list[DemoInvoice]:
    """The data's cancellations, all of them but what is counted: by customers without an invoice, and of nothing."""
    moved = regency.shift(cleaned.invoices.values(), now)
    customers = {invoice.customer for invoice in cleaned.invoices.values()}
    notes = []
    for credit in cleaned.credits:
        note = credit.note
        if note.customer not in customers:
            cleaned.noted["cancellations of customers without an invoice, left out"] += 1
            continue
        rate = Decimal(20) if note.country == "United Kingdom" else Decimal(0)
        lines = [
            DemoLine(items.get(line.code) or _unlisted(line.code), Decimal(line.quantity), line.price, rate)
            for line in note.lines
        ]
        if not any(line.unit_price for line in lines):
            cleaned.noted["cancellations of nothing, left out"] += 1
            continue
        day = min(note.at + moved, now).date()
        notes.append(DemoInvoice(note.number, note.customer, day, lines, True, credit.about, note=SYNTHETIC_PAYMENT))
        cleaned.noted["cancellations, as credit notes"] += 1
    return notes


def _unlisted(code: str) -> DemoItem:
    """What is no item of the catalogue: discounts and other entries of the books."""
    return DemoItem("", "", {"D": "Discount", "M": "Manual entry", "S": "Samples"}.get(code, code), Decimal(0), "", "")


def load(dsn: str, now: datetime | None = None) -> LoadReport:
    """Fill the empty company database at `dsn`."""
    moment = now or datetime.now(UTC)
    company, cleaned = build(moment)
    counts = load_company(dsn, company, moment)
    return LoadReport(counts, cleaned.rows, dict(cleaned.dropped), dict(cleaned.noted))
