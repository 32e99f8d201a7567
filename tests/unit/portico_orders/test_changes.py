"""What an update means, without a database."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from typing import Any

from portico_erp.values import OrderStatus, RemoteOrder
from portico_orders import changes
from portico_orders.samples import remote_order
from portico_orders.timeline import steps


def remote(**changed: Any) -> RemoteOrder:
    moment = dt.datetime(2026, 1, 5, tzinfo=dt.UTC)
    return remote_order("1", "C-1", moment, **{"status": OrderStatus.PENDING, "deliveries": [], **changed})


def known(one: RemoteOrder, **changed: Any) -> changes.Known:
    values = {"status": one.status.value, "expected_on": one.expected_on, **changed}
    return changes.Known(**values)


def test_nothing_changed_is_no_news() -> None:
    news = changes.of_update(known(remote()), remote())
    assert (news.entries, news.event) == ([], None)


def test_moved_date_is_history_but_no_news() -> None:
    news = changes.of_update(known(remote(), expected_on=None), remote())
    assert [one.kind for one in news.entries] == ["expected"]
    assert news.event is None


def test_every_status_but_draft_has_an_event() -> None:
    assert {one.value for one in OrderStatus} - changes.STATUS_EVENTS.keys() == {"draft"}


def test_new_order_tells_its_past_in_order() -> None:
    shipped = remote_order("1", "C-1", dt.datetime(2026, 1, 5, tzinfo=dt.UTC))
    moments = [one.at for one in changes.of_new(shipped).entries]
    assert moments == sorted(moments)


def test_clock_that_runs_ahead_does_not_reach_into_the_future() -> None:
    ahead = remote(status=OrderStatus.SHIPPED, updated_at=dt.datetime(2999, 1, 1, tzinfo=dt.UTC))
    (entry,) = changes.of_update(known(remote()), ahead).entries
    assert entry.at <= dt.datetime.now(dt.UTC)


def test_delivery_that_was_packed_and_now_leaves_is_news() -> None:
    shipped = remote_order("1", "C-1", dt.datetime(2026, 1, 5, tzinfo=dt.UTC))
    packed = replace(shipped.deliveries[0], shipped_at=None)
    news = changes.of_update(known(shipped, deliveries={packed.number: (None, None)}), shipped)
    assert news.event == "orders.delivery"


def states(status: str, *reached: str) -> list[str]:
    moment = dt.datetime(2026, 1, 5, tzinfo=dt.UTC)
    entries = [changes.Entry("status", moment, one) for one in reached]
    return [step["state"] for step in steps(status, entries)]


def test_steps_follow_the_status() -> None:
    assert states("pending", "pending") == ["current", "todo", "todo", "todo"]
    assert states("shipped", "pending", "shipped") == ["done", "done", "current", "todo"]
    assert states("delivered") == ["done"] * 4
    assert states("draft") == ["todo"] * 4


def test_status_that_was_taken_back_is_not_done_any_more() -> None:
    assert states("processing", "pending", "shipped", "processing") == ["done", "current", "todo", "todo"]


def test_cancelled_order_ends_where_it_stopped() -> None:
    assert states("cancelled", "pending", "processing", "cancelled") == ["done", "done", "failed"]
    assert states("cancelled") == ["done", "failed"]
