"""List, detail and document: what is on them, and who sees it."""

from __future__ import annotations

import pytest
import sqlalchemy as sa
from tests.functional.portico_contracts.conftest import World

from portico.events.models import Event
from portico.testing.client import Client
from portico_contracts import synchronise
from portico_contracts.models import CONTRACT
from portico_contracts.samples import remote_contract


def numbers(client: Client, **params: str) -> list[str]:
    return [link.text.strip() for link in client.get("/contracts", params).html.select("#contracts tbody .row-link")]


def test_list_has_what_was_offered_to_this_customer_and_no_draft(world: World, customer: Client) -> None:
    assert sorted(numbers(customer)) == ["C-1", "C-2"]
    assert sorted(numbers(world.company.agent())) == ["C-1", "C-2"]
    assert [row.number for row in world.all(sa.select(CONTRACT.c.number).order_by(CONTRACT.c.number))] == ["C-1", "C-2"]
    page = customer.get("/contracts")
    for text in ("Care of machines", "€420.00", "per month", "To be answered", "Active"):
        assert text in page.text


@pytest.mark.parametrize(("asked", "found"), [
    ({"q": "c-2"}, ["C-2"]), ({"q": "MACHINES"}, ["C-1"]), ({"q": "%"}, []), ({"state": "open"}, ["C-1"]),
    ({"state": "running"}, ["C-2"]), ({"state": "over"}, []), ({"state": "nonsense"}, ["C-1", "C-2"]),
])  # fmt: skip
def test_list_is_narrowed(customer: Client, asked: dict[str, str], found: list[str]) -> None:
    assert sorted(numbers(customer, **asked)) == found


def test_pages_of_the_list_follow_each_other(world: World, customer: Client) -> None:
    with world.company.system() as db:
        synchronise.apply(db, world.connection_id, [remote_contract(f"x{n}", "C1") for n in range(12)], quiet=True)
    first = customer.get("/contracts", {"limit": "10"})
    assert len(first.html.select("#contracts tbody tr")) == 10
    following = next(link["href"] for link in first.html.select("nav a[href*=after]"))
    assert len(customer.get(str(following)).html.select("#contracts tbody tr")) == 4


def test_nobody_else_sees_it(world: World, customer: Client) -> None:
    page = world.page("C-1")
    customer.get(page)
    stranger = world.company.client(world.company.customer_person(world.company.account("Other")))
    stranger.get(page, status=404)
    stranger.get(f"{page}/contract.pdf", status=404)
    assert numbers(stranger) == []
    assert "No contracts yet" in stranger.get("/contracts").text


def test_detail_says_what_is_agreed(world: World, customer: Client) -> None:
    page = customer.get(world.page("C-1")).text
    for text in ("Care of machines", "First.", "Second.", "Visit", "€105.50", "€420.00 per month", "90", "12"):
        assert text in page
    assert "as called off" in customer.get(world.page("C-2")).text


def test_document_is_a_pdf_and_the_same_twice(world: World, customer: Client) -> None:
    answers = [customer.get(f"{world.page('C-1')}/contract.pdf") for _turn in range(2)]
    assert answers[0].body.startswith(b"%PDF-")
    assert answers[0].body == answers[1].body
    assert "Contract" in answers[0].headers["Content-Disposition"]


def test_what_is_taken_back_is_hidden_from_customers(world: World, customer: Client) -> None:
    page = world.page("C-1")
    world.sql("update contracts set status = 'draft' where number = 'C-1'")
    world.synchronise()
    customer.get(page, status=404)
    world.company.agent().get(page)


def test_first_import_tells_of_what_waits_alone(world: World) -> None:
    kinds = {row.kind for row in world.all(sa.select(Event.kind)) if row.kind.startswith("contracts.")}
    assert kinds == {"contracts.offered"}


@pytest.mark.parametrize(("status", "event"), [
    ("active", "contracts.active"), ("ended", "contracts.ended"), ("cancelled", "contracts.cancelled"),
])  # fmt: skip
def test_change_at_the_company_is_told(world: World, customer: Client, status: str, event: str) -> None:
    world.sql(f"update contracts set status = '{status}' where number = 'C-1'")
    world.synchronise()
    kinds = [row.kind for row in world.all(sa.select(Event.kind)) if row.kind == event]
    assert kinds == [event]
    world.synchronise()
    assert len([row for row in world.all(sa.select(Event.kind)) if row.kind == event]) == 1


def test_contract_of_another_customer_leaves_this_one(world: World, customer: Client) -> None:
    page = world.page("C-1")
    world.sql("update contracts set customer_id = 2 where number = 'C-1'")
    world.synchronise()
    customer.get(page, status=404)
    assert numbers(customer) == ["C-2"]


def test_pages_cost_the_same_for_few_and_for_many(world: World, customer: Client) -> None:
    def cost(path: str) -> int:
        customer.get(path)
        customer.get(path)
        return len(customer.queries)

    paths = ("/contracts",)
    before = [cost(path) for path in paths]
    lines = list(remote_contract("x", "C1").lines) * 20
    with world.company.system() as db:
        more = [remote_contract(f"x{n}", "C1", lines=lines) for n in range(15)]
        synchronise.apply(db, world.connection_id, more, quiet=True)
    assert [cost(path) for path in paths] == before
    assert cost(world.page("C-x1")) == cost(world.page("C-1")) <= 9
