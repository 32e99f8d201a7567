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
    SyncedRecord,
)
from portico.tenancy.scope import Scope
from portico_invoices.values import InvoiceListAction
from portico_payments import documents, entity, reading, samples
from portico_payments import jobs as background
from portico_payments.i18n import _
from portico_payments.routes import add_routes
from portico_payments.visibility import VIEW
from portico_payments.words import EVENTS, PAYMENT

_TO_PAYMENT = {"payment_id": "subject"}


@hookimpl
def register_routes(routes: Any) -> None:
    add_routes(routes)


@hookimpl
def register_jobs(jobs: Any) -> None:
    background.register(jobs)


@hookimpl
def sync_entities() -> list[SyncEntity]:
    return [entity.ENTITY]


@hookimpl
def account_connected(db: Any, account_id: Any) -> None:
    entity.read_again(db)


@hookimpl
def audit_words() -> AuditWords:
    return AuditWords(
        actions={
            "payments.export": _("List of payments exported"),
            "payments.statement_export": _("Statement exported"),
        },
        subjects={"payment": _("Payment"), "statement": _("Statement")},
        fields={
            "number": _("Number"),
            "q": _("Search"),
            "state": _("Status"),
            "from": _("From"),
            "to": _("To"),
            "account": _("Customer"),
            "currency": _("Currency"),
            "format": _("Format"),
            "rows": _("Rows"),
        },
    )


@hookimpl
def nav_items(scope: Scope) -> list[NavItem]:
    return [NavItem(_("Payments"), "payments.list", "credit-card", VIEW, order=41, active=("payments.",))]


@hookimpl
def invoices_list_actions(scope: Scope) -> list[InvoiceListAction]:
    return [InvoiceListAction(_("Statement"), "payments.statement", VIEW, icon="receipt")]


@hookimpl
def notification_kinds() -> list[NotificationKind]:
    return [
        NotificationKind(
            event,
            words.title,
            words.body,
            "payments.detail",
            _TO_PAYMENT,
            permission=VIEW,
            icon=words.icon,
            description=words.occasion,
            variables=PAYMENT,
            document=documents.RECEIPT if event == "payments.received" else "",
        )
        for event, words in EVENTS.items()
    ]


@hookimpl
def activities() -> list[Activity]:
    return [Activity(event, words.title, words.icon, "payments.detail", _TO_PAYMENT) for event, words in EVENTS.items()]


@hookimpl
def synchronised_records(db: Any, kind: str, record_id: Any) -> list[SyncedRecord]:
    ref = reading.ref_of(db, record_id) if kind == "payment" else None
    return [SyncedRecord(entity.NAME, ref)] if ref else []


@hookimpl
def document_kinds() -> list[DocumentKind]:
    return documents.kinds()


@hookimpl
def account_actions(scope: Scope) -> list[AccountAction]:
    return [
        AccountAction(_("Payments"), "payments.list", "credit-card", VIEW, order=41),
        AccountAction(_("Statement"), "payments.statement", "receipt", VIEW, order=42),
    ]


@hookimpl
def sample_records(db: Any, account_id: UUID) -> dict[str, str]:
    return samples.records(db, account_id)
