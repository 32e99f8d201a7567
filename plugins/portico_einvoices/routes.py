"""Every page, action and API resource of the plugin."""

from __future__ import annotations

from typing import Any

from portico_einvoices import api, giving, schemas, views
from portico_invoices import resources

GET, MANAGE = "einvoices:get", "einvoices:manage"
T = "portico_einvoices/"
BOTH = ("GET", "POST")
_OF = "/invoices/{invoice_id}/e-invoice"


def add_routes(routes: Any) -> None:
    invoice = resources.invoice
    routes.fragment("einvoices.panel", _OF, views.panel, permission=GET, context=invoice, renderer=T + "panel.jinja2")
    routes.action("einvoices.prepare", f"{_OF}/prepare", views.prepare, permission=GET, context=invoice, rate="sensitive")
    routes.page("einvoices.ubl", f"{_OF}.xml", views.ubl, permission=GET, context=invoice)
    routes.page("einvoices.facturx", f"{_OF}.pdf", views.factur_x, permission=GET, context=invoice)
    routes.page("einvoices.overview", "/e-invoices", views.overview, permission=MANAGE, renderer=T + "overview.jinja2")
    routes.page(
        "einvoices.company", "/e-invoices/company", views.company, permission=MANAGE, methods=BOTH,
        renderer=T + "company.jinja2",
    )  # fmt: skip
    routes.page(
        "einvoices.customers", "/e-invoices/customers", views.customers, permission=MANAGE, renderer=T + "customers.jinja2"
    )
    routes.page(
        "einvoices.customer", "/e-invoices/customers/{account_id}", views.customer, permission=MANAGE, methods=BOTH,
        context=views.organisation, renderer=T + "customer.jinja2",
    )  # fmt: skip
    routes.api(
        "einvoice", _OF, api.state, permission=GET, context=invoice, response=schemas.EInvoice,
        title="Whether an invoice can be had as an e-invoice of EN 16931",
    )  # fmt: skip
    routes.api(
        "einvoice_ubl", f"{_OF}.xml", api.ubl, permission=GET, context=invoice, media_type=giving.XML,
        title="An invoice as UBL 2.1 of EN 16931",
    )  # fmt: skip
    routes.api(
        "einvoice_facturx", f"{_OF}.pdf", api.factur_x, permission=GET, context=invoice, media_type=giving.PDF,
        title="An invoice as Factur-X: a PDF/A-3 with the XML of EN 16931 inside",
    )  # fmt: skip
