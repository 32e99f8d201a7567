"""The list of approvals, and the page where one is decided."""

from __future__ import annotations

from typing import Any

from pyramid.httpexceptions import HTTPSeeOther
from pyramid.request import Request
from pyramid.response import Response

from portico.approvals import schemas, service
from portico.forms.submission import handle
from portico.notify.fan_out import parameters
from portico.tenancy.service import own_accounts
from portico.web.flash import flash
from portico.web.i18n import _
from portico.web.params import uuid_param

STATUS = {
    "open": (_("Waits"), "warning"),
    "approved": (_("Approved"), "success"),
    "declined": (_("Declined"), "error"),
    "withdrawn": (_("Withdrawn"), "neutral"),
}


def approval(request: Request) -> Any:
    """Context: the request for approval that the path names."""
    return service.get(request.db, uuid_param(request, "approval_id"))


def listing(context: None, request: Request) -> dict[str, Any]:
    open_only = request.GET.get("show") != "closed"
    customer = request.scope.kind == "customer"
    page = service.listing(request.db, open_only=open_only, cursor=request.GET.get("after"))
    return {
        "page": page,
        "open_only": open_only,
        "status": STATUS,
        "titles": {name: kind.title for name, kind in service.kinds(request.db).items()},
        "staff": request.scope.kind == "staff",
        "own": request.scope.user_id,
        "limits": [one for one in own_accounts(request.db) if one.limit_amount is not None] if customer else [],
    }


def detail(context: Any, request: Request) -> dict[str, Any]:
    return _shown(context, request)


def _shown(context: Any, request: Request) -> dict[str, Any]:
    kind = service.kinds(request.db).get(context.kind)
    return {
        "approval": context,
        "title": kind.title if kind else _("Approval"),
        "record": request.route_path(kind.route, **parameters(kind, context.subject_id, {})) if kind else "",
        "status": STATUS[context.status],
        "asked": service.asked(request.db, request.registry.portico, context),
        "may_decide": kind is not None and service.may_decide(request.scope, context, service.limits(request.db)),
        "may_withdraw": context.status == "open" and context.author_id == request.scope.user_id,
        "form": None,
    }


def approve(context: Any, request: Request) -> Response:
    service.decide(request.db, context.id, approve=True)
    flash(request, _("You approved it, and it is done."))
    return _back(request, context)


def decline(context: Any, request: Request) -> Any:
    """A page of its own, because a reason is needed."""

    def refuse(values: dict[str, Any]) -> Response:
        service.decide(request.db, context.id, approve=False, reason=values["reason"])
        flash(request, _("You declined it. ${name} is told.", mapping={"name": context.author}), "info")
        return _back(request, context)

    answer = handle(
        request,
        schemas.Decline(),
        refuse,
        submit=_("Decline"),
        cancel_url=request.route_path("approvals.detail", approval_id=context.id),
    )
    return {**_shown(context, request), **answer} if isinstance(answer, dict) else answer


def withdraw(context: Any, request: Request) -> Response:
    service.withdraw(request.db, context.id)
    flash(request, _("You do not ask for it any more."), "info")
    return _back(request, context)


def _back(request: Request, context: Any) -> Response:
    return HTTPSeeOther(request.route_path("approvals.detail", approval_id=context.id))
