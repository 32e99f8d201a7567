"""A company that has invoices, and has entered what e-invoices say of it."""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest
import sqlalchemy as sa

from portico.jobs import enqueue
from portico.jobs.application import job_queue
from portico.jobs.worker import run_pending
from portico.testing.client import Client
from portico.testing.portal import Company, Portal
from portico_einvoices import parties, samples
from portico_einvoices.models import CHECK
from portico_erp.values import RemoteInvoice, Totals
from portico_invoices import synchronise
from portico_invoices.models import INVOICE
from portico_invoices.samples import remote_credit, remote_invoice

WRONG = Totals(Decimal(2120), Decimal(500), Decimal(2620))
"""Of an invoice whose tax is not what its lines give."""


@dataclass
class Office:
    portal: Portal
    company: Company
    account_id: UUID
    admin: Client
    customer: Client
    ids: dict[str, UUID] = field(default_factory=dict)

    def bill(self, *invoices: RemoteInvoice) -> None:
        with self.company.system() as db:
            synchronise.apply(db, invoices, quiet=True)
            self.ids = dict(map(tuple, db.execute(sa.select(INVOICE.c.erp_ref, INVOICE.c.id))))

    def work(self, job: str = parties.CHECK_JOB) -> list[str]:
        with self.company.system() as db:
            enqueue(db, job, unique=job)
        return [actor for actor, _ in run_pending(job_queue(self.portal.parts), self.portal.parts, limit=10_000)]

    def checked(self) -> dict[str, Any]:
        with self.company.system() as db:
            same = sa.and_(CHECK.c.tenant_id == INVOICE.c.tenant_id, CHECK.c.invoice_id == INVOICE.c.id)
            query = sa.select(INVOICE.c.erp_ref, CHECK).select_from(INVOICE).join(CHECK, same)
            return {row.erp_ref: row for row in db.execute(query)}

    def page(self, ref: str, ending: str = "") -> str:
        return f"/invoices/{self.ids[ref]}/e-invoice{ending}"


@pytest.fixture
def bare(portal: Portal) -> Office:
    """Nothing is entered yet."""
    company = portal.company(plugins=["portico_einvoices", "portico_invoices", "portico_customers"])
    account = company.account("Acme", erp_ref="C1")
    return Office(portal, company, account, company.admin(), company.customer(account))


@pytest.fixture
def office(bare: Office) -> Office:
    with bare.company.system() as db:
        parties.save_company(db, samples.COMPANY)
        parties.save_customer(db, bare.account_id, samples.CUSTOMER)
    bare.bill(remote_invoice("1", "C1"), remote_credit("2", "C1", "1"), remote_invoice("3", "C1", totals=WRONG))
    return bare
