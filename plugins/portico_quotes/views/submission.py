"""Submitting, taking back, answering, and what staff do with a quote that got stuck."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pyramid.request import Request
from pyramid.response import Response

from portico.approvals.errors import AboveLimitError
from portico.errors import DomainError, InvalidError
from portico.web.flash import Kind, flash
from portico_quotes import building, decisions, delivery, reading, schemas
from portico_quotes import submission as submitting
from portico_quotes.errors import OfferChangedError, PricesChangedError
from portico_quotes.i18n import _
from portico_quotes.views import builder, forms, quotes


def submit(context: Any, request: Request) -> Response:
    data = forms.data(request, schemas.Submit)
    try:
        heard = building.submit(request, context, data)
    except PricesChangedError as error:
        return _compared(context, request, error)
    except AboveLimitError as error:
        return _above(context, request, error, "quotes.ask_submit", "quotes.edit", data, "confirmation", "version")
    except InvalidError as error:
        return builder.refused(context, request, error)
    if heard == building.Heard.PRICES:
        flash(request, _("Your quote is on its way to the company."))
    elif heard == building.Heard.FAULT:
        flash(
            request,
            _(
                "The company's system has a fault, and its staff are told. Your quote is kept and will be sent as soon as that "
                "is mended. If prices have changed by then, you will be asked first."
            ),
            "warning",
        )
    else:
        flash(
            request,
            _(
                "The company's system does not answer at the moment. Your quote is kept and will be sent as soon as it "
                "answers. If prices have changed by then, you will be asked first."
            ),
            "warning",
        )
    return forms.go(request, "quotes.detail", quote_id=context.id)


def _compared(context: Any, request: Request, error: PricesChangedError) -> Response:
    values = builder.state_of(context, request) | {"comparison": error.comparison, "message": error.message}
    return forms.render(request, "confirm", values, status=409)


def _above(
    context: Any, request: Request, error: AboveLimitError, ask: str, back: str, data: Mapping[str, Any], *kept: str
) -> Response:
    """The page that offers to ask a colleague; what was agreed to so far goes along."""
    values = {
        "quote": context,
        "limit": error.data["limit"],
        "limit_currency": error.data["currency"],
        "amount": error.data["amount"],
        "action": request.route_path(ask, quote_id=context.id),
        "back": request.route_path(back, quote_id=context.id),
        "note": data.get("note", ""),
        "kept": {name: data[name] for name in kept if data[name] not in (None, "")},
    }
    return forms.render(request, "above_limit", values, status=409)


def ask_submit(context: Any, request: Request) -> Response:
    try:
        building.ask_approval(request, context, forms.data(request, schemas.AskSubmit))
    except PricesChangedError as error:
        return _compared(context, request, error)
    except InvalidError as error:
        return builder.refused(context, request, error)
    return _asked(context, request)


def ask_accept(context: Any, request: Request) -> Response:
    data = forms.data(request, schemas.AcceptForm)
    try:
        decisions.ask_approval(
            request.db,
            request.registry.portico,
            context.id,
            seen=data["version"],
            note=data["note"],
            po_number=data["po_number"],
        )
    except OfferChangedError as error:
        return _changed(context, request, error, data)
    return _asked(context, request)


def _asked(context: Any, request: Request) -> Response:
    flash(request, _("Your colleagues are asked. You get a notice as soon as somebody decides."))
    return forms.go(request, "quotes.detail", quote_id=context.id)


def take_back(context: Any, request: Request) -> Response:
    submitting.take_back(request.db, context)
    flash(request, _("The quote is a draft again."))
    return forms.go(request, "quotes.edit", quote_id=context.id)


def accept(context: Any, request: Request) -> Response:
    data = forms.data(request, schemas.AcceptForm)
    try:
        decisions.decide(request.db, context, "accept", seen=data["version"], po_number=data["po_number"])
    except OfferChangedError as error:
        return _changed(context, request, error, data)
    except AboveLimitError as error:
        return _above(context, request, error, "quotes.ask_accept", "quotes.detail", data, "po_number", "version")
    _answered(context, request, _("You accepted the offer. The company is told."), "success")
    return forms.go(request, "quotes.detail", quote_id=context.id)


def _answered(context: Any, request: Request, told: Any, kind: Kind) -> None:
    """The page itself says that the answer can be undone, and until when."""
    if reading.one(request.db, context.id).answer_due_at is None:
        flash(request, told, kind)


def undo(context: Any, request: Request) -> Response:
    decisions.undo(request.db, context)
    flash(request, _("Your answer is undone. The offer waits for your answer again."), "info")
    return forms.go(request, "quotes.detail", quote_id=context.id)


def _changed(context: Any, request: Request, error: OfferChangedError, data: Mapping[str, Any]) -> Response:
    """The offer's page as it is now; what was typed for the one before stands in its form."""
    values = quotes.body(reading.one(request.db, context.id), request)
    values |= {
        "refused": error.message,
        "typed": {name: data[name] for name in ("po_number", "note")},
        "page_address": request.route_path("quotes.detail", quote_id=context.id),
    }
    return forms.render(request, "detail", values, status=409)


def decline(context: Any, request: Request) -> Response:
    try:
        data = forms.data(request, schemas.Decline)
    except DomainError as error:
        error.message = next(iter(error.fields.values()), error.message)
        raise
    decisions.decide(request.db, context, "decline", reason=data["reason"])
    _answered(context, request, _("You declined the offer. The company is told."), "info")
    return forms.go(request, "quotes.detail", quote_id=context.id)


def send_again(context: Any, request: Request) -> Response:
    submitting.send_again(request.db, context)
    flash(request, _("The quote is on its way again."))
    return forms.go(request, "quotes.detail", quote_id=context.id)


def hand_back(context: Any, request: Request) -> Response:
    delivery.hand_back(request.db, context)
    flash(request, _("The quote is the customer's draft again."))
    return forms.go(request, "quotes.detail", quote_id=context.id)
