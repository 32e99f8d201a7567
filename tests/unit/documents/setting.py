"""Sets documents as a process of the portal does, without one: the installed themes, templates and fonts."""

from __future__ import annotations

import base64
import datetime as dt
import re
import uuid
from functools import lru_cache
from typing import Any

import pypdfium2

from portico.app import build
from portico.documents.service import Documents
from portico.pluginhost.values import Document
from portico.settings import Settings
from portico.tenancy.tenant import Tenant

MOMENT = dt.datetime(2026, 11, 20, 9, 30, tzinfo=dt.UTC)
TEMPLATE = "portico_quotes/documents/quote.typ"


@lru_cache
def documents() -> Documents:
    key = base64.urlsafe_b64encode(b"k" * 32).decode()
    return build(Settings.read({"portico.home": "/nonexistent", "portico.master_key": key}, {})).documents


def company(**changed: Any) -> Tenant:
    values: dict[str, Any] = {
        "id": uuid.UUID(int=1), "slug": "mill", "name": "Mill Lane Steel", "locale": "en", "locales": ("en", "fr", "ar"),
        "currency": "GBP", "time_zone": "Europe/London", "theme": "portico_clear", "config_version": 1,
    }  # fmt: skip
    return Tenant(**values | changed)


def content(names: list[str], **changed: Any) -> dict[str, Any]:
    words = ("from", "to", "item", "quantity", "price", "tax", "total", "note", "empty")
    line = {"code": "C-1", "note": "", "quantity": "2", "price": "£1.50", "tax": "20%", "total": "£3.00"}
    return {
        "words": {one: one.title() for one in words}, "mark": "", "warning": "", "note": "",
        "customer": {"name": "Buyer", "lines": []}, "facts": [("Date", "20 Nov 2026")],
        "lines": [line | {"name": name} for name in names], "sums": [("Total", "£3.00", True)],
    } | changed  # fmt: skip


def pdf(names: list[str], *, locale: str = "en", tenant: Tenant | None = None, title: str = "Quote 7", **changed: Any) -> bytes:
    document = Document(TEMPLATE, title, MOMENT, content(names, **changed))
    return documents().make(tenant or company(), locale, document).content


def pages(made: bytes) -> list[str]:
    """Their text, as readers copy it and search it."""
    with pypdfium2.PdfDocument(made) as opened:
        return [page.get_textpage().get_text_range().replace("\r\n", "\n") for page in opened]


def fonts(made: bytes) -> set[str]:
    return {name.decode() for name in re.findall(rb"/BaseFont\s*/(?:[A-Z]{6}\+)?([\w-]+)", made)}
