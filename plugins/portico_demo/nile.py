"""Nile POS: tills, printers, paper and support, in Egyptian pounds. Arabic names, English descriptions; all
invented.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from decimal import Decimal

from portico_demo.billing import add_invoices
from portico_demo.company import AgreedPrice, Company, DemoCustomer, DemoItem, LoadReport
from portico_demo.filling import load as load_company
from portico_demo.history import add_history
from portico_demo.nile_items import GROUPS

CURRENCY = "EGP"
DEMO_CUSTOMER = "NIL-001"
"""The customer of customer@nile.example."""
TAX = Decimal(14)

_CUSTOMERS = [
    ("NIL-001", "سوبر ماركت الواحة", "purchasing@alwaha.example", "القاهرة"),
    ("NIL-002", "مطاعم النيل الأزرق", "office@blue-nile.example", "الجيزة"),
    ("NIL-003", "صيدليات الشفاء", "it@alshifa.example", "الإسكندرية"),
    ("NIL-004", "مكتبة المعرفة", "orders@almarefa.example", "المنصورة"),
    ("NIL-005", "كافيه ميدان التحرير", "owner@tahrir-cafe.example", "القاهرة"),
    ("NIL-006", "مجموعة الأهرام للتجزئة", "buyers@ahram-retail.example", "الجيزة"),
]


def claim_code(customer: str) -> str:
    return f"CLAIM-{customer}"


def items() -> Iterator[DemoItem]:
    for kind, groups in GROUPS:
        for prefix, arabic, english, category, variants in groups:
            for n, (variant, variant_english, price) in enumerate(variants, 1):
                yield DemoItem(
                    kind,
                    f"{prefix}-{n:02}",
                    f"{arabic} {variant}",
                    Decimal(price).quantize(Decimal("0.01")),
                    category,
                    "قطعة" if kind in ("material", "accessory") else "خدمة",
                    TAX,
                    f"{english.capitalize()}, {variant_english}",
                )


def build(now: datetime) -> Company:
    company = Company(
        CURRENCY,
        items=list(items()),
        carrier="شحن تجريبي",
        note="بيانات غير حقيقية للعرض التجريبي",
        refusal="السعر مرتفع جدًا.",
    )
    company.customers = [
        DemoCustomer(code, name, mail, claim_code(code), "GOLD" if code == DEMO_CUSTOMER else None, town)
        for code, name, mail, town in _CUSTOMERS
    ]
    company.price_lists = {"GOLD": "أسعار العملاء المميزين"}
    paper = [item for item in company.items if item.category in ("ورق الإيصالات", "الملصقات")]
    company.agreed = [
        AgreedPrice("GOLD", item, least, (item.price * rate).quantize(Decimal("0.01")))
        for item in paper
        for least, rate in ((Decimal(0), Decimal("0.95")), (Decimal(50), Decimal("0.85")))
    ]
    add_history(company, now, orders=70, quotes=10, seed=2, busy=DEMO_CUSTOMER)
    add_invoices(company, now)
    return company


def load(dsn: str, now: datetime | None = None) -> LoadReport:
    """Fill the empty company database at `dsn`."""
    moment = now or datetime.now(UTC)
    return LoadReport(load_company(dsn, build(moment), moment))
