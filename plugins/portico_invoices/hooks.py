"""What the plugin adds to the portal; thin, each line leads to where the work is."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from portico.connections.sync import SyncEntity
from portico.pluginhost import hookimpl
from portico.pluginhost.values import (
    AccountAction,
    Activity,
    AuditWords,
    DocumentKind,
    NavItem,
    NotificationKind,
    QuickAction,
    Related,
    SyncedRecord,
    Widget,
)
from portico.tenancy.scope import Scope
from portico_invoices import api, documents, reading, resources, samples, schemas, views
from portico_invoices import jobs as actors
from portico_invoices.entity import ENTITY
from portico_invoices.i18n import _
from portico_invoices.states import look, state
from portico_invoices.words import EVENTS, VARIABLES, WITH_PAPER

VIEW, SYNC = "invoices:view", "invoices:sync"
T = "portico_invoices/"


@hookimpl
def register_routes(routes: Any) -> None:
    one = {"permission": VIEW, "context": resources.invoice}
    routes.page("invoices.list", "/invoices", views.list_invoices, permission=VIEW, renderer=T + "list.jinja2")
    routes.page("invoices.latest", "/invoices/latest", views.latest, permission=VIEW)
    routes.action("invoices.refresh_all", "/invoices/sync", views.refresh_all, permission=SYNC)
    routes.action("invoices.export", "/invoices/export", views.export, permission=VIEW)
    routes.page("invoices.detail", "/invoices/{invoice_id}", views.detail, renderer=T + "detail.jinja2", **one)
    routes.page("invoices.document", "/invoices/{invoice_id}/document", views.document, **one)
    routes.action("invoices.refresh", "/invoices/{invoice_id}/sync", views.refresh, permission=SYNC, context=resources.invoice)
    routes.fragment("invoices.widget", "/invoices-summary", views.widget, permission=VIEW, renderer=T + "widget.jinja2")
    routes.api(
        "invoices",
        "/invoices",
        api.list_invoices,
        permission=VIEW,
        query=schemas.InvoiceQuery,
        response=schemas.InvoicePage,
        title="Invoices and credit notes, and what is open in each currency",
    )
    routes.api(
        "invoice",
        "/invoices/{invoice_id}",
        api.get_invoice,
        permission=VIEW,
        context=resources.invoice,
        response=schemas.InvoiceDocument,
        title="One invoice or credit note with lines, orders and history",
    )
    routes.api(
        "invoice_document",
        "/invoices/{invoice_id}/document",
        api.get_document,
        permission=VIEW,
        context=resources.invoice,
        media_type="application/pdf",
        title="The document that the company issued, or else a copy that the portal makes, as a PDF",
    )
    routes.api(
        "invoice_sync",
        "/invoices/{invoice_id}/sync",
        api.refresh,
        method="POST",
        permission=SYNC,
        context=resources.invoice,
        response=schemas.Refreshed,
        title="Fetch the invoice's state from the company",
    )


@hookimpl
def register_jobs(jobs: Any) -> None:
    jobs.actor("invoices.refresh", actors.refresh, max_attempts=3, queue="sync", time_limit_s=60)
    jobs.actor("invoices.match", actors.match, max_attempts=2, time_limit_s=120)
    jobs.periodic("invoices.match", every_s=actors.MATCH_EVERY_S, per="tenant")


@hookimpl
def sync_entities() -> list[SyncEntity]:
    return [ENTITY]


@hookimpl
def audit_words() -> AuditWords:
    return AuditWords(
        actions={
            "invoices.refresh": _("Invoices refreshed by hand"),
            "invoices.export": _("List of invoices exported"),
        },
        subjects={"invoice": _("Invoice")},
        fields={
            "number": _("Number"),
            "issued_by": _("Issued by"),
            "q": _("Search"),
            "state": _("Status"),
            "kind": _("Kind"),
            "from": _("From"),
            "to": _("To"),
            "account": _("Customer"),
            "format": _("Format"),
            "rows": _("Rows"),
        },
    )


@hookimpl
def nav_items(scope: Scope) -> list[NavItem]:
    return [NavItem(_("Invoices"), "invoices.list", "receipt", VIEW, order=40, active=("invoices.",))]


@hookimpl
def quick_actions(scope: Scope) -> list[QuickAction]:
    return [QuickAction(_("View latest invoice"), "invoices.latest", "receipt", VIEW, order=40)]


@hookimpl
def dashboard_widgets(scope: Scope) -> list[Widget]:
    return [
        Widget("invoices.summary", _("Pending invoices"), "invoices.widget", VIEW, order=95, live=("invoices.*",), later=True)
    ]


@hookimpl
def notification_kinds() -> list[NotificationKind]:
    return [
        NotificationKind(
            event,
            words.title,
            words.body,
            "invoices.detail",
            {"invoice_id": "subject"},
            permission=VIEW,
            icon=words.icon,
            description=words.occasion,
            variables=VARIABLES,
            document=documents.KIND if event in WITH_PAPER else "",
        )
        for event, words in EVENTS.items()
    ]


@hookimpl
def activities() -> list[Activity]:
    return [
        Activity(event, words.title, words.icon, "invoices.detail", {"invoice_id": "subject"})
        for event, words in EVENTS.items()
    ]


@hookimpl
def related_records(db: Any, references: frozenset[str]) -> list[Related]:
    scope = db.info["scope"]
    if not scope.has(VIEW):
        return []
    day = reading.today(scope.tenant)
    return [
        Related(
            documents.title(row),
            "invoices.detail",
            {"invoice_id": str(row.id)},
            icon="receipt",
            status=look(row.kind, state(row.kind, row.status, row.due_on, day)).title,
        )
        for row in reading.related(db, references)
    ]


@hookimpl
def document_kinds() -> list[DocumentKind]:
    return documents.kinds()


@hookimpl
def account_actions(scope: Scope) -> list[AccountAction]:
    return [AccountAction(_("Invoices"), "invoices.list", "receipt", VIEW, order=40)]


@hookimpl
def synchronised_records(db: Any, kind: str, record_id: Any) -> list[SyncedRecord]:
    ref = reading.ref_of(db, record_id) if kind == "invoice" else None
    return [SyncedRecord(ENTITY.name, ref)] if ref else []


@hookimpl
def sample_records(db: Any, account_id: UUID) -> dict[str, str]:
    return samples.records(db, account_id)
