"""The portal's own paper of an invoice: what stands in it, in its reader's words. How it looks is the template's.

It is a copy, and says so across each page, with the customer and the moment it was made: the invoice itself is what the company
issued (`portico_invoices.paper`).
"""

from __future__ import annotations

from typing import Any
from uuid import UUID

from sqlalchemy.orm import Session

from portico.db.types import now
from portico.pluginhost.values import Document, DocumentKind
from portico.web import units
from portico.web.i18n import Localiser
from portico_erp.values import InvoiceStatus
from portico_invoices import paper, reading, taxes
from portico_invoices.errors import InvoiceNotFoundError
from portico_invoices.i18n import _
from portico_invoices.states import CREDIT_NOTE, OPEN, look

KIND = "invoices.invoice"
TEMPLATE = "portico_invoices/documents/invoice.typ"
_WORDS = {
    "from": _("Seller"),
    "to": _("Customer"),
    "item": _("Description"),
    "quantity": _("Quantity"),
    "price": _("Unit price"),
    "tax": _("Tax"),
    "total": _("Net amount"),
    "note": _("Note"),
    "empty": _("This invoice has no lines."),
}


def kinds() -> list[DocumentKind]:
    return [DocumentKind(KIND, "invoice", _find, make, paper.issued)]


def _find(db: Session, invoice_id: UUID) -> Any:
    try:
        return reading.invoice(db, invoice_id)
    except InvoiceNotFoundError:
        return None


def make(db: Session, invoice: Any, speaker: Localiser) -> Document:
    """invoice: as `reading.invoice` gives it."""
    detail = reading.detail(db, invoice, history=False)
    say, credit = speaker.translate, invoice.kind == CREDIT_NOTE
    content = {
        "words": {name: say(text) for name, text in _WORDS.items()},
        "mark": say(_("Copy")),
        "marked": f"{invoice.account} · {speaker.datetime(now())}",
        "warning": say(_warning(invoice.status, credit)),
        "customer": {"name": invoice.account, "lines": []},
        "facts": _facts(invoice, detail, speaker),
        "lines": [_line(line, invoice.currency, speaker) for line in detail.lines],
        "sums": _sums(invoice, detail.lines, speaker),
        "note": invoice.note,
    }
    return Document(TEMPLATE, title(invoice), max(invoice.status_at, invoice.erp_updated_at), content)


def title(invoice: Any) -> Any:
    words = {"number": invoice.number}
    return _("Credit note ${number}", mapping=words) if invoice.kind == CREDIT_NOTE else _("Invoice ${number}", mapping=words)


def _warning(status: str, credit: bool) -> Any:
    if status == InvoiceStatus.CANCELLED.value:
        return _("This credit note was cancelled.") if credit else _("This invoice was cancelled.")
    return _("This is a copy made by the portal. The document that counts is the one that the company issued.")


def _facts(invoice: Any, detail: reading.Detail, speaker: Localiser) -> list[tuple[str, str]]:
    say, credit = speaker.translate, invoice.kind == CREDIT_NOTE
    due = speaker.date(invoice.due_on) if invoice.due_on and not credit else ""
    about = ", ".join(one.number for one in detail.linked) if credit else ""
    return [
        (say(_("Issued")), speaker.date(invoice.issued_on)),
        (say(_("Due")), due),
        (say(_("Status")), say(look(invoice.kind, invoice.status).title)),
        (say(_("About invoice")), about),
        (say(_("PO number")), invoice.po_number or ""),
        (say(_("Orders")), ", ".join(one.number or one.order_ref for one in detail.orders)),
    ]


def _line(line: Any, currency: str, speaker: Localiser) -> dict[str, str]:
    unit = units.name(speaker.language, line.unit, line.quantity) if line.unit else ""
    return {
        "name": line.name,
        "code": (line.item_ref or "").partition(":")[2] or line.item_ref or "",
        "quantity": f"{speaker.number(line.quantity)}\u00a0{unit}".strip(),
        "price": speaker.money(line.unit_price, currency),
        "tax": speaker.percent(line.tax_rate / 100),
        "total": speaker.money(line.total, currency),
    }


def _sums(invoice: Any, lines: list[Any], speaker: Localiser) -> list[tuple[str, str, bool]]:
    say, currency = speaker.translate, invoice.currency
    found = [(say(_("Net")), speaker.money(invoice.net, currency), False)]
    split = taxes.by_rate(lines, invoice.net, invoice.tax, currency)
    for one in split:
        words = {"rate": speaker.percent(one.rate / 100), "net": speaker.money(one.net, currency)}
        found.append((say(_("Tax ${rate} on ${net}", mapping=words)), speaker.money(one.tax, currency), False))
    if not split:
        found.append((say(_("Tax")), speaker.money(invoice.tax, currency), False))
    found.append((say(_("Total")), speaker.money(invoice.gross, currency), True))
    if invoice.status in OPEN and invoice.open_amount != invoice.gross:
        found.append((say(_("Still open")), speaker.money(invoice.open_amount, currency), True))
    return found
