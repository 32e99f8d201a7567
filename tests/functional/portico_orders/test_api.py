"""Orders as JSON: the same rows, rules and refusals as the pages."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import Any
from uuid import UUID

import pytest

from portico.db.types import new_id, now
from portico.testing.client import Client
from portico.testing.portal import Company
from portico_erp.values import OrderStatus, RemoteOrder
from portico_orders.samples import remote_order

Make = Callable[..., RemoteOrder]
Sync = Callable[..., Any]


@pytest.fixture
def api(company: Company, account_id: UUID) -> Client:
    return company.api(company.customer_person(account_id))


def test_list_gives_rows_and_a_cursor_to_the_next(api: Client, make: Make, sync: Sync) -> None:
    sync(*(make(str(n), ordered_at=now() - dt.timedelta(days=n)) for n in range(1, 6)), quiet=True)
    first = api.get("/orders", {"limit": "3"}).json
    second = api.get("/orders", {"limit": "3", "cursor": first["next_cursor"]}).json
    assert [row["number"] for row in first["items"] + second["items"]] == [f"O-{n}" for n in range(1, 6)]
    assert second["next_cursor"] is None
    row = first["items"][0]
    assert (row["gross"], row["currency"], row["status"], row["lines"]) == ("2544.00", "EUR", "pending", 2)
    assert row["account"] is None


def test_document_has_all_parts_with_exact_amounts(api: Client, order_id: UUID, sync: Sync) -> None:
    sync(remote_order("1", "C-1", updated_at=now() + dt.timedelta(seconds=5)))
    document = api.get(f"/orders/{order_id}").json
    assert document["totals"] == {"net": "2120.00", "tax": "424.00", "gross": "2544.00"}
    assert document["lines"][1]["quantity"] == "1.5"
    (delivery,) = document["deliveries"]
    assert delivery["tracking_url"] == "https://track.example/1"
    assert [held["quantity"] for held in delivery["items"]] == ["2"]
    assert [entry["status"] for entry in document["history"] if entry["status"]] == ["pending", "shipped"]


def test_filters_are_those_of_the_page(api: Client, make: Make, sync: Sync) -> None:
    sync(make("1", status=OrderStatus.SHIPPED), make("2"), quiet=True)

    def found(**params: str) -> list[str]:
        return [row["number"] for row in api.get("/orders", params).json["items"]]

    assert found(status="shipped") == ["O-1"]
    assert found(q="po-2") == ["O-2"]
    assert found(to="2001-01-01") == []
    assert sorted(found(status="open")) == ["O-1", "O-2"]


@pytest.mark.parametrize(
    "query",
    [
        {"status": "nonsense"},
        {"from": "soon"},
        {"limit": "0"},
        {"limit": "101"},
        {"cursor": "x"},
        {"unknown": "1"},
        {"from": "2026-02-01", "to": "2026-01-01"},
        {"account_id": "x"},
        {"q": "x" * 101},
    ],
)
def test_what_cannot_be_meant_is_refused_by_field(api: Client, query: dict[str, str]) -> None:
    problem = api.get("/orders", query, status=422).json
    assert problem["status"] == 422


def test_another_customers_order_does_not_exist(company: Company, api: Client, order_id: UUID) -> None:
    assert api.get(f"/orders/{order_id}").json["number"] == "O-1"
    stranger = company.api(company.customer_person(company.account("Other", "C-2")))
    for call in (
        lambda one: stranger.get(one, status=404),
        lambda one: stranger.json("post", f"{one}/sync", {}, status=404),
    ):
        mine, unknown = call(f"/orders/{order_id}"), call(f"/orders/{new_id()}")
        assert mine.json["code"] == unknown.json["code"] == "not-found"
    assert stranger.get("/orders").json["items"] == []


def test_staff_see_the_customers_name(company: Company, order_id: UUID, account_id: UUID) -> None:
    agent = company.api(company.member("staff", ["agent"], "Abel Agent"))
    (row,) = agent.get("/orders", {"account_id": str(account_id)}).json["items"]
    assert row["account"] == "Acme"


def test_query_counts_do_not_grow(api: Client, make: Make, sync: Sync) -> None:
    sync(make("0"), quiet=True)
    api.get("/orders?limit=100")
    few = len(api.queries)
    sync(*(make(str(n)) for n in range(1, 100)), quiet=True)
    assert len(api.get("/orders?limit=100").json["items"]) == 100
    assert len(api.queries) == few <= 5
