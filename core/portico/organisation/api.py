"""Customer organisations as JSON: the same services as the pages."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pyramid.request import Request

from portico.api.schema import money
from portico.organisation import invitations, people, sites
from portico.organisation.people import Colleague, Part


def listing(context: None, request: Request) -> dict[str, Any]:
    return {"items": [{"id": one.account_id, "name": one.name} for one in people.organisations(request.db)]}


def get(context: Any, request: Request) -> dict[str, Any]:
    db, account_id = request.db, context.account_id
    return {
        "id": account_id,
        "name": context.name,
        "members": [_member(one) for one in people.colleagues(db, account_id)],
        "invitations": [_invitation(one) for one in invitations.invitations(db, account_id)],
        "sites": [_site(one) for one in sites.sites(db, account_id)],
    }


def invite(context: Any, request: Request) -> dict[str, Any]:
    body = request.body_data
    made = invitations.invite(
        request.db, request.registry.portico, context.account_id, email=body["email"], part=_part(body)
    )
    return _found(request, context.account_id, made)


def resend(context: Any, request: Request) -> dict[str, Any]:
    invitations.resend(request.db, request.registry.portico, context.account_id, context.id)
    return _found(request, context.account_id, context.id)


def _found(request: Request, account_id: Any, invitation_id: Any) -> dict[str, Any]:
    known = invitations.invitations(request.db, account_id)
    return next(_invitation(one) for one in known if one.id == invitation_id)


def revoke(context: Any, request: Request) -> None:
    invitations.revoke(request.db, context.account_id, context.id)


def change(context: Colleague, request: Request) -> dict[str, Any]:
    people.change(request.db, request.registry.portico, context, _part(request.body_data))
    return _member(people.colleague(request.db, context.account_id, context.id))


def remove(context: Colleague, request: Request) -> None:
    people.remove(request.db, context)


def hand_over(context: Colleague, request: Request) -> dict[str, Any]:
    people.hand_over(request.db, context)
    return _member(people.colleague(request.db, context.account_id, context.id))


def site_add(context: Any, request: Request) -> dict[str, Any]:
    made = sites.add(request.db, context.account_id, **request.body_data)
    return _site(sites.get(request.db, context.account_id, made))


def site_change(context: Any, request: Request) -> dict[str, Any]:
    sites.change(request.db, context.account_id, context.id, **request.body_data)
    return _site(sites.get(request.db, context.account_id, context.id))


def site_close(context: Any, request: Request) -> None:
    people.close_site(request.db, context.account_id, context.id)


def _part(body: Mapping[str, Any]) -> Part:
    return Part(body["role"], body["reach"], tuple(body["sites"]), body["limit"], body.get("approver_id"))


def _member(one: Colleague) -> dict[str, Any]:
    return {
        "id": one.id,
        "user_id": one.user_id,
        "name": one.name,
        "email": one.email,
        "status": one.status,
        "role": one.role,
        "reach": one.reach,
        "sites": list(one.site_ids),
        "limit": money(one.limit_amount, one.limit_currency or ""),
        "currency": one.limit_currency,
        "approver_id": one.approver_id,
        "last_activity_at": one.last_activity_at,
    }


def _invitation(one: Any) -> dict[str, Any]:
    return {
        "id": one.id,
        "email": one.email,
        "role": one.role,
        "reach": one.reach,
        "sites": list(one.site_ids),
        "limit": money(one.limit_amount, one.limit_currency or ""),
        "currency": one.limit_currency,
        "invited_by": one.inviter,
        "sent_at": one.sent_at,
        "expires_at": one.expires_at,
    }


def _site(one: Any) -> dict[str, Any]:
    return {"id": one.id, "name": one.name, "address": one.address}
