"""Ordering again: an order of the company becomes a draft at today's prices, and each of its lines is accounted for."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest
import sqlalchemy as sa

from portico.testing.client import Client
from portico_erp.values import OrderLine
from portico_orders import synchronise
from portico_orders.samples import remote_order


def line(ref: str | None, name: str, quantity: str, price: str) -> OrderLine:
    return OrderLine(ref, name, Decimal(quantity), "piece", Decimal(price), Decimal(20), Decimal(quantity) * Decimal(price))


STEEL = line("material:STEEL-1", "Steel sheet 2 mm", "2", "950")
ALU = line("material:ALU-1", "Aluminium sheet", "1", "700")
BOLT = line("accessory:BOLT-8", "Bolt M8", "10", "0.35")
NEVER = line("material:NEVER", "Lead sheet", "3", "12")
WORDS = line(None, "Assembly on site", "1", "80")


def ordered(shop: Any, *lines: OrderLine, currency: str = "EUR") -> UUID:
    with shop.company.system() as db:
        synchronise.apply(db, [remote_order("77", "C1", lines=list(lines), currency=currency)], quiet=True)
        found: UUID = db.scalar(sa.text("select id from orders_order where erp_ref = '77'"))
    return found


def reorder(api: Client, order_id: UUID, status: int = 201) -> dict[str, Any]:
    answer: dict[str, Any] = api.json("post", f"/orders/{order_id}/reorder", None, status=status).json
    return answer


def outcomes(answer: dict[str, Any]) -> Sequence[tuple[str, str, str | None, str]]:
    return [(one["name"], one["price_then"], one["price_now"], one["outcome"]) for one in answer["lines"]]


def test_every_line_is_in_the_draft_or_explained(shop: Any) -> None:
    order_id = ordered(shop, STEEL, ALU, BOLT, NEVER, WORDS)
    answer = reorder(shop.api(), order_id)
    assert outcomes(answer) == [
        ("Steel sheet 2 mm", "950.00", "950.00", "same"),
        ("Aluminium sheet", "700.00", "800.00", "changed"),
        ("Bolt M8", "0.35", "0.35", "same"),
        ("Lead sheet", "12.00", None, "gone"),
        ("Assembly on site", "80.00", None, "unlisted"),
    ]
    draft = shop.api().get(f"/quotes/{answer['draft_id']}").json
    assert [(one["name"], one["quantity"], one["unit_price"]) for one in draft["lines"]] == [
        ("Steel sheet 2 mm", "2", "950.00"),
        ("Aluminium sheet", "1", "800.00"),
        ("Bolt M8", "10", "0.35"),
    ]
    assert draft["state"] == "draft"


def test_prices_are_the_companys_of_this_moment(shop: Any) -> None:
    order_id = ordered(shop, STEEL, BOLT)
    shop.sql("update price_list_item set price = 990 where item_code = 'STEEL-1' and min_quantity = 0")
    shop.sql("update accessories set is_active = false where code = 'BOLT-8'")
    assert outcomes(reorder(shop.api(), order_id)) == [
        ("Steel sheet 2 mm", "950.00", "990.00", "changed"),
        ("Bolt M8", "0.35", None, "gone"),
    ]


def test_an_item_on_two_lines_is_one_line_of_both(shop: Any) -> None:
    answer = reorder(shop.api(), ordered(shop, STEEL, line("material:STEEL-1", "Steel sheet 2 mm", "8", "950")))
    assert [one["price_now"] for one in answer["lines"]] == ["900.00", "900.00"]  # ten reach the price break
    (only,) = shop.api().get(f"/quotes/{answer['draft_id']}").json["lines"]
    assert only["quantity"] == "10"


def test_a_price_in_another_currency_is_never_the_same(shop: Any) -> None:
    (one,) = reorder(shop.api(), ordered(shop, STEEL, currency="GBP"))["lines"]
    assert (one["outcome"], one["price_now"]) == ("changed", "950.00")


def test_while_the_company_is_away_its_last_prices_stand_in_and_are_marked(shop: Any) -> None:
    order_id = ordered(shop, ALU)
    with shop.away():
        answer = reorder(shop.api(), order_id)
        page = shop.customer().get(f"/quotes/{answer['draft_id']}/edit")
    assert answer["away"]
    assert outcomes(answer) == [("Aluminium sheet", "700.00", "800.00", "changed")]
    assert "did not answer" in page.html.select_one(".quote-reordered").text


def test_the_page_leads_to_a_draft_that_explains_itself(shop: Any) -> None:
    order_id = ordered(shop, STEEL, ALU, NEVER, WORDS)
    customer = shop.customer()
    button = customer.get(f"/orders/{order_id}").html.select_one(f'form[action$="/orders/{order_id}/reorder"] button')
    assert button.text.strip() == "Order again"
    answer = customer.post(f"/orders/{order_id}/reorder", status=303)
    said = customer.get(answer.location).html.select_one(".quote-reordered").text
    for words in (
        "Started from order O-77",
        "2 lines were taken over",
        "Lead sheet (3 pieces): no longer sold",
        "Assembly on site (1 piece): not in the catalogue",
        "Aluminium sheet: €700.00 then, €800.00 now",
    ):
        assert words in " ".join(said.split()), said


def test_what_cannot_be_taken_over_at_all_makes_a_draft_that_says_so(shop: Any) -> None:
    answer = reorder(shop.api(), ordered(shop, NEVER))
    assert shop.api().get(f"/quotes/{answer['draft_id']}").json["lines"] == []
    page = shop.customer().get(f"/quotes/{answer['draft_id']}/edit")
    assert "no longer sold" in page.html.select_one(".quote-reordered").text


def test_names_in_the_explanation_are_text(shop: Any) -> None:
    evil = "<img src=x onerror=alert(1)>"
    answer = reorder(shop.api(), ordered(shop, line(None, evil, "1", "1")))
    page = shop.customer().get(f"/quotes/{answer['draft_id']}/edit")
    assert evil not in page.text
    assert "&lt;img" in page.text


def test_somebody_elses_order_is_not_there(shop: Any) -> None:
    order_id = ordered(shop, STEEL)
    stranger = shop.company.customer_person(shop.company.account("Bolt", "C2"))
    reorder(shop.company.api(stranger), order_id, status=404)


@pytest.mark.parametrize(("role", "status"), [("owner", 201), ("purchaser", 201), ("finance", 403), ("viewer", 403)])
def test_who_may_write_quotes_may_order_again(shop: Any, role: str, status: int) -> None:
    order_id = ordered(shop, STEEL)
    person = shop.company.customer_person(shop.account_id, role=role)
    reorder(shop.company.api(person), order_id, status=status)
    offered = "Order again" in shop.company.client(person).get(f"/orders/{order_id}").text
    assert offered == (status == 201)


def test_without_quotes_there_is_no_button_and_no_way(shop: Any) -> None:
    order_id = ordered(shop, STEEL)
    with shop.company.system() as db:
        db.execute(sa.text("update tenant_plugin set enabled = false where plugin = 'portico_quotes'"))
    assert "Order again" not in shop.customer().get(f"/orders/{order_id}").text
    assert reorder(shop.api(), order_id, status=409)["code"] == "no-reorder"


def test_asked_twice_with_one_key_it_is_one_draft(shop: Any) -> None:
    order_id, api = ordered(shop, STEEL), shop.api()
    answers = [
        api.json("post", f"/orders/{order_id}/reorder", None, status=201, headers={"Idempotency-Key": "again-1"}).json
        for _ in range(2)
    ]
    assert answers[0] == answers[1]


def test_it_is_on_record_with_both_ends(shop: Any) -> None:
    order_id = ordered(shop, STEEL, NEVER)
    draft_id = reorder(shop.api(), order_id)["draft_id"]
    with shop.portal.superuser() as connection:
        rows = connection.execute(
            sa.text("select action, subject_id, after from audit_entry where tenant_id = :t and action like '%reorder%'"),
            {"t": shop.company.id},
        ).all()
    assert {(row.action, row.subject_id) for row in rows} == {
        ("orders.reorder", str(order_id)),
        ("quotes.reordered", draft_id),
    }
    assert {"source": "O-77", "lines": 1, "left_out": 1} in [row.after for row in rows]
