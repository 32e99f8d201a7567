"""Pages of a customer's contact details and delivery addresses, for its people and for staff who help."""

from __future__ import annotations

from typing import Any

from pyramid.httpexceptions import HTTPSeeOther
from pyramid.request import Request
from pyramid.response import Response

from portico.db.types import as_id
from portico.forms.submission import handle
from portico.organisation import people
from portico.web.flash import flash
from portico.web.params import uuid_param
from portico_customers import addresses, countries, reading, schemas
from portico_customers.i18n import _
from portico_customers.states import LOOKS, State


def organisation(request: Request) -> Any:
    """Context: the organisation that the path names. Raises NotFoundError."""
    return people.organisation(request.db, uuid_param(request, "account_id"))


def address(request: Request) -> Any:
    """Context: one of its addresses. Raises NotFoundError."""
    return addresses.one(request.db, uuid_param(request, "account_id"), uuid_param(request, "customer_address_id"))


def home(context: None, request: Request) -> Any:
    """Straight to the organisation that is asked for, or the only one; a list for those who act for several."""
    if account_id := as_id(request.GET.get("account")):
        return HTTPSeeOther(request.route_path("customers.addresses", account_id=account_id))
    if request.scope.kind == "staff":
        return HTTPSeeOther(request.route_path("customers.list"))
    found = reading.own(request.db)
    if len(found) == 1:
        return HTTPSeeOther(request.route_path("customers.addresses", account_id=found[0].id))
    return {"organisations": found}


def page(context: Any, request: Request) -> dict[str, Any]:
    scope, staff = request.scope, request.scope.kind == "staff"
    return {
        "organisation": context,
        "contact": addresses.contact(request.db, context.account_id),
        "addresses": addresses.listing(request.db, context.account_id),
        "label": addresses.label,
        "country": lambda code: countries.name(request.locale_name, code) if code else "",
        "looks": LOOKS,
        "staff": staff,
        "unsent": addresses.unsent(request.db, context.account_id) if staff else 0,
        "refused": State.REFUSED,
        "may_contact": scope.has("customers:contact", context.account_id),
        "may_deliver": scope.has("customers:deliver", context.account_id),
        "may_note": scope.has("customers:note"),
        "may_see_customer": scope.has("customers:view"),
    }


def edit_contact(context: Any, request: Request) -> Any:
    found = addresses.contact(request.db, context.account_id)

    def save(values: dict[str, Any]) -> Response:
        addresses.set_contact(request.db, context.account_id, values)
        return _saved(request, context.account_id)

    initial = {name: getattr(found, name) for name in addresses.CONTACT_FIELDS} if found else {}
    return _form(request, context, schemas.contact_form(), save, initial)


def add(context: Any, request: Request) -> Any:
    def save(values: dict[str, Any]) -> Response:
        addresses.add(request.db, context.account_id, values)
        return _saved(request, context.account_id)

    there = addresses.listing(request.db, context.account_id)
    initial = {"country": there[0].country if there else ""}
    return _form(request, context, schemas.address_form(request.locale_name), save, initial)


def edit(context: Any, request: Request) -> Any:
    def save(values: dict[str, Any]) -> Response:
        addresses.change(request.db, context.account_id, context.id, values)
        return _saved(request, context.account_id)

    initial = {name: getattr(context, name) for name in addresses.FIELDS}
    whose = people.organisation(request.db, context.account_id)
    answer = _form(request, whose, schemas.address_form(request.locale_name), save, initial)
    return {**answer, "title": addresses.label(context)} if isinstance(answer, dict) else answer


def remove(context: Any, request: Request) -> Response:
    addresses.remove(request.db, context.account_id, context.id)
    flash(request, _("${name} is removed.", mapping={"name": addresses.label(context)}))
    return _back(request, context.account_id)


def make_default(context: Any, request: Request) -> Response:
    addresses.make_default(request.db, context.account_id, context.id)
    flash(request, _("${name} is the default now.", mapping={"name": addresses.label(context)}))
    return _back(request, context.account_id)


def note_by_hand(context: Any, request: Request) -> Response:
    addresses.note_by_hand(request.db, context.account_id)
    flash(request, _("Noted as entered in your system."))
    return _back(request, context.account_id)


def send_again(context: Any, request: Request) -> Response:
    addresses.send_again(request.db, context.account_id)
    flash(request, _("It is being sent, and read anew."), "info")
    return _back(request, context.account_id)


def _form(request: Request, whose: Any, schema: Any, save: Any, initial: dict[str, Any]) -> Any:
    answer = handle(request, schema, save, initial=initial, cancel_url=_address(request, whose.account_id))
    return {**answer, "organisation": whose} if isinstance(answer, dict) else answer


def _saved(request: Request, account_id: Any) -> Response:
    flash(request, _("Saved. The company is told."))
    return _back(request, account_id)


def _address(request: Request, account_id: Any) -> str:
    return str(request.route_path("customers.addresses", account_id=account_id))


def _back(request: Request, account_id: Any) -> Response:
    return HTTPSeeOther(_address(request, account_id))
