"""Agreeing and declining: once, of what was read, and exactly once at the company."""

from __future__ import annotations

import hashlib
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from urllib.parse import quote as quoted

import pytest
import sqlalchemy as sa
from tests.functional.portico_contracts.conftest import World

from portico.audit.models import AuditEntry
from portico.db.types import now
from portico.events.models import Event
from portico.testing.client import Client
from portico_contracts import answering, delivery, reminding
from portico_contracts.errors import ContractChangedError, NotOfferedError, OfferOverError
from portico_contracts.models import ANSWER, CONTRACT


def answers(world: World) -> list[tuple[Any, ...]]:
    query = sa.select(ANSWER.c.agreed, ANSWER.c.state, ANSWER.c.reason).order_by(ANSWER.c.at)
    return [tuple(row) for row in world.all(query)]


def kinds(world: World) -> list[str]:
    return [row.kind for row in world.all(sa.select(Event.kind).order_by(Event.id)) if row.kind.startswith("contracts.")]


def trail(world: World) -> list[str]:
    query = sa.select(AuditEntry.action).where(AuditEntry.action.like("contracts.%"))
    return sorted(row.action for row in world.all(query))


def test_agreement_reaches_the_company_and_comes_back(world: World, customer: Client) -> None:
    page = world.page("C-1")
    assert "/agree" in customer.get(page).text
    customer.post(f"{page}/agree", world.seen("C-1"), status=303)
    shown = customer.get(page)
    assert "Agreed" in shown.text
    assert "/agree" not in shown.text
    assert world.at_company("C-1")[0] == "offered"
    world.work()
    status, reference, by, _reason = world.at_company("C-1")
    ((answer_id,),) = world.all(sa.select(ANSWER.c.id))
    assert (status, reference) == ("active", str(answer_id))
    assert by
    assert world.contract("C-1").status == "active"
    assert "The company has the answer" in customer.get(page).text
    assert answers(world) == [(True, "taken", "")]
    assert kinds(world)[-3:] == ["contracts.agreed", "contracts.received", "contracts.active"]
    assert trail(world) == ["contracts.agreed", "contracts.received"]


def test_refusal_carries_its_reason(world: World, customer: Client) -> None:
    page = world.page("C-1")
    customer.post(f"{page}/decline", world.seen("C-1") | {"reason": " Too long — طويل "}, status=303)
    assert "Declined" in customer.get(page).text
    world.work()
    assert world.at_company("C-1")[::3] == ("declined", "Too long — طويل")
    assert answers(world) == [(False, "taken", "Too long — طويل")]
    assert trail(world) == ["contracts.declined", "contracts.received"]


def test_the_same_answer_again_counts_once_and_another_is_refused(world: World, customer: Client) -> None:
    page, seen = world.page("C-1"), world.seen("C-1")
    for _turn in range(2):
        customer.post(f"{page}/agree", seen, status=303)
    customer.post(f"{page}/decline", seen, status=409)
    assert len(answers(world)) == 1


def test_what_is_not_offered_takes_no_answer(world: World, customer: Client) -> None:
    refused = customer.post(f"{world.page('C-2')}/agree", world.seen("C-2"), status=409)
    assert NotOfferedError.message in refused.text
    assert answers(world) == []


def test_another_version_than_was_read_is_refused(world: World, customer: Client) -> None:
    page, seen = world.page("C-1"), world.seen("C-1")
    world.sql("update contracts set value = 500 where number = 'C-1'")
    world.synchronise()
    assert world.contract("C-1").version == int(seen["version"]) + 1
    refused = customer.post(f"{page}/agree", seen, status=409)
    assert ContractChangedError.message in refused.text
    assert answers(world) == []


def test_nobody_agrees_after_the_last_day(world: World, customer: Client) -> None:
    world.sql("update contracts set answer_until = current_date - 2 where number = 'C-1'")
    world.synchronise()
    page, seen = world.page("C-1"), world.seen("C-1")
    assert "Offer over" in customer.get(page).text
    refused = customer.post(f"{page}/agree", seen, status=409)
    assert OfferOverError.message in refused.text
    customer.post(f"{page}/decline", seen, status=303)


def test_changed_at_the_company_meanwhile_binds_nobody(world: World, customer: Client) -> None:
    page = world.page("C-1")
    customer.post(f"{page}/agree", world.seen("C-1"), status=303)
    world.sql("update contracts set value = 500 where number = 'C-1'")
    world.work()
    assert world.at_company("C-1")[0] == "offered"
    assert answers(world) == [(True, "refused", "")]
    assert "contracts.answer_refused" in kinds(world)
    shown = customer.get(page)
    assert "The offer was changed before the answer arrived." in shown.text
    assert "€500.00" in shown.text
    customer.post(f"{page}/agree", world.seen("C-1"), status=303)
    world.work()
    assert world.at_company("C-1")[0] == "active"


def test_many_at_once_make_one_answer(world: World, customer: Client) -> None:
    page, seen = world.page("C-1"), world.seen("C-1")
    clients = [world.company.customer(world.account_id) for _n in range(4)]

    def attempt(one: Client) -> int:
        return int(one.post(f"{page}/agree", seen, expect_errors=True).status_int)

    with ThreadPoolExecutor(4) as pool:
        found = list(pool.map(attempt, clients))
    assert set(found) <= {303, 409}
    assert len(answers(world)) == 1
    world.work()
    assert world.at_company("C-1")[0] == "active"


def test_lost_job_is_found_again(world: World, customer: Client) -> None:
    customer.post(f"{world.page('C-1')}/agree", world.seen("C-1"), status=303)
    with world.portal.superuser() as db:
        db.execute(sa.text("DELETE FROM job WHERE actor = :name"), {"name": answering.JOB})
    with world.company.system() as db:
        db.execute(sa.update(ANSWER).values(at=now() - delivery.SETTLED * 2))
        delivery.wake(db)
    world.work()
    assert world.at_company("C-1")[0] == "active"


def test_who_may_not_bind_the_organisation_only_reads(world: World) -> None:
    purchaser = world.company.client(world.company.customer_person(world.account_id, role="purchaser"))
    page = world.page("C-1")
    shown = purchaser.get(page)
    assert "A colleague who may bind your organisation can give it." in shown.text
    assert "/agree" not in shown.text
    purchaser.post(f"{page}/agree", world.seen("C-1"), status=403)
    world.company.agent().post(f"{page}/agree", world.seen("C-1"), status=403)


def test_company_whose_system_takes_no_answers_is_not_offered_any(
    world: World, customer: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    connector = world.portal.parts.connections.connectors["companydb"]
    less = connector.capabilities - {answering.CAPABILITY}
    monkeypatch.setattr(type(connector), "capabilities", less)
    page = world.page("C-1")
    shown = customer.get(page).text
    assert "/agree" not in shown
    assert "It cannot be given here." in shown
    customer.post(f"{page}/agree", world.seen("C-1"), status=409)
    customer.post(f"{page}/decline", world.seen("C-1"), status=409)
    assert answers(world) == []


def test_api_says_what_can_be_answered_and_takes_it(world: World) -> None:
    api = world.company.api(world.company.customer_person(world.account_id))
    (item,) = (one for one in api.get("/contracts").json["items"] if one["number"] == "C-1")
    found = api.get(f"/contracts/{item['id']}").json
    assert (found["state"], found["can_answer"], found["value"], found["per"]) == ("offered", True, "420.00", "month")
    assert [line["quantity"] for line in found["lines"]] == ["4"]
    agreed = api.json("post", f"/contracts/{item['id']}/agree", {"version": found["version"]}).json
    assert (agreed["state"], agreed["can_answer"]) == ("agreed", False)
    assert api.get(f"/contracts/{item['id']}/contract.pdf").body.startswith(b"%PDF-")


def test_signed_contract_is_agreed_to_and_taken_by_the_company(signing: World) -> None:
    customer, page = signing.company.customer(signing.account_id), signing.page("C-1")
    shown = customer.get(page)
    path = f"/sign/{quoted(answering.KIND)}/{signing.contract('C-1').id}"
    assert path in shown.text
    assert f"{page}/agree" not in shown.text
    customer.post(f"{page}/agree", signing.seen("C-1"), status=409)
    form = next(one for one in customer.get(path).forms.values() if "document_sha256" in one.fields)
    sent = {name: value for name, value in form.submit_fields() if name != "csrf_token"}
    customer.post(path, sent | {"name": "Robin Signer", "agree": "true"}, status=303)
    signing.work()
    assert signing.at_company("C-1")[0] == "active"
    rows = signing.all(sa.text("SELECT state, name, subject_id FROM signatures_signature"))
    assert [tuple(row) for row in rows] == [("agreed", "Robin Signer", signing.contract("C-1").id)]
    related = customer.get(f"/related?ref={signing.contract('C-1').id}")
    assert "Robin Signer" in related.text


def test_a_program_signs_a_contract_where_contracts_live(signing: World) -> None:
    person = signing.company.customer_person(signing.account_id)
    api, path = signing.company.api(person), f"{signing.page('C-1')}/sign"
    assert api.json("post", f"{signing.page('C-1')}/agree", signing.seen("C-1"), status=409).json["code"] == "signature-required"
    found = api.get(path).json
    assert (found["is_open"], found["is_required"]) == (True, True)
    assert found["document"].endswith(f"/api/v1/portal{signing.page('C-1')}/contract.pdf")
    document = api.get(f"{signing.page('C-1')}/contract.pdf").body
    assert hashlib.sha256(document).hexdigest() == found["document_sha256"]
    body = {name: found[name] for name in ("version", "document_sha256", "consent_sha256")} | {"name": "Robin Signer", "agree": True}
    assert api.json("post", path, body | {"version": 99}, status=409).json["code"] == "document-changed"
    signed = api.json("post", path, body).json
    assert (signed["kind"], signed["state"]) == (answering.KIND, "agreed")
    signing.work()
    assert signing.at_company("C-1")[0] == "active"
    api.get(f"/contracts/{signed['id']}/sign", status=404)
    signing.company.api(signing.company.customer_person(signing.company.account("Other"))).get(path, status=404)


def test_signature_on_what_the_company_changed_is_void(signing: World) -> None:
    customer = signing.company.customer(signing.account_id)
    path = f"/sign/{quoted(answering.KIND)}/{signing.contract('C-1').id}"
    form = next(one for one in customer.get(path).forms.values() if "document_sha256" in one.fields)
    sent = {name: value for name, value in form.submit_fields() if name != "csrf_token"}
    customer.post(path, sent | {"name": "Robin Signer", "agree": "true"}, status=303)
    signing.sql("update contracts set value = 500 where number = 'C-1'")
    signing.work()
    rows = signing.all(sa.text("SELECT state, ended_why FROM signatures_signature"))
    assert [tuple(row) for row in rows] == [("void", "changed")]


def test_customers_are_reminded_once_of_an_end(world: World) -> None:
    def remind() -> int:
        with world.company.system() as db:
            return reminding.remind(db)

    assert remind() == 0
    world.sql("update contracts set ends_on = current_date + 20 where number = 'C-2'")
    world.synchronise()
    assert (remind(), remind()) == (1, 0)
    assert kinds(world).count("contracts.ending") == 1
    world.sql("update contracts set ends_on = current_date + 25 where number = 'C-2'")
    world.synchronise()
    assert remind() == 1


def test_notice_period_comes_first(world: World) -> None:
    world.sql("update contracts set notice_days = 50 where number = 'C-2'")
    world.synchronise()
    with world.company.system() as db:
        assert reminding.remind(db) == 1
    (told,) = world.all(sa.select(CONTRACT.c.told_end).where(CONTRACT.c.number == "C-2"))
    assert told.told_end == world.contract("C-2").ends_on
