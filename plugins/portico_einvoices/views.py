"""Pages of e-invoices: what stands on an invoice's page, what staff enter, and what does not pass."""

from __future__ import annotations

from typing import Any

from pyramid.httpexceptions import HTTPSeeOther
from pyramid.request import Request
from pyramid.response import Response

from portico import audit
from portico.db.types import as_id
from portico.forms.submission import handle
from portico.jobs import enqueue
from portico.web.flash import flash
from portico.web.params import uuid_param
from portico_einvoices import checks, giving, jobs, parties, schemas
from portico_einvoices.i18n import _
from portico_einvoices.models import PASSED, REFUSED
from portico_invoices.reading import today

MANAGE = "einvoices:manage"


def organisation(request: Request) -> Any:
    """Context: the organisation that the path names. Raises NotFoundError."""
    return parties.organisation(request.db, uuid_param(request, "account_id"))


def panel(context: Any, request: Request) -> dict[str, Any]:
    """What an invoice's page shows: the files, that they are being made, or for staff, why there are none."""
    found = checks.state(request.db, context.id)
    staff = request.scope.has(MANAGE)
    refused = found is not None and found.state == REFUSED
    possible = found is not None or checks.possible(request.db)
    return {
        "invoice": context,
        "passed": found is not None and found.state == PASSED,
        "waiting": found is None,
        "reasons": checks.told(found.reasons) if refused and staff else [],
        "possible": possible,
        "manage": staff and not possible,
    }


def prepare(context: Any, request: Request) -> Response:
    enqueue(request.db, jobs.PREPARE, unique=f"{jobs.PREPARE}:{context.id}", priority=3, invoice_id=context.id)
    audit.record(request.db, "einvoices.prepared", subject=("invoice", context.id))
    flash(request, _("The e-invoice is being prepared."), "info")
    return HTTPSeeOther(request.route_path("invoices.detail", invoice_id=context.id))


def ubl(context: Any, request: Request) -> Response:
    return giving.ubl(request, context)


def factur_x(context: Any, request: Request) -> Response:
    return giving.factur_x(request, context)


def overview(context: None, request: Request) -> dict[str, Any]:
    row = parties.company(request.db)
    return {
        "entered": row is not None,
        "missing": [one.message for one in parties.seller(row).missing()] if row else [],
        "counts": checks.counts(request.db, today(request.tenant)),
        "refused": [(one, checks.told(one.reasons)) for one in checks.refused(request.db)],
    }


def company(context: None, request: Request) -> Any:
    row = parties.company(request.db)

    def save(values: dict[str, str]) -> Response:
        parties.save_company(request.db, values)
        flash(request, _("Saved. Invoices are checked anew."))
        return HTTPSeeOther(request.route_path("einvoices.overview"))

    initial = {name: getattr(row, name) for name in parties.SELLER_FIELDS} if row else {"name": request.tenant.name}
    back = request.route_path("einvoices.overview")
    return handle(request, schemas.company_form(request.locale_name), save, initial=initial, cancel_url=back)


def customers(context: None, request: Request) -> Any:
    """Straight to the organisation that is asked for."""
    if account_id := as_id(request.GET.get("account")):
        return HTTPSeeOther(request.route_path("einvoices.customer", account_id=account_id))
    return {"customers": parties.customers(request.db)}


def customer(context: Any, request: Request) -> Any:
    row = parties.customer(request.db, context.account_id)

    def save(values: dict[str, str]) -> Response:
        parties.save_customer(request.db, context.account_id, values)
        flash(request, _("Saved. The customer’s invoices are checked anew."))
        return HTTPSeeOther(request.route_path("einvoices.customers"))

    initial = {name: getattr(row, name) for name in parties.BUYER_FIELDS} if row else {}
    back = request.route_path("einvoices.customers")
    answer = handle(request, schemas.customer_form(request.locale_name), save, initial=initial, cancel_url=back)
    return {**answer, "organisation": context} if isinstance(answer, dict) else answer
