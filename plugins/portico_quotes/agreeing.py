"""An offer as something that is agreed to: what it says, for whatever an acceptance has to carry."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from sqlalchemy.orm import Session

from portico.approvals import service as approvals
from portico.errors import NotFoundError
from portico.pluginhost.values import Agreement, AgreementKind, AgreementTerms
from portico_quotes import grouping, reading
from portico_quotes.i18n import _
from portico_quotes.repricing import asked
from portico_quotes.states import OFFERED, State
from portico_quotes.totals import line_total
from portico_quotes.validity import is_past

KIND = "quotes.quote"


def kinds() -> list[AgreementKind]:
    return [
        AgreementKind(
            name=KIND,
            subject="quote",
            title=_("Accept the offer"),
            document=KIND,
            permission="quotes:decide",
            route="quotes.detail",
            route_params={"quote_id": "subject"},
            find=_find,
            terms=terms,
            agree=_agree,
            ask=_ask,
            fields={"po_number": _("Your order number")},
            api="/quotes/{quote_id}",
            api_document="/quotes/{quote_id}/pdf",
        )
    ]


def agreement(db: Session, quote: Any, person_id: UUID | None = None) -> Agreement:
    """Of the version that `quote` holds. person_id: who agrees, if it is not the person in scope."""
    person = person_id or db.info["scope"].user_id
    return Agreement(KIND, "quote", quote.id, quote.account_id, quote.version, person)


def terms(db: Session, quote: Any) -> AgreementTerms:
    """quote: as `reading.one` gives it. content: amounts and quantities as text, lines in the order of the offer, sections
    (if there are any) with how many of these stand before."""
    rows = grouping.binding(reading.rows(db, quote))
    content = {
        "record": KIND,
        "id": str(quote.id),
        "number": quote.number,
        "version": quote.version,
        "customer": quote.account,
        "currency": quote.currency,
        "lines": [_line(one, quote.currency) for one in grouping.lines(rows)],
        "net": _plain(quote.net),
        "tax": _plain(quote.tax),
        "gross": _plain(quote.gross),
        "deliver_to": quote.delivery_address,
        "wanted_on": quote.wanted_on.isoformat() if quote.wanted_on else None,
        "valid_until": quote.valid_until.isoformat() if quote.valid_until else None,
    }
    if sections := grouping.headings(rows):
        content["sections"] = [vars(one) for one in sections]
    is_open = State(quote.state) in OFFERED and not is_past(db, quote.valid_until)
    known = approvals.limit(db, quote.account_id) if is_open else None
    title = _("Quote ${number}", mapping={"number": quote.number}) if quote.number else _("Quote")
    return AgreementTerms(
        title,
        quote.version,
        quote.gross,
        quote.currency,
        content,
        is_open,
        above_limit=approvals.exceeds(known, quote.gross, quote.currency),
        values={"po_number": quote.po_number},
    )


def _line(line: Any, currency: str) -> dict[str, str | None]:
    price, rate = asked(line)
    return {
        "item": line.item_ref,
        "code": line.code,
        "name": line.name,
        "quantity": _plain(line.quantity),
        "unit": line.unit,
        "unit_price": None if price is None else _plain(price),
        "tax_rate": _plain(rate),
        "total": None if price is None else _plain(line_total(line.quantity, price, currency)),
        "note": line.note,
    }


def _plain(amount: Any) -> str:
    """Without zeros at the end, so that 10 and 10.0000 are the same."""
    text = f"{amount:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def _find(db: Session, quote_id: UUID) -> Any:
    try:
        return reading.one(db, quote_id)
    except NotFoundError:
        return None


def _agree(db: Session, quote: Any, seen: int, values: Mapping[str, str]) -> None:
    from portico_quotes import decisions

    decisions.decide(db, quote, "accept", seen=seen, po_number=values.get("po_number") or None)


def _ask(db: Session, portico: Any, quote: Any, seen: int, note: str, values: Mapping[str, str]) -> None:
    from portico_quotes import decisions

    decisions.ask_approval(db, portico, quote.id, seen=seen, note=note, po_number=values.get("po_number", ""))
