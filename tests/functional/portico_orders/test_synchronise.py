"""Orders come over once, in step, without noise."""

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
from portico_erp.values import OrderStatus, RemoteOrder
from portico_orders import synchronise
from portico_orders.models import Delivery, DeliveryLine, Order, OrderChange, OrderLine
from portico_orders.samples import remote_order

Make = Callable[..., RemoteOrder]
Later = Callable[[float], dt.datetime]
Sync = Callable[..., synchronise.Applied]


def counts(company: Company) -> dict[str, int]:
    with company.system() as db:
        return {
            model.__tablename__: db.scalar(sa.select(sa.func.count()).select_from(model)) or 0
            for model in (Order, OrderLine, Delivery, DeliveryLine, OrderChange)
        }


def events(company: Company) -> list[Any]:
    with company.system() as db:
        return list(
            db.execute(
                sa.select(Event.kind, Event.data, Event.account_id, Event.subject_id)
                .where(Event.kind.like("orders.%"))
                .order_by(Event.at, Event.id)
            )
        )


def test_order_is_stored_with_its_parts(company: Company, account_id: UUID, make: Make, sync: Sync) -> None:
    remote = remote_order("7", "C-1")
    assert sync(remote).created == 1
    with company.system() as db:
        row = db.execute(sa.select(Order.__table__)).one()
    assert (row.account_id, row.number, row.status, row.gross) == (
        account_id,
        "O-7",
        "shipped",
        Decimal(2544),
    )
    assert row.search == "o-7 po-7 d-7 track-7"
    assert counts(company) == {
        "orders_order": 1,
        "orders_line": 2,
        "orders_delivery": 1,
        "orders_delivery_line": 1,
        "orders_change": 3,
    }


def test_second_run_without_change_does_nothing(
    company: Company, account_id: UUID, make: Make, sync: Sync, later: Later
) -> None:
    sync(make())
    before, told = counts(company), events(company)
    again = sync(replace(make(), updated_at=later(60)))  # touched, not changed
    assert (again.created, again.changed, again.unchanged) == (0, 0, 1)
    assert counts(company) == before
    assert events(company) == told


def test_order_of_a_stranger_is_counted_and_not_kept(
    company: Company, account_id: UUID, make: Make, sync: Sync
) -> None:
    done = sync(make("1"), make("2", customer_ref="C-unknown"))
    assert (done.created, done.elsewhere) == (1, 1)
    assert counts(company)["orders_order"] == 1


@pytest.mark.parametrize(
    ("status", "event"),
    [
        (OrderStatus.PROCESSING, "orders.processing"),
        (OrderStatus.SHIPPED, "orders.shipped"),
        (OrderStatus.DELIVERED, "orders.delivered"),
        (OrderStatus.CANCELLED, "orders.cancelled"),
    ],
)
def test_each_change_of_status_is_history_and_news(
    company: Company,
    account_id: UUID,
    order_id: UUID,
    make: Make,
    sync: Sync,
    later: Later,
    status: OrderStatus,
    event: str,
) -> None:
    sync(make(status=status, updated_at=later(1)))
    (told,) = events(company)
    assert (told.kind, told.account_id, told.subject_id) == (event, account_id, str(order_id))
    assert (told.data["number"], told.data["status"]) == ("O-1", status.value)
    with company.system() as db:
        history = db.execute(sa.select(OrderChange.kind, OrderChange.status).order_by(OrderChange.at)).all()
    assert [tuple(one) for one in history] == [("placed", "pending"), ("status", status.value)]


def test_first_import_tells_nobody(company: Company, account_id: UUID, make: Make, sync: Sync) -> None:
    sync(make("1", status=OrderStatus.SHIPPED), make("2"), quiet=True)
    assert events(company) == []


def test_orders_from_before_the_account_are_not_news(company: Company, make: Make, sync: Sync) -> None:
    company.account("Newcomer", "C-1")
    sync(make("1"))
    assert counts(company)["orders_order"] == 1
    assert events(company) == []


def test_new_order_after_the_first_import_is_news(company: Company, account_id: UUID, make: Make, sync: Sync) -> None:
    sync(make("1"))
    assert [one.kind for one in events(company)] == ["orders.placed"]


def test_order_that_nobody_may_see_any_more_is_no_news(
    company: Company, account_id: UUID, make: Make, sync: Sync, later: Later
) -> None:
    old = {"ordered_at": now() - dt.timedelta(days=900)}
    sync(make(**old), quiet=True)
    sync(make(status=OrderStatus.CANCELLED, updated_at=later(1), **old))
    assert events(company) == []


def test_draft_is_no_news_until_it_is_confirmed(
    company: Company, account_id: UUID, make: Make, sync: Sync, later: Later
) -> None:
    sync(make(status=OrderStatus.DRAFT))
    assert events(company) == []
    sync(make(status=OrderStatus.PENDING, updated_at=later(1)))
    assert [one.kind for one in events(company)] == ["orders.placed"]


def test_further_consignment_is_told_with_its_tracking(
    company: Company, account_id: UUID, make: Make, sync: Sync, later: Later
) -> None:
    shipped = remote_order("1", "C-1")
    sync(shipped, quiet=True)
    second = replace(shipped.deliveries[0], number="D-2", tracking_number="T-2")
    sync(replace(shipped, deliveries=[*shipped.deliveries, second], updated_at=later(1)))
    (told,) = events(company)
    assert told.kind == "orders.delivery"
    assert (told.data["delivery"], told.data["tracking"]) == ("D-2", "T-2")


def test_status_and_consignment_together_are_one_piece_of_news(
    company: Company, account_id: UUID, make: Make, sync: Sync, order_id: UUID, later: Later
) -> None:
    sync(make(status=OrderStatus.SHIPPED, deliveries=remote_order("1", "C-1").deliveries, updated_at=later(1)))
    (told,) = events(company)
    assert (told.kind, told.data["carrier"]) == ("orders.shipped", "DHL")


def test_older_answer_does_not_undo_a_newer_one(
    company: Company, account_id: UUID, make: Make, sync: Sync, order_id: UUID, later: Later
) -> None:
    sync(make(status=OrderStatus.SHIPPED, updated_at=later(10)))
    assert sync(make(status=OrderStatus.PROCESSING, updated_at=later(5))).unchanged == 1
    with company.system() as db:
        assert db.scalar(sa.select(Order.status)) == "shipped"


def test_order_that_moves_to_another_customer_leaves_the_first(
    company: Company, account_id: UUID, make: Make, sync: Sync, order_id: UUID, later: Later
) -> None:
    other = company.account("Other", "C-2")
    sync(make(customer_ref="C-2", updated_at=later(1)))
    with company.system() as db:
        assert db.scalars(sa.select(Order.account_id)).all() == [other]
        assert set(db.scalars(sa.select(OrderLine.account_id))) == {other}


def test_order_that_moves_to_a_stranger_goes(
    company: Company, account_id: UUID, make: Make, sync: Sync, order_id: UUID, later: Later
) -> None:
    assert sync(make(customer_ref="C-unknown", updated_at=later(1))).removed == 1
    assert counts(company)["orders_order"] == 0


def test_two_runs_at_once_write_and_tell_an_order_once(
    company: Company, account_id: UUID, make: Make, sync: Sync, later: Later
) -> None:
    for remote in (make("1"), make("1", status=OrderStatus.SHIPPED, updated_at=later(1))):
        start = threading.Barrier(4)

        def run(remote: RemoteOrder = remote, start: threading.Barrier = start) -> None:
            start.wait()
            sync(remote)

        threads = [threading.Thread(target=run) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert [one.kind for one in events(company)] == ["orders.placed", "orders.shipped"]
    assert counts(company)["orders_line"] == 2


def test_customer_writes_nothing(company: Company, account_id: UUID, order_id: UUID) -> None:
    person = company.customer_person(account_id)
    for statement in (
        "UPDATE orders_order SET gross = 0",
        "DELETE FROM orders_order",
        "DELETE FROM orders_change",
    ):
        with (
            pytest.raises(sa.exc.ProgrammingError, match="permission denied"),
            company.scope_of(person) as db,
        ):
            db.execute(sa.text(statement))
    with company.scope_of(person) as db:
        assert db.scalar(sa.select(sa.func.count()).select_from(Order)) == 1
