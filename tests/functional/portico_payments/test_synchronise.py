"""Payments come over once, in step, without noise."""

from __future__ import annotations

import datetime as dt
import threading
from dataclasses import replace
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest
import sqlalchemy as sa
from tests.functional.portico_payments.books import Books, payment

from portico.db.types import now
from portico.events.models import Event
from portico.testing.portal import Company
from portico_erp.values import Allocation
from portico_payments.models import ALLOCATION, PAYMENT

TO_TWO = (Allocation("1", Decimal(60)), Allocation("2", Decimal(40)))


def later(seconds: float = 60) -> dt.datetime:
    return now() + dt.timedelta(seconds=seconds)


def events(books: Books) -> list[str]:
    return [
        row.kind
        for row in books.rows(sa.select(Event.kind).where(Event.kind.like("payments.%")).order_by(Event.at, Event.id))
    ]


def test_a_payment_is_stored_with_what_it_settles(books: Books, account_id: UUID) -> None:
    assert books.payments(payment("7", "100", allocations=TO_TWO)).created == 1
    [row] = books.rows(sa.select(PAYMENT))
    assert (row.account_id, row.number, row.state, row.source, row.amount, row.allocated) == (
        account_id, "P-7", "confirmed", "company", 100, 100,
    )  # fmt: skip
    settled = books.rows(sa.select(ALLOCATION.c.invoice_ref, ALLOCATION.c.amount).order_by(ALLOCATION.c.position))
    assert settled == [("1", 60), ("2", 40)]


def test_a_payment_made_in_the_portal_is_known_by_its_reference(books: Books) -> None:
    books.payments(payment("7", reference="ours-1"))
    [row] = books.rows(sa.select(PAYMENT.c.source, PAYMENT.c.reference))
    assert row == ("portal", "ours-1")


def test_the_same_payment_again_writes_nothing(books: Books) -> None:
    one = payment("7", allocations=TO_TWO)
    books.payments(one)
    again = books.payments(replace(one, updated_at=later()))
    assert (again.created, again.changed, again.unchanged) == (0, 0, 1)


def test_what_it_settles_may_change(books: Books) -> None:
    one = payment("7", allocations=TO_TWO)
    books.payments(one)
    assert books.payments(replace(one, allocations=TO_TWO[:1], updated_at=later())).changed == 1
    assert books.rows(sa.select(ALLOCATION.c.invoice_ref)) == [("1",)]
    assert books.rows(sa.select(PAYMENT.c.allocated)) == [(60,)]


def test_payments_of_strangers_are_counted_and_not_kept(books: Books) -> None:
    done = books.payments(replace(payment("7"), customer_ref="nobody"))
    assert (done.created, done.elsewhere) == (0, 1)
    assert books.rows(sa.select(PAYMENT.c.id)) == []


def test_a_payment_that_goes_to_a_stranger_leaves(books: Books) -> None:
    one = payment("7")
    books.payments(one)
    assert books.payments(replace(one, customer_ref="nobody", updated_at=later())).removed == 1
    assert books.rows(sa.select(PAYMENT.c.id)) == []


@pytest.mark.parametrize(
    ("changed", "told"),
    [
        ({}, ["payments.received"]),
        ({"amount": Decimal(-5)}, ["payments.refunded"]),
        ({"cancelled": True}, []),
        ({"paid_on": dt.date(2001, 1, 1)}, []),
    ],
)
def test_news_are_told_and_the_past_is_not(books: Books, changed: dict[str, Any], told: list[str]) -> None:
    books.payments(replace(payment("7"), **changed), quiet=False)
    assert events(books) == told


def test_a_first_import_is_quiet(books: Books) -> None:
    books.payments(payment("7"), quiet=True)
    assert events(books) == []


def test_a_payment_that_is_cancelled_is_told_once(books: Books) -> None:
    one = payment("7")
    books.payments(one)
    for seconds in (60, 120):
        books.payments(replace(one, cancelled=True, updated_at=later(seconds)))
    assert events(books) == ["payments.cancelled"]


def test_two_runs_at_once_write_it_once(company: Company, books: Books) -> None:
    given = [payment(str(number)) for number in range(30)]
    done: list[int] = []
    start = threading.Barrier(3)

    def run() -> None:
        start.wait()
        done.append(books.payments(*given, quiet=False).created)

    threads = [threading.Thread(target=run) for _one in range(3)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    assert sum(done) == 30
    assert len(events(books)) == 30
