"""Pages of a customer organisation, for its owners and for staff who help."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from pyramid.httpexceptions import HTTPSeeOther
from pyramid.request import Request
from pyramid.response import Response

from portico.db.types import now
from portico.errors import InvalidError, NotFoundError
from portico.forms.submission import handle, make_form, refuse, take
from portico.identity.permissions import ACCOUNT_ROLES
from portico.organisation import invitations, people, schemas, sites
from portico.organisation.people import Colleague, Part
from portico.pluginhost.account_addresses import account_addresses
from portico.web.flash import flash
from portico.web.i18n import _
from portico.web.params import uuid_param


def organisation(request: Request) -> Any:
    """Context: the organisation that the path names."""
    return people.organisation(request.db, uuid_param(request, "account_id"))


def member(request: Request) -> Colleague:
    return people.colleague(request.db, uuid_param(request, "account_id"), uuid_param(request, "member_id"))


def site(request: Request) -> Any:
    return sites.get(request.db, uuid_param(request, "account_id"), uuid_param(request, "site_id"))


def invitation(request: Request) -> Any:
    known = invitations.invitations(request.db, uuid_param(request, "account_id"))
    wanted = uuid_param(request, "invitation_id")
    for one in known:
        if one.id == wanted:
            return one
    raise NotFoundError


def home(context: None, request: Request) -> Any:
    """Straight to the organisation of those who have one; a list for those who look after several."""
    found = people.organisations(request.db)
    if len(found) == 1:
        return HTTPSeeOther(request.route_path("organisation.detail", account_id=found[0].account_id))
    return {"organisations": found}


def detail(context: Any, request: Request) -> dict[str, Any]:
    colleagues = people.colleagues(request.db, context.account_id)
    return {
        "organisation": context,
        "colleagues": colleagues,
        "names": {one.user_id: one.name for one in colleagues},
        "invitations": invitations.invitations(request.db, context.account_id),
        "sites": sites.sites(request.db, context.account_id),
        "addresses": account_addresses(request.db, context.account_id),
        "roles": ACCOUNT_ROLES,
        "reaches": people.REACHES,
        "moment": now(),
        "staff": request.scope.kind == "staff",
    }


def invite(context: Any, request: Request) -> Any:
    def send(values: dict[str, Any]) -> Response:
        email = values.pop("email")
        invitations.invite(
            request.db, request.registry.portico, context.account_id, email=email, part=_part(values)
        )
        flash(request, _("The invitation is on its way to ${email}.", mapping={"email": email}))
        return _back(request, context.account_id)

    schema = schemas.part_form(sites.sites(request.db, context.account_id), request.tenant.currency, email=True)
    answer = handle(
        request,
        schema,
        send,
        initial={"role": "purchaser", "reach": "all"},
        submit=_("Send the invitation"),
        cancel_url=_address(request, context.account_id),
    )
    if not isinstance(answer, dict):
        return answer
    return {**answer, "organisation": context, "role_help": schemas.ROLE_HELP, "roles": ACCOUNT_ROLES}


def resend(context: Any, request: Request) -> Response:
    email = invitations.resend(request.db, request.registry.portico, context.account_id, context.id)
    flash(request, _("The invitation is on its way to ${email}.", mapping={"email": email}))
    return _back(request, context.account_id)


def revoke(context: Any, request: Request) -> Response:
    email = invitations.revoke(request.db, context.account_id, context.id)
    flash(request, _("The invitation of ${email} is revoked. Its link does not work any more.", mapping={"email": email}))
    return _back(request, context.account_id)


def change(context: Colleague, request: Request) -> Any:
    """One colleague; for everybody but themselves, the form."""
    page = {
        "member": context,
        "organisation": people.organisation(request.db, context.account_id),
        "own": context.user_id == request.scope.user_id,
        "may_hand_over": context.account_id in request.scope.owned and context.status == "active",
        "roles": ACCOUNT_ROLES,
        "role_help": schemas.ROLE_HELP,
        "form": None,
    }
    if page["own"]:
        return page
    portico, db = request.registry.portico, request.db
    able = people.approvers(portico, request.scope, people.colleagues(db, context.account_id), context.user_id)
    schema = schemas.part_form(sites.sites(db, context.account_id), request.tenant.currency, able)

    def save(values: dict[str, Any]) -> Response:
        people.change(db, portico, context, _part(values))
        flash(request, _("Saved. It takes effect with the person's next page."))
        return _back(request, context.account_id)

    initial = {
        "role": context.role,
        "reach": context.reach,
        "sites": {str(one) for one in context.site_ids} if "sites" in schema else None,  # there may be none to choose
        "limit": context.limit_amount,
        "approver": str(context.approver_id or ""),
    }
    answer = handle(request, schema, save, initial=initial, cancel_url=_address(request, context.account_id))
    return {**page, **answer} if isinstance(answer, dict) else answer


def remove(context: Colleague, request: Request) -> Response:
    people.remove(request.db, context)
    flash(request, _("${name} does not act for your organisation any more.", mapping={"name": context.name}))
    return _back(request, context.account_id)


def hand_over(context: Colleague, request: Request) -> Response:
    people.hand_over(request.db, context)
    flash(request, _("${name} is the owner now, and you are a purchaser.", mapping={"name": context.name}))
    return HTTPSeeOther(request.application_url + "/")


def site_new(context: Any, request: Request) -> Any:
    def add(values: dict[str, Any]) -> Response:
        sites.add(request.db, context.account_id, **values)
        flash(request, _("Saved."))
        return _back(request, context.account_id)

    answer = handle(
        request, schemas.Site(), add, submit=_("Add the site"), cancel_url=_address(request, context.account_id)
    )
    return {**answer, "organisation": context, "site": None} if isinstance(answer, dict) else answer


def site_edit(context: Any, request: Request) -> Any:
    def save(values: dict[str, Any]) -> Response:
        sites.change(request.db, context.account_id, context.id, **values)
        flash(request, _("Saved."))
        return _back(request, context.account_id)

    initial = {"name": context.name, "address": context.address}
    answer = handle(
        request, schemas.Site(), save, initial=initial, cancel_url=_address(request, context.account_id)
    )
    if not isinstance(answer, dict):
        return answer
    return {**answer, "organisation": people.organisation(request.db, context.account_id), "site": context}


def site_close(context: Any, request: Request) -> Any:
    """A refusal is told on the site's own page, where what was typed and not saved stays."""
    try:
        people.close_site(request.db, context.account_id, context.id)
    except InvalidError as error:
        address = request.route_path("organisation.site", account_id=context.account_id, site_id=context.id)
        initial = {"name": context.name, "address": context.address}
        cancel = _address(request, context.account_id)
        form = make_form(request, schemas.Site(), initial=initial, cancel_url=cancel, action=address)
        if set(initial) <= set(request.POST):
            take(request, form)
        refuse(request, form, error)
        owner = people.organisation(request.db, context.account_id)
        return {"form": form, "organisation": owner, "site": context, "page_address": address}
    flash(request, _("${name} is closed.", mapping={"name": context.name}))
    return _back(request, context.account_id)


def _part(values: dict[str, Any]) -> Part:
    return Part(
        role=values["role"],
        reach=values["reach"],
        site_ids=tuple(UUID(one) for one in values.get("sites") or ()),
        limit=values["limit"],
        approver_id=UUID(values["approver"]) if values.get("approver") else None,
    )


def _address(request: Request, account_id: UUID) -> str:
    return str(request.route_path("organisation.detail", account_id=account_id))


def _back(request: Request, account_id: UUID) -> Response:
    return HTTPSeeOther(_address(request, account_id))
