"""The routes of payments."""

from __future__ import annotations

from typing import Any

from portico_payments import api, reconciling_views, resources, schemas, statement_views, views
from portico_payments.visibility import VIEW

RECONCILE = "payments:reconcile"
T = "portico_payments/"


def add_routes(routes: Any) -> None:
    routes.page("payments.list", "/payments", views.list_payments, permission=VIEW, renderer=T + "list.jinja2")
    routes.action("payments.export", "/payments/export", views.export, permission=VIEW)
    routes.page(
        "payments.reconciliation",
        "/payments/reconciliation",
        reconciling_views.page,
        permission=RECONCILE,
        renderer=T + "reconciliation.jinja2",
    )
    _add_statements(routes)
    routes.page(
        "payments.detail",
        "/payments/{payment_id}",
        views.detail,
        permission=VIEW,
        context=resources.payment,
        renderer=T + "detail.jinja2",
    )
    routes.page(
        "payments.receipt",
        "/payments/{payment_id}/receipt.pdf",
        views.receipt,
        permission=VIEW,
        context=resources.payment,
    )
    _add_api(routes)


def _add_statements(routes: Any) -> None:
    routes.page(
        "payments.statement", "/payments/statement", statement_views.page, permission=VIEW, renderer=T + "statement.jinja2"
    )
    routes.page("payments.statement_pdf", "/payments/statement.pdf", statement_views.document, permission=VIEW)
    routes.action("payments.statement_export", "/payments/statement/export", statement_views.export, permission=VIEW)


def _add_api(routes: Any) -> None:
    routes.api(
        "payments",
        "/payments",
        api.list_payments,
        permission=VIEW,
        query=schemas.PaymentQuery,
        response=schemas.PaymentPage,
        title="Payments",
    )
    routes.api(
        "payment",
        "/payments/{payment_id}",
        api.get_payment,
        permission=VIEW,
        context=resources.payment,
        response=schemas.PaymentDocument,
        title="One payment and what it settles",
    )
    routes.api(
        "payment_receipt",
        "/payments/{payment_id}/receipt.pdf",
        api.get_receipt,
        permission=VIEW,
        context=resources.payment,
        media_type="application/pdf",
        title="The receipt of a payment as a PDF, in the language that Accept-Language asks for",
    )
