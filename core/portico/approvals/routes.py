"""Every page, action and API resource of approvals."""

from __future__ import annotations

from portico.approvals import api, schemas, views
from portico.approvals.service import APPROVE
from portico.identity.permissions import MEMBER
from portico.web.routes import Routes

T, ONE = "portico/approvals/", "/approvals/{approval_id}"


def add_routes(routes: Routes) -> None:
    routes.page("approvals.list", "/approvals", views.listing, permission=MEMBER, renderer=f"{T}list.jinja2")
    routes.page(
        "approvals.detail", ONE, views.detail, permission=MEMBER, context=views.approval, renderer=f"{T}detail.jinja2"
    )
    routes.page(
        "approvals.decline",
        f"{ONE}/decline",
        views.decline,
        permission=APPROVE,
        context=views.approval,
        methods=("GET", "POST"),
        renderer=f"{T}detail.jinja2",
    )
    routes.action("approvals.approve", f"{ONE}/approve", views.approve, permission=APPROVE, context=views.approval)
    routes.action("approvals.withdraw", f"{ONE}/withdraw", views.withdraw, permission=MEMBER, context=views.approval)
    routes.api(
        "approvals",
        "/approvals",
        api.listing,
        permission=MEMBER,
        query=schemas.ApprovalQuery,
        response=schemas.ApprovalPage,
        title="Requests for approval",
    )
    routes.api(
        "approval",
        ONE,
        api.get,
        permission=MEMBER,
        context=views.approval,
        response=schemas.ApprovalAnswer,
        title="One request for approval",
    )
    for name, view, permission, body, title in (
        ("approve", api.approve, APPROVE, None, "Approve, and let it be done"),
        ("decline", api.decline, APPROVE, schemas.DeclineBody, "Decline, with a reason"),
        ("withdraw", api.withdraw, MEMBER, None, "Ask no more"),
    ):
        routes.api(
            f"approval_{name}",
            f"{ONE}/{name}",
            view,
            method="POST",
            permission=permission,
            context=views.approval,
            body=body,
            response=schemas.ApprovalAnswer,
            idempotent=True,
            title=title,
        )
