"""Invoices come over once, in step, without noise."""

from __future__ import annotations

import datetime as dt
import threading
from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest
import sqlalchemy as sa

from portico.db.types import now
from portico.events.models import Event
from portico.testing.portal import Company
from portico_erp.values import InvoiceStatus, RemoteInvoice, Totals
from portico_invoices import synchronise
from portico_invoices.models import Invoice, InvoiceChange, InvoiceLine, InvoiceOrder
from portico_invoices.samples import remote_credit

Make = Callable[..., RemoteInvoice]
Later = Callable[[float], dt.datetime]
Sync = Callable[..., synchronise.Applied]


def counts(company: Company) -> dict[str, int]:
    with company.system() as db:
        return {
            model.__tablename__: db.scalar(sa.select(sa.func.count()).select_from(model)) or 0
            for model in (Invoice, InvoiceLine, InvoiceOrder, InvoiceChange)
        }


def events(company: Company) -> list[Any]:
    columns = (Event.kind, Event.data, Event.account_id, Event.subject_id)
    with company.system() as db:
        return list(db.execute(sa.select(*columns).where(Event.kind.like("invoices.%")).order_by(Event.at, Event.id)))


def history(company: Company) -> list[tuple[Any, ...]]:
    with company.system() as db:
        query = sa.select(InvoiceChange.kind, InvoiceChange.status).order_by(InvoiceChange.at, InvoiceChange.id)
        return [tuple(one) for one in db.execute(query)]


def test_invoice_is_stored_with_its_parts(company: Company, account_id: UUID, make: Make, sync: Sync) -> None:
    assert sync(make("7")).created == 1
    with company.system() as db:
        row = db.execute(sa.select(Invoice.__table__)).one()
    assert (row.account_id, row.number, row.kind, row.status) == (account_id, "I-7", "invoice", "open")
    assert (row.gross, row.open_amount) == (Decimal(2532), Decimal(2532))
    assert row.search == "i-7 po-7 2532.00"
    assert counts(company) == {"invoices_invoice": 1, "invoices_line": 2, "invoices_order": 1, "invoices_change": 1}


def test_second_run_without_change_does_nothing(
    company: Company, account_id: UUID, make: Make, sync: Sync, later: Later
) -> None:
    sync(make())
    before, told = counts(company), events(company)
    again = sync(replace(make(), updated_at=later(60)))  # touched, not changed
    assert (again.created, again.changed, again.unchanged) == (0, 0, 1)
    assert counts(company) == before
    assert events(company) == told


def test_invoice_of_a_stranger_is_counted_and_not_kept(company: Company, account_id: UUID, make: Make, sync: Sync) -> None:
    done = sync(make("1"), make("2", customer_ref="C-unknown"))
    assert (done.created, done.elsewhere) == (1, 1)
    assert counts(company)["invoices_invoice"] == 1


@pytest.mark.parametrize("note_first", [True, False])
def test_credit_note_is_kept_whichever_came_first(
    company: Company, account_id: UUID, make: Make, sync: Sync, note_first: bool
) -> None:
    both = [make("1"), remote_credit("9", "C-1", "1")]
    for one in reversed(both) if note_first else both:
        sync(one)
    assert sorted(one.kind for one in events(company)) == ["invoices.credited", "invoices.issued"]
    with company.system() as db:
        assert db.scalar(sa.select(Invoice.credits_ref).where(Invoice.erp_ref == "9")) == "1"


@pytest.mark.parametrize(
    ("status", "told"),
    [
        (InvoiceStatus.PARTLY_PAID, []),
        (InvoiceStatus.PAID, ["invoices.paid"]),
        (InvoiceStatus.CANCELLED, ["invoices.cancelled"]),
    ],
)
def test_each_change_of_status_is_history_and_news_where_it_matters(
    company: Company, invoice_id: UUID, make: Make, sync: Sync, later: Later, status: InvoiceStatus, told: list[str]
) -> None:
    sync(make(status=status, updated_at=later(1)))
    found = events(company)
    assert [one.kind for one in found] == told
    assert all(one.subject_id == str(invoice_id) for one in found)
    assert history(company) == [("issued", "open"), ("status", status.value)]


def test_another_part_payment_and_another_day_are_history_without_noise(
    company: Company, invoice_id: UUID, make: Make, sync: Sync, later: Later
) -> None:
    partly = {"status": InvoiceStatus.PARTLY_PAID}
    sync(make(**partly, open_amount=Decimal(2000), updated_at=later(1)))
    sync(make(**partly, open_amount=Decimal(500), due_on=None, updated_at=later(2)))
    assert history(company) == [("issued", "open"), ("status", "partly_paid"), ("due", None), ("open", None)]
    assert events(company) == []


def test_correction_is_history(company: Company, invoice_id: UUID, make: Make, sync: Sync, later: Later) -> None:
    sync(make(totals=Totals(Decimal(100), Decimal(20), Decimal(120)), lines=(), updated_at=later(1)))
    with company.system() as db:
        data = db.scalar(sa.select(InvoiceChange.data).where(InvoiceChange.kind == "corrected"))
        assert db.scalar(sa.select(Invoice.search)) == "i-1 po-1 120.00"
    assert data == {"from": "2532.00", "of": "EUR", "to": "120.00", "currency": "EUR"}
    assert counts(company)["invoices_line"] == 0


def test_first_import_tells_nobody(company: Company, account_id: UUID, make: Make, sync: Sync) -> None:
    sync(make("1"), make("2", status=InvoiceStatus.PAID), quiet=True)
    assert events(company) == []


def test_invoices_from_before_the_account_are_not_news(company: Company, make: Make, sync: Sync) -> None:
    company.account("Newcomer", "C-1")
    sync(make("1", issued_on=now().date() - dt.timedelta(days=2)), make("2", issued_on=now().date() + dt.timedelta(days=1)))
    assert [one.data["number"] for one in events(company)] == ["I-2"]


def test_cancelled_before_anybody_heard_of_it_is_no_news(company: Company, account_id: UUID, make: Make, sync: Sync) -> None:
    sync(make(status=InvoiceStatus.CANCELLED))
    assert events(company) == []
    assert history(company) == [("issued", "open"), ("status", "cancelled")]


def test_event_says_what_mails_print(company: Company, account_id: UUID, make: Make, sync: Sync) -> None:
    sync(make(due_on=dt.date(2031, 5, 6)))
    (told,) = events(company)
    assert told.kind == "invoices.issued"
    assert told.data == {
        "number": "I-1", "kind": "invoice", "status": "open", "po_number": "PO-1", "amount": "2532.00 EUR",
        "open_amount": "2532.00 EUR", "due": "2031-05-06",
    }  # fmt: skip


def test_older_answer_does_not_undo_a_newer_one(
    company: Company, invoice_id: UUID, make: Make, sync: Sync, later: Later
) -> None:
    sync(make(status=InvoiceStatus.PAID, updated_at=later(10)))
    assert sync(make(status=InvoiceStatus.PARTLY_PAID, updated_at=later(5))).unchanged == 1
    with company.system() as db:
        assert db.scalar(sa.select(Invoice.status)) == "paid"


def test_invoice_that_moves_to_another_customer_leaves_the_first_and_tells_nobody(
    company: Company, invoice_id: UUID, make: Make, sync: Sync, later: Later
) -> None:
    other = company.account("Other", "C-2")
    sync(make(customer_ref="C-2", status=InvoiceStatus.PAID, updated_at=later(1)))
    with company.system() as db:
        for model in (Invoice, InvoiceLine, InvoiceOrder, InvoiceChange):
            assert set(db.scalars(sa.select(model.account_id))) == {other}
    assert events(company) == []


def test_invoice_that_moves_to_a_stranger_goes(
    company: Company, invoice_id: UUID, make: Make, sync: Sync, later: Later
) -> None:
    assert sync(make(customer_ref="C-unknown", updated_at=later(1))).removed == 1
    assert counts(company)["invoices_invoice"] == 0


def test_two_runs_at_once_write_and_tell_an_invoice_once(
    company: Company, account_id: UUID, make: Make, sync: Sync, later: Later
) -> None:
    for remote in (make("1"), make("1", status=InvoiceStatus.PAID, updated_at=later(1))):
        start = threading.Barrier(4)

        def run(remote: RemoteInvoice = remote, start: threading.Barrier = start) -> None:
            start.wait()
            sync(remote)

        threads = [threading.Thread(target=run) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert [one.kind for one in events(company)] == ["invoices.issued", "invoices.paid"]
    assert counts(company)["invoices_line"] == 2


def test_customer_writes_nothing(company: Company, account_id: UUID, invoice_id: UUID) -> None:
    person = company.customer_person(account_id)
    for statement in (
        "UPDATE invoices_invoice SET open_amount = 0",
        "DELETE FROM invoices_invoice",
        "DELETE FROM invoices_change",
    ):
        with (
            pytest.raises(sa.exc.ProgrammingError, match="permission denied"),
            company.scope_of(person) as db,
        ):
            db.execute(sa.text(statement))
    with company.scope_of(person) as db:
        assert db.scalar(sa.select(sa.func.count()).select_from(Invoice)) == 1
