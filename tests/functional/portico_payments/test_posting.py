"""The ledger in the database: in step with invoices and payments, balanced, and never rewritten."""

from __future__ import annotations

import datetime as dt
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError
from tests.functional.portico_payments.books import Books, credit, invoice, payment

from portico.db.types import new_id, now
from portico.testing.portal import Company, Portal
from portico.web import observe
from portico_erp.values import Allocation, InvoiceStatus
from portico_payments import posting
from portico_payments.models import ENTRY, JOURNAL, PAYMENT, POSTED

EUR = "EUR"


def later(seconds: float = 60) -> dt.datetime:
    return now() + dt.timedelta(seconds=seconds)


def journals(books: Books) -> list[Any]:
    return books.rows(sa.select(JOURNAL).order_by(JOURNAL.c.posted_at, JOURNAL.c.id))


def test_a_balance_is_invoices_less_credit_notes_less_payments(books: Books, account_id: UUID) -> None:
    books.invoices(invoice("1", "120"), invoice("2", "240"), credit("3", "1", "20"))
    books.payments(payment("1", "100", allocations=(Allocation("1", Decimal(100)),)), payment("2", "-30"))
    assert books.post() == 5
    assert books.balances(account_id) == {EUR: Decimal(120 + 240 - 20 - 100 + 30)}


def test_the_same_told_again_posts_nothing(books: Books, account_id: UUID) -> None:
    told = (invoice("1"), credit("2", "1")), (payment("1"),)
    for _again in range(3):
        books.invoices(*told[0])
        books.payments(*told[1])
        books.post()
    assert len(journals(books)) == 3
    assert books.post() == 0


def test_a_cancelled_invoice_is_taken_back_on_its_day_of_change_and_stays_in_the_history(
    books: Books, account_id: UUID
) -> None:
    issued = now().date() - dt.timedelta(days=60)
    first = invoice("1", "120", issued_on=issued, due_on=None)
    books.invoices(first)
    books.post()
    books.invoices(replace(first, status=InvoiceStatus.CANCELLED, open_amount=Decimal(0), updated_at=later()))
    books.post()
    booked, cancelled = journals(books)
    assert (booked.cause, booked.booked_on) == ("booked", issued)
    assert cancelled.cause == "cancelled"
    assert cancelled.booked_on > issued
    assert books.balances(account_id) == {EUR: 0}


def test_a_cancelled_payment_is_owed_again(books: Books, account_id: UUID) -> None:
    books.invoices(invoice("1", "120"))
    books.payments(payment("1", "120"))
    books.post()
    assert books.balances(account_id) == {EUR: 0}
    books.payments(payment("1", "120", cancelled=True, updated_at=later()))
    books.post()
    assert books.balances(account_id) == {EUR: 120}


def test_what_was_paid_too_much_stands_to_the_customers_credit(books: Books, account_id: UUID) -> None:
    books.invoices(invoice("1", "120"))
    books.payments(payment("1", "150"))
    books.post()
    assert books.balances(account_id) == {EUR: -30}


def test_currencies_are_never_added(books: Books, account_id: UUID) -> None:
    books.invoices(invoice("1", "120"), invoice("2", "0.125", currency="KWD"))
    books.post()
    assert books.balances(account_id) == {EUR: 120, "KWD": Decimal("0.125")}


def test_an_older_version_that_comes_late_changes_nothing(books: Books, account_id: UUID) -> None:
    old = payment("1", "100")
    books.payments(replace(old, amount=Decimal(90), updated_at=later(120)))
    books.payments(old)
    books.post()
    assert books.balances(account_id) == {EUR: -90}


def test_what_goes_to_a_stranger_is_taken_back(books: Books, account_id: UUID) -> None:
    first, paid = invoice("1", "120"), payment("1", "100")
    books.invoices(first)
    books.payments(paid)
    books.post()
    books.invoices(replace(first, customer_ref="nobody", updated_at=later()))
    books.payments(replace(paid, customer_ref="nobody", updated_at=later()))
    assert books.post() == 2
    assert books.balances(account_id) == {EUR: 0}
    assert books.post() == 0


def test_what_goes_to_another_customer_is_theirs(company: Company, books: Books, account_id: UUID) -> None:
    other = company.account("Other", "C-2")
    first = invoice("1", "120")
    books.invoices(first)
    books.post()
    books.invoices(replace(first, customer_ref="C-2", updated_at=later()))
    books.post()
    assert (books.balances(account_id), books.balances(other)) == ({EUR: 0}, {EUR: 120})


def test_a_plugin_that_is_switched_on_later_catches_up(portal: Portal) -> None:
    company = portal.company(plugins=["portico_invoices", "portico_clear"])
    account_id, books = company.account("Acme", "C-1"), Books(company)
    books.invoices(*(invoice(str(number)) for number in range(7)))
    with company.system() as db:  # in parts, as the job does
        assert posting.post(db, most=4) == 4
    assert books.post() == 3
    assert books.balances(account_id) == {EUR: 7 * 120}


def test_two_at_once_post_once(company: Company, books: Books, account_id: UUID) -> None:
    books.invoices(*(invoice(str(number)) for number in range(20)))
    start = threading.Barrier(4)

    def run() -> None:
        start.wait()
        books.post()

    threads = [threading.Thread(target=run) for _one in range(4)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    assert len(journals(books)) == 20
    assert books.balances(account_id) == {EUR: 20 * 120}


@contextmanager
def refused(words: str) -> Iterator[None]:
    with pytest.raises(DBAPIError, match=words):
        yield


def a_journal(company: Company, account_id: UUID, *amounts: str) -> None:
    """A journal with these entries, written past the plugin."""
    own, day = new_id(), now().date()
    with company.system() as db:
        common = {"tenant_id": company.id, "account_id": account_id, "currency": EUR, "booked_on": day}
        journal = {"source": "invoice", "source_id": new_id(), "kind": "invoice", "cause": "booked", "number": "1"}
        db.execute(sa.insert(JOURNAL).values(id=own, **common, **journal))
        for amount in amounts:
            db.execute(
                sa.insert(ENTRY).values(
                    id=new_id(), journal_id=own, ledger="receivable", amount=Decimal(amount), **common
                )
            )


def test_the_database_refuses_a_journal_that_does_not_balance(company: Company, account_id: UUID) -> None:
    a_journal(company, account_id, "10", "-4", "-6")
    with refused("does not balance"):
        a_journal(company, account_id, "10", "-9.9999")
    with refused("does not balance"):
        a_journal(company, account_id, "10")


def test_the_database_refuses_an_entry_in_another_currency_than_its_journal(
    company: Company, books: Books, account_id: UUID
) -> None:
    books.invoices(invoice("1"))
    books.post()
    [journal] = journals(books)
    with refused("does not balance"), company.system() as db:
        for amount in (1, -1):
            db.execute(
                sa.insert(ENTRY).values(
                    tenant_id=company.id, id=new_id(), account_id=account_id, journal_id=journal.id, currency="USD",
                    ledger="receivable", amount=amount, booked_on=journal.booked_on,
                )
            )  # fmt: skip


@pytest.mark.parametrize("table", [JOURNAL, ENTRY])
def test_nobody_rewrites_the_ledger(company: Company, books: Books, account_id: UUID, table: sa.Table) -> None:
    books.invoices(invoice("1"))
    books.post()
    for statement in (sa.update(table).values(currency="USD"), sa.delete(table)):
        with refused("permission denied"), company.system() as db:
            db.execute(statement)


def test_the_ledger_goes_with_its_customer_organisation(
    portal: Portal, company: Company, books: Books, account_id: UUID
) -> None:
    books.invoices(invoice("1"))
    books.payments(payment("1"))
    books.post()
    with portal.superuser() as connection:
        connection.execute(sa.text("DELETE FROM account WHERE id = :id"), {"id": account_id})
        connection.commit()
    for table in (JOURNAL, ENTRY, POSTED, PAYMENT):
        assert books.rows(sa.select(table.c.id)) == []


def test_thousands_are_posted_by_a_handful_of_statements(books: Books, account_id: UUID) -> None:
    books.invoices(*(invoice(str(number)) for number in range(300)))
    with observe.recording() as statements:
        books.post()
    assert len(statements) <= 12
    assert len(journals(books)) == 300
