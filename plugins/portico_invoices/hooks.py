"""What the plugin adds to the portal; thin, each line leads to where the work is."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from portico.connections.sync import SyncEntity
from portico.pluginhost import hookimpl
from portico.pluginhost.values import AuditWords, SyncedRecord
from portico_invoices import api, reading, resources, samples, schemas
from portico_invoices import jobs as actors
from portico_invoices.entity import ENTITY
from portico_invoices.i18n import _

VIEW, SYNC = "invoices:view", "invoices:sync"


@hookimpl
def register_routes(routes: Any) -> None:
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
        actions={"invoices.refresh": _("Invoices refreshed by hand")},
        subjects={"invoice": _("Invoice")},
        fields={"number": _("Number")},
    )


@hookimpl
def synchronised_records(db: Any, kind: str, record_id: Any) -> list[SyncedRecord]:
    ref = reading.ref_of(db, record_id) if kind == "invoice" else None
    return [SyncedRecord(ENTITY.name, ref)] if ref else []


@hookimpl
def sample_records(db: Any, account_id: UUID) -> dict[str, str]:
    return samples.records(db, account_id)
