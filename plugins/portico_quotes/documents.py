"""A quote as a PDF: what stands in it, in its reader's words. How it looks is the template's."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy.orm import Session

from portico.errors import NotFoundError
from portico.pluginhost.values import Document, DocumentKind
from portico.web import units
from portico.web.i18n import Localiser
from portico_quotes import destinations, grouping, reading
from portico_quotes.i18n import _
from portico_quotes.repricing import asked, summed
from portico_quotes.states import OFFERED, State
from portico_quotes.totals import Breakdown, line_total, total
from portico_quotes.validity import is_past
from portico_quotes.views.wording import pill

KIND = "quotes.quote"
TEMPLATE = "portico_quotes/documents/quote.typ"
_MARKS: dict[State, Any] = {
    State.DRAFT: _("Draft"),
    State.EXPIRED: _("Expired"),
    State.DECLINED: _("Declined"),
    State.CANCELLED: _("Cancelled"),
}
"""What stands across the page of a quote that binds nobody."""
_WARNINGS: dict[State, Any] = {
    State.DRAFT: _("This is a draft. It has not been submitted, and nobody is bound by it."),
    State.SUBMITTED: _("These prices are not an offer yet: the company has not confirmed them."),
    State.EXPIRED: _("This offer is no longer valid."),
    State.DECLINED: _("This offer was declined."),
    State.CANCELLED: _("This quote was cancelled."),
}
_WORDS = {
    "from": _("Seller"),
    "to": _("Customer"),
    "item": _("Item"),
    "quantity": _("Quantity"),
    "price": _("Unit price"),
    "tax": _("Tax"),
    "total": _("Total"),
    "subtotal": _("Subtotal before tax"),
    "note": _("Note"),
    "empty": _("No lines yet"),
}


def kinds() -> list[DocumentKind]:
    return [DocumentKind(KIND, "quote", _find, make)]


def _find(db: Session, quote_id: UUID) -> Any:
    try:
        return reading.one(db, quote_id)
    except NotFoundError:
        return None


def make(db: Session, quote: Any, speaker: Localiser) -> Document:
    """quote: as `reading.one` gives it."""
    rows = reading.rows(db, quote)
    state = State(quote.state)
    if state != State.DRAFT:
        rows = grouping.binding(rows)
    if state in OFFERED and is_past(db, quote.valid_until):
        state = State.EXPIRED
    say = speaker.translate
    content = {
        "mark": say(_MARKS.get(state, "")),
        "warning": say(_WARNINGS.get(state, "")),
        "facts": _facts(quote, state, speaker),
        "note": quote.note,
        **body(quote, quote, rows, speaker, draft=quote.state == State.DRAFT),
    }
    title = _("Quote ${number}", mapping={"number": quote.number}) if quote.number else _("Quote")
    moments = (quote.created_at, quote.touched_at, quote.moved_at, quote.remote_updated_at)
    return Document(TEMPLATE, title, max(one for one in moments if one is not None), content)


def body(quote: Any, stated: Any, rows: Sequence[Any], speaker: Localiser, *, draft: bool = False) -> dict[str, Any]:
    """What a quote's own paper and that of a former version have alike. stated: what names the sums: `net`, `tax` and `gross`
    before and with tax, in `currency`; of a draft the lines alone do."""
    currency, sums = stated.currency, total(summed(grouping.lines(rows)), stated.currency)
    return {
        "words": {name: speaker.translate(text) for name, text in _WORDS.items()},
        "customer": {"name": quote.account, "lines": _customer(quote, speaker)},
        "lines": _rows(rows, currency, speaker),
        "sums": _sums(stated, sums, speaker, draft),
        "options": _options(grouping.addition(rows, currency), currency, speaker),
    }


def _customer(quote: Any, speaker: Localiser) -> list[str]:
    number = speaker.translate(_("Customer number ${number}", mapping={"number": quote.customer_ref}))
    address = (quote.site_address or "").split("\n")
    return [quote.site or "", *address, number if quote.customer_ref else ""]


def _facts(quote: Any, state: State, speaker: Localiser) -> list[tuple[str, str]]:
    say, shown = speaker.translate, pill(quote)[0] if state == quote.state else _MARKS[state]
    return [
        (say(_("Date")), speaker.date(quote.submitted_at or quote.created_at)),
        (say(_("Valid until")), speaker.date(quote.valid_until) if quote.valid_until else ""),
        (say(_("Status")), say(shown)),
        (say(_("Order number")), quote.po_number),
        (say(_("Delivery address")), ", ".join(destinations.lines(quote.delivery_address, speaker.locale))),
        (say(_("Wanted on")), speaker.date(quote.wanted_on) if quote.wanted_on else ""),
        (say(_("Written by")), quote.author),
    ]


def _rows(rows: Sequence[Any], currency: str, speaker: Localiser) -> list[dict[str, str]]:
    subtotals = grouping.subtotals(rows, currency)
    return [
        _section(row, subtotals[row.id], currency, speaker) if row.kind == grouping.SECTION else _line(row, currency, speaker)
        for row in rows
    ]


def _section(section: Any, subtotal: Decimal, currency: str, speaker: Localiser) -> dict[str, str]:
    """subtotal: before tax."""
    title = speaker.translate(grouping.title(section))
    return {"section": title, "note": section.note, "total": speaker.money(subtotal, currency)}


def _options(addition: Decimal | None, currency: str, speaker: Localiser) -> str:
    if addition is None:
        return ""
    said = _("Optional lines that are not included would add ${amount}.", mapping={"amount": speaker.money(addition, currency)})
    return speaker.translate(said)


def _line(line: Any, currency: str, speaker: Localiser) -> dict[str, str]:
    price, rate = asked(line)
    unit = units.name(speaker.language, line.unit, line.quantity) if line.unit else ""
    say = speaker.translate
    on_request = say(_("on request"))
    return {
        "name": line.name,
        "code": line.code,
        "note": line.note,
        "option": "" if not line.optional else say(_("Optional, included") if line.chosen else _("Optional, not included")),
        "quantity": f"{speaker.number(line.quantity)}\u00a0{unit}".strip(),
        "price": on_request if price is None else speaker.money(price, currency),
        "tax": speaker.percent(rate / 100),
        "total": "" if price is None else speaker.money(line_total(line.quantity, price, currency), currency),
    }


def _sums(quote: Any, sums: Breakdown, speaker: Localiser, draft: bool) -> list[tuple[str, str, bool]]:
    """As the company states them, once it has the quote; else as the lines add up."""

    def money(amount: Decimal) -> str:
        return speaker.money(amount, quote.currency)

    say = speaker.translate
    if draft or (sums.net == quote.net and sums.gross == quote.gross):
        net, gross = sums.net, sums.gross
        taxes = [
            (say(_("Tax ${rate} on ${base}", mapping={"rate": speaker.percent(tax.rate / 100), "base": money(tax.base)})),
             money(tax.amount), False)
            for tax in sums.taxes
            if tax.rate
        ]
    else:
        net, gross = quote.net, quote.gross
        taxes = [(say(_("Tax")), money(quote.tax), False)]
    return [(say(_("Before tax")), money(net), False), *taxes, (say(_("Total")), money(gross), True)]
