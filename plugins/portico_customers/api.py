"""Contact details and delivery addresses as JSON: the same services as the pages."""

from __future__ import annotations

from typing import Any

from pyramid.request import Request

from portico.web.i18n import translate
from portico_customers import addresses
from portico_customers.states import State


def contact(context: Any, request: Request) -> dict[str, Any]:
    found = addresses.contact(request.db, context.account_id)
    if found is None:
        return {"name": "", "email": "", "phone": "", "state": str(State.KNOWN), "problem": None}
    return {name: getattr(found, name) for name in addresses.CONTACT_FIELDS} | _standing(found, request)


def change_contact(context: Any, request: Request) -> dict[str, Any]:
    addresses.set_contact(request.db, context.account_id, request.body_data)
    return contact(context, request)


def listing(context: Any, request: Request) -> dict[str, Any]:
    return {"items": [_item(row, request) for row in addresses.listing(request.db, context.account_id)]}


def one(context: Any, request: Request) -> dict[str, Any]:
    return _item(context, request)


def add(context: Any, request: Request) -> dict[str, Any]:
    values = dict(request.body_data)
    default = bool(values.pop("is_default", False))
    made = addresses.add(request.db, context.account_id, values, default=default)
    return _item(addresses.one(request.db, context.account_id, made), request)


def change(context: Any, request: Request) -> dict[str, Any]:
    values = dict(request.body_data)
    default = bool(values.pop("is_default", False))
    addresses.change(request.db, context.account_id, context.id, values)
    if default:
        addresses.make_default(request.db, context.account_id, context.id)
    return _item(addresses.one(request.db, context.account_id, context.id), request)


def remove(context: Any, request: Request) -> None:
    addresses.remove(request.db, context.account_id, context.id)


def _item(row: Any, request: Request) -> dict[str, Any]:
    shown = {name: getattr(row, name) for name in ("id", *addresses.FIELDS, "is_default")}
    return shown | _standing(row, request)


def _standing(row: Any, request: Request) -> dict[str, Any]:
    """Why the company could not be told is its staff's to read; why it refused is everybody's."""
    told = row.problem is not None and (row.state == State.REFUSED or request.scope.kind == "staff")
    return {"state": row.state, "problem": translate(request.locale_name, row.problem) if told else None}
