"""The confirmation of an order as a PDF: what stands in it, in its reader's words. How it looks is the template's."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from sqlalchemy.orm import Session

from portico.pluginhost.values import Document, DocumentKind
from portico.web import units
from portico.web.i18n import Localiser
from portico_erp.values import OrderStatus
from portico_orders import items, reading
from portico_orders.errors import OrderNotFoundError
from portico_orders.i18n import _
from portico_orders.progress import sent, unsent
from portico_orders.reading import Detail
from portico_orders.statuses import LOOKS, OPEN

KIND = "orders.confirmation"
TEMPLATE = "portico_orders/documents/confirmation.typ"
_MARKS: dict[str, Any] = {OrderStatus.DRAFT.value: _("Not confirmed"), OrderStatus.CANCELLED.value: _("Cancelled")}
"""What stands across the page of an order that is none."""
_WARNINGS: dict[str, Any] = {
    OrderStatus.DRAFT.value: _("The company has not confirmed this order yet."),
    OrderStatus.CANCELLED.value: _("This order was cancelled."),
}
_WORDS = {
    "from": _("Seller"),
    "to": _("Customer"),
    "item": _("Product"),
    "quantity": _("Quantity"),
    "price": _("Unit price"),
    "tax": _("Tax"),
    "total": _("Net amount"),
    "deliveries": _("Deliveries"),
    "note": _("Note"),
    "empty": _("This order has no lines."),
}


def kinds() -> list[DocumentKind]:
    return [DocumentKind(KIND, "order", _find, make)]


def _find(db: Session, order_id: UUID) -> Any:
    try:
        return reading.order(db, order_id)
    except OrderNotFoundError:
        return None


def make(db: Session, order: Any, speaker: Localiser) -> Document:
    """order: as `reading.order` gives it."""
    detail = reading.detail(db, order)
    say = speaker.translate
    content = {
        "words": {name: say(text) for name, text in _WORDS.items()},
        "mark": say(_MARKS.get(order.status, "")),
        "warning": say(_WARNINGS.get(order.status, "")),
        "customer": {"name": order.account, "lines": []},
        "facts": _facts(order, speaker),
        "lines": _lines(detail, speaker),
        "sums": [
            (say(_("Net")), speaker.money(order.net, order.currency), False),
            (say(_("Tax")), speaker.money(order.tax, order.currency), False),
            (say(_("Total")), speaker.money(order.gross, order.currency), True),
        ],
        "deliveries": [_delivery(one, detail, speaker) for one in detail.deliveries],
        "note": order.note,
    }
    title = _("Order confirmation ${number}", mapping={"number": order.number})
    return Document(TEMPLATE, title, max(order.ordered_at, order.status_at, order.erp_updated_at), content)


def _facts(order: Any, speaker: Localiser) -> list[tuple[str, str]]:
    say, awaited = speaker.translate, order.status in OPEN and order.expected_on is not None
    return [
        (say(_("Ordered")), speaker.date(order.ordered_at)),
        (say(_("Expected")), speaker.date(order.expected_on) if awaited else ""),
        (say(_("Status")), say(LOOKS[order.status].title)),
        (say(_("PO number")), order.po_number or ""),
        (say(_("Quote")), order.quote_number or ""),
    ]


def _lines(detail: Detail, speaker: Localiser) -> list[dict[str, str]]:
    left = sent(detail) if detail.deliveries else {}
    never = unsent(detail)
    found = []
    for line in detail.lines:
        unit = units.name(speaker.language, line.unit, line.quantity) if line.unit else ""
        partly = left and left[line.position] < line.quantity and line.position not in never
        told = _("${sent} sent so far", mapping={"sent": speaker.number(left[line.position])}) if partly else ""
        found.append(
            {
                "name": line.name,
                "code": items.code(line.item_ref),
                "sent": speaker.translate(told),
                "quantity": f"{speaker.number(line.quantity)}\u00a0{unit}".strip(),
                "price": speaker.money(line.unit_price, detail.order.currency),
                "tax": speaker.percent(line.tax_rate / 100),
                "total": speaker.money(line.total, detail.order.currency),
            }
        )
    return found


def _delivery(one: Any, detail: Detail, speaker: Localiser) -> dict[str, Any]:
    if one.delivered_at:
        state = _("Delivered on ${day}", mapping={"day": speaker.date(one.delivered_at)})
    elif one.shipped_at:
        state = _("Left on ${day}", mapping={"day": speaker.date(one.shipped_at)})
    else:
        state = _("Being packed")
    return {
        "number": one.number,
        "state": speaker.translate(state),
        "carrier": one.carrier,
        "tracking": one.tracking_number,
        "note": one.note,
        "items": [
            {"quantity": speaker.number(held.quantity), "name": held.name} for held in detail.contents.get(one.id, ())
        ],
    }
