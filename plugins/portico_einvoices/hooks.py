"""What the plugin adds to the portal; thin, each line leads to where the work is."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from portico.pluginhost import hookimpl
from portico.pluginhost.values import AccountAction, AuditWords, NavItem
from portico.tenancy.scope import Scope
from portico_einvoices import jobs as background
from portico_einvoices import samples
from portico_einvoices.i18n import _
from portico_einvoices.jobs import CHANGED
from portico_einvoices.routes import GET, MANAGE, add_routes
from portico_invoices.values import InvoicePanel


@hookimpl
def register_routes(routes: Any) -> None:
    add_routes(routes)


@hookimpl
def register_jobs(jobs: Any) -> None:
    background.register(jobs)


@hookimpl
def audit_words() -> AuditWords:
    return AuditWords(
        actions={
            "einvoices.company": _("Details of the company for e-invoices changed"),
            "einvoices.customer": _("Details of a customer for e-invoices changed"),
            "einvoices.prepared": _("E-invoice asked for"),
        },
        fields={
            "vat_id": _("VAT number"),
            "tax_number": _("Tax number"),
            "registration": _("Number in the register of companies"),
            "iban": _("IBAN"),
            "bic": _("BIC"),
            "holder": _("Account holder"),
            "scheme": _("Kind of electronic address"),
            "electronic": _("Electronic address"),
            "contact": _("Contact person or department"),
            "zero_home": _("Tax rate of zero, own country"),
            "zero_abroad": _("Tax rate of zero, other countries"),
            "exemption": _("Reason for which sales are exempt from tax"),
            "terms": _("Terms of payment"),
            "reference": _("Buyer reference"),
        },
    )


@hookimpl
def nav_items(scope: Scope) -> list[NavItem]:
    return [NavItem(_("E-invoices"), "einvoices.overview", "shield-check", MANAGE, order=46, active=("einvoices.",))]


@hookimpl
def account_actions(scope: Scope) -> list[AccountAction]:
    return [AccountAction(_("Details for e-invoices"), "einvoices.customers", "shield-check", MANAGE, order=45)]


@hookimpl
def invoices_panels(scope: Scope, invoice: Any) -> list[InvoicePanel]:
    params = {"invoice_id": str(invoice.id)}
    return [InvoicePanel("einvoices.panel", _("E-invoice"), "einvoices.panel", params, GET, order=60, live=(CHANGED,))]


@hookimpl(trylast=True)  # of the invoices that other plugins make
def sample_records(db: Any, account_id: UUID) -> dict[str, str]:
    return samples.records(db, account_id)
