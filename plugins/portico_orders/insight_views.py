"""The page of what was spent, and the same as JSON: figures, and drawings whose every number stands in a table beside."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from babel.dates import format_skeleton
from pyramid.request import Request

from portico.api.schema import money
from portico.db.types import as_id
from portico.web.formats import babel_locale
from portico.web.i18n import direction
from portico.web.params import text_param
from portico_orders import insights, items, reading
from portico_orders.i18n import _
from portico_orders.visibility import hidden

KINDS = {
    "material": _("Materials"),
    "accessory": _("Accessories"),
    "service": _("Services"),
    "fee": _("Fees"),
    items.SOME: _("Products"),
}
OUTSIDE = _("Outside the catalogue")
WIDTH, HEIGHT, LABELS = 720, 200, 24
_MOST_LABELS = 12


@dataclass(frozen=True)
class Bar:
    """A column of the drawing, in units of its view box. label: "" where there is no room for one."""

    x: float
    y: float
    width: float
    height: float
    middle: float
    label: str


def page(context: None, request: Request) -> dict[str, Any]:
    staff = request.scope.kind != "customer"
    asked = text_param(request, "months")
    months = int(asked) if asked in map(str, insights.PERIODS) else insights.USUAL
    account_id = as_id(text_param(request, "account")) if staff else None
    spent = insights.spending(request.db, months, account_id)
    locale = request.locale_name
    return {
        "spent": [
            {
                "one": one,
                "bars": bars(one.months, locale),
                "months": [(_month(month.first, "yMMMM", locale), month) for month in reversed(one.months)],
                "products": _widths(one.products, rest=True),
                "kinds": [(KINDS.get(share.name, OUTSIDE), share, width) for share, width in _widths(one.kinds)],
            }
            for one in spent
        ],
        "months": months,
        "periods": insights.PERIODS,
        "account_id": account_id,
        "accounts": reading.accounts(request.db) if staff else [],
        "hidden": hidden(request.scope),
        "size": (WIDTH, HEIGHT, LABELS),
    }


def bars(months: Sequence[insights.Month], locale: str) -> list[Bar]:
    """The months' columns, from the side on which the reader begins."""
    most = max((one.net for one in months), default=Decimal(0))
    step = WIDTH / len(months)
    every = -(-len(months) // _MOST_LABELS)
    found = []
    for number, month in enumerate(months):
        tall = float(max(month.net, Decimal(0)) / most) * (HEIGHT - 8) if most > 0 else 0.0
        place = len(months) - 1 - number if direction(locale) == "rtl" else number
        label = _month(month.first, "MMM", locale) if (len(months) - 1 - number) % every == 0 else ""
        x, y, middle = place * step + step * 0.15, HEIGHT - tall, (place + 0.5) * step
        found.append(Bar(round(x, 1), round(y, 1), round(step * 0.7, 1), round(tall, 1), round(middle, 1), label))
    return found


def _widths(shares: Sequence[insights.Share], *, rest: bool = False) -> list[tuple[insights.Share, int]]:
    """Each with its bar's width in per cent of the largest. rest: the one without a name is all others together; it has no bar,
    for it would leave the single ones none."""
    drawn = [max(one.net, Decimal(0)) if one.name or not rest else Decimal(0) for one in shares]
    most = max(drawn, default=Decimal(0))
    return [(one, round(net * 100 / most) if most > 0 else 0) for one, net in zip(shares, drawn, strict=True)]


def _month(day: Any, skeleton: str, locale: str) -> str:
    return str(format_skeleton(skeleton, day, locale=babel_locale(locale)))


def get(context: None, request: Request) -> dict[str, Any]:
    data = request.query_data
    spent = insights.spending(request.db, data["months"], data["account_id"])
    since = hidden(request.scope)
    return {
        "months": data["months"],
        "shown_since": since and since.since,
        "currencies": [
            {
                "currency": one.currency,
                "orders": one.orders,
                "net": money(one.net, one.currency),
                "average": money(one.average, one.currency),
                "by_month": [
                    {"month": month.first, "orders": month.orders, "net": money(month.net, one.currency)} for month in one.months
                ],
                "by_product": [_share(share, one.currency) for share in one.products],
                "by_kind": [_share(share, one.currency) for share in one.kinds],
            }
            for one in spent
        ],
    }


def _share(share: insights.Share, currency: str) -> dict[str, Any]:
    return {"name": share.name, "lines": share.lines, "net": money(share.net, currency)}
