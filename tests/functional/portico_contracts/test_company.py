"""What the company does with contracts meanwhile, and what becomes of answers: none is lost, and none binds by mistake."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from types import SimpleNamespace
from typing import Any
from urllib.parse import quote as quoted

import pytest
import sqlalchemy as sa
from tests.functional.portico_contracts.conftest import World
from tests.functional.portico_contracts.test_answering import answers, kinds, trail
from translationstring import TranslationString

from portico.connections import service as connections
from portico.db.types import now
from portico.events.models import Event
from portico.jobs import enqueue
from portico.testing.client import Client
from portico_companydb.client import CompanyDatabaseClient
from portico_contracts import answering, delivery, hooks, reading, reminding, synchronise
from portico_contracts.amounts import in_all
from portico_contracts.models import ANSWER, CONTRACT
from portico_contracts.samples import remote_contract
from portico_erp.errors import ConnectorUnauthorisedError
from portico_erp.values import ContractStatus
from portico_signatures.following import FOLLOW


def without_job(world: World) -> None:
    with world.portal.superuser() as db:
        db.execute(sa.text("DELETE FROM job WHERE actor = :name"), {"name": answering.JOB})


def apply(world: World, *contracts: Any, quiet: bool = False) -> None:
    with world.company.system() as db:
        synchronise.apply(db, world.connection_id, contracts, quiet=quiet)


def sign_page(world: World, number: str) -> str:
    return f"/sign/{quoted(answering.KIND)}/{world.contract(number).id}"


def told(world: World, kind: str) -> list[Any]:
    return [row.data for row in world.all(sa.select(Event.kind, Event.data).order_by(Event.id)) if row.kind == kind]


def notice(world: World, event: str) -> tuple[str, str]:
    """What staff read of the one event of this kind: title and body."""
    (kind,) = (one for one in hooks.notification_kinds() if one.event == event)
    assert (kind.audience, kind.permission) == ("staff", "contracts:manage")
    (data,) = told(world, event)
    title, body = (TranslationString(text, mapping=data).interpolate() for text in (kind.title, kind.body))
    return title, body


def test_contract_that_moves_leaves_the_answer_behind_and_is_offered_to_the_other(world: World, customer: Client) -> None:
    page, was = world.page("C-1"), world.contract("C-1").id
    customer.post(f"{page}/agree", world.seen("C-1"), status=303)
    without_job(world)
    other = world.company.account("Stranger", "C2")
    world.sql("update contracts set customer_id = 2 where number = 'C-1'")
    world.synchronise()
    rows = world.all(sa.select(ANSWER.c.account_id, ANSWER.c.contract_id, ANSWER.c.state))
    assert [tuple(row) for row in rows] == [(world.account_id, was, "refused")]
    assert trail(world) == ["contracts.agreed", "contracts.answer_refused", "contracts.left"]
    assert {"contracts.answer_refused", "contracts.cancelled"} <= set(kinds(world))
    assert "Cancelled" in customer.get(page).text
    (new,) = world.all(sa.select(CONTRACT.c.id).where(CONTRACT.c.number == "C-1", CONTRACT.c.account_id == other))
    stranger = world.company.customer(other)
    assert "/agree" in stranger.get(f"/contracts/{new.id}").text
    stranger.get(page, status=404)
    with world.company.system() as db:
        assert reading.known_as(db, was) is None
        assert reading.known_as(db, new.id) == ("1", world.connection_id)
    world.synchronise()
    assert len(world.all(sa.select(CONTRACT.c.id).where(CONTRACT.c.number == "C-1"))) == 2


def test_contract_that_moves_unanswered_leaves_a_trace_and_voids_what_was_signed(world: World, customer: Client) -> None:
    page = world.page("C-1")
    other = world.company.account("Stranger", "C2")
    world.sql("update contracts set customer_id = 2 where number = 'C-1'")
    world.synchronise()
    customer.get(page, status=404)
    assert trail(world) == ["contracts.left"]
    assert [row.account_id for row in world.all(sa.select(CONTRACT.c.account_id).where(CONTRACT.c.number == "C-1"))] == [other]


@pytest.mark.parametrize("reached", [False, True])
def test_answer_waits_while_the_login_is_refused(
    world: World, customer: Client, monkeypatch: pytest.MonkeyPatch, reached: bool
) -> None:
    """Whether or not an earlier attempt reached the company: what it has by then decides."""
    take = CompanyDatabaseClient.answer_contract

    def refuse(self: Any, given: Any) -> Any:
        if reached:
            take(self, given)
        raise ConnectorUnauthorisedError("The password is wrong.")

    customer.post(f"{world.page('C-1')}/agree", world.seen("C-1"), status=303)
    with monkeypatch.context() as patch:
        patch.setattr(CompanyDatabaseClient, "answer_contract", refuse)
        world.work()
        assert answers(world) == [(True, "waiting", "")]
        world.synchronise()
        assert answers(world) == [(True, "taken" if reached else "waiting", "")]
    with world.company.system() as db:
        db.execute(sa.update(ANSWER).values(at=now() - delivery.SETTLED * 2))
        delivery.wake(db)
    world.work()
    assert answers(world) == [(True, "taken", "")]
    assert world.at_company("C-1")[0] == "active"
    assert kinds(world).count("contracts.received") == 1
    assert "contracts.answer_refused" not in kinds(world)


def test_linked_later_only_what_can_be_answered_is_told(world: World) -> None:
    long_ago, day = now() - dt.timedelta(days=400), now().date()
    apply(
        world,
        remote_contract("old", "C1", long_ago, status=ContractStatus.ACTIVE),
        remote_contract("new", "C1", now() + dt.timedelta(seconds=1), status=ContractStatus.ACTIVE),
        remote_contract("waits", "C1", long_ago, answer_until=day + dt.timedelta(days=2)),
        remote_contract("over", "C1", long_ago, answer_until=day - dt.timedelta(days=2)),
    )
    assert [data["number"] for data in told(world, "contracts.active")] == ["C-new"]
    assert [data["number"] for data in told(world, "contracts.offered")] == ["C-1", "C-waits"]


@pytest.mark.parametrize("value", ["value", "500"])
def test_offer_anew_between_two_reads_can_be_answered(
    world: World, customer: Client, monkeypatch: pytest.MonkeyPatch, value: str
) -> None:
    page = world.page("C-1")
    customer.post(f"{page}/decline", world.seen("C-1"), status=303)
    with monkeypatch.context() as patch:
        patch.setattr(delivery, "_read", lambda db, contract: None)
        world.work()
    assert answers(world) == [(False, "taken", "")]
    assert world.contract("C-1").status == "offered"
    world.sql(f"update contracts set status = 'offered', value = {value} where number = 'C-1'")
    world.synchronise()
    assert answers(world) == [(False, "refused", "")]
    assert kinds(world).count("contracts.offered") == 2
    assert "To be answered" in customer.get(page).text
    customer.post(f"{page}/agree", world.seen("C-1"), status=303)
    world.work()
    assert world.at_company("C-1")[0] == "active"


def test_touch_of_an_offer_before_its_answer_was_taken_changes_nothing(
    world: World, customer: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A reader that asked the company before it had the answer, and writes after."""
    monkeypatch.setattr(delivery, "_read", lambda db, contract: None)
    customer.post(f"{world.page('C-1')}/agree", world.seen("C-1"), status=303)
    world.sql("update contracts set reason = 'touched' where number = 'C-1'")
    host = world.portal.parts.connections
    stale = host.call(host.target(world.company.id, world.connection_id), "contracts", "contract", "1")
    assert stale.updated_at > world.contract("C-1").erp_updated_at
    world.work()
    apply(world, stale)
    assert answers(world) == [(True, "taken", "")]


def test_answer_that_waits_for_another_offer_counts_no_more(world: World, customer: Client) -> None:
    page = world.page("C-1")
    customer.post(f"{page}/agree", world.seen("C-1"), status=303)
    without_job(world)
    world.sql("update contracts set value = 500 where number = 'C-1'")
    world.synchronise()
    assert answers(world) == [(True, "refused", "")]
    shown = customer.get(page).text
    assert "The offer was changed before the answer arrived." in shown
    assert "/agree" in shown


def test_late_receipt_of_what_is_offered_anew_binds_nobody(world: World, customer: Client) -> None:
    customer.post(f"{world.page('C-1')}/agree", world.seen("C-1"), status=303)
    ((answer_id,),) = world.all(sa.select(ANSWER.c.id))
    with world.company.system() as db:
        delivery.taken(db, answer_id, ContractStatus.OFFERED)
    assert answers(world) == [(True, "refused", "")]


def test_staff_hear_of_an_answer_that_was_not_taken(world: World, customer: Client) -> None:
    customer.post(f"{world.page('C-1')}/agree", world.seen("C-1"), status=303)
    world.sql("update contracts set value = 500 where number = 'C-1'")
    world.work()
    assert notice(world, "contracts.answer_lost")[0] == "The answer of Acme to contract C-1 was not taken"


def test_refusal_without_a_reason_is_told_without_one(world: World, customer: Client) -> None:
    customer.post(f"{world.page('C-1')}/decline", world.seen("C-1"), status=303)
    assert notice(world, "contracts.declined")[1].strip() == "Care of machines: your system is told."


@pytest.mark.parametrize(("notice", "kind"), [("50", "contracts.notice"), ("70", "contracts.ending"), ("null", None)])
def test_reminder_names_the_day_for_notice_alone_that_is_to_come(world: World, notice: str, kind: str | None) -> None:
    world.sql(f"update contracts set notice_days = {notice} where number = 'C-2'")
    world.synchronise()
    with world.company.system() as db:
        assert reminding.remind(db) == (1 if kind else 0)
    if kind:
        (data,) = told(world, kind)
        assert ("notice" in data) == (kind == "contracts.notice")


def test_offer_is_as_old_as_the_offer_and_not_as_its_draft(world: World) -> None:
    moment, drafted = now() - dt.timedelta(days=1), now() - dt.timedelta(days=90)
    one = remote_contract("x", "C1", moment, created_at=drafted)
    apply(world, one)
    assert world.contract("C-x").offered_at == one.updated_at
    later = remote_contract("x", "C1", moment + dt.timedelta(hours=2), created_at=drafted, value=Decimal(9))
    apply(world, later)
    assert world.contract("C-x").offered_at == later.updated_at
    ended = remote_contract("x", "C1", now(), created_at=drafted, value=Decimal(9), status=ContractStatus.ENDED)
    apply(world, ended)
    assert world.contract("C-x").offered_at == later.updated_at


def test_page_is_asked_for_once_more_while_the_company_is_told(world: World, customer: Client) -> None:
    """What happens before the page hears would leave it as it was drawn."""
    page = world.page("C-1")
    assert "data-live-catchup" not in customer.get(page).text
    customer.post(f"{page}/agree", world.seen("C-1"), status=303)
    assert "data-live-catchup" in customer.get(page).text
    world.work()
    assert "data-live-catchup" not in customer.get(page).text


@pytest.mark.parametrize(("per", "first", "last", "times"), [
    ("term", "2027-01-01", "2029-12-31", 1), ("month", "2027-01-01", "2027-12-31", 12), ("month", "2027-01-15", "2027-02-15", 1),
    ("month", "2027-01-15", "2027-02-16", 2), ("month", "2027-01-01", "2027-01-01", 1), ("quarter", "2027-01-01", "2028-12-31", 8),
    ("year", "2027-01-01", "2028-01-01", 1), ("year", "2027-01-01", "2028-06-30", 2), ("year", "2027-01-01", None, 1),
    ("month", None, None, 12), ("quarter", None, "2030-01-01", 4),
])  # fmt: skip
def test_value_in_all_counts_every_period(per: str, first: str | None, last: str | None, times: int) -> None:
    days = [dt.date.fromisoformat(day) if day else None for day in (first, last)]
    contract = SimpleNamespace(value=Decimal("10.5"), per=per, starts_on=days[0], ends_on=days[1])
    assert in_all(contract) == Decimal("10.5") * times
    contract.value = None
    assert in_all(contract) is None


def test_signing_page_says_the_value_in_all_and_closes_where_no_answer_is_taken(
    signing: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    customer = signing.company.customer(signing.account_id)
    path = sign_page(signing, "C-1")
    shown = customer.get(path)
    assert "€5,040.00" in shown.text
    form = next(one for one in shown.forms.values() if "document_sha256" in one.fields)
    sent = {name: value for name, value in form.submit_fields() if name != "csrf_token"}
    connector = signing.portal.parts.connections.connectors["companydb"]
    monkeypatch.setattr(type(connector), "capabilities", connector.capabilities - {answering.CAPABILITY})
    assert "This cannot be signed now." in customer.get(path).text
    customer.post(path, sent | {"name": "Robin Signer", "agree": "true"}, status=409)
    assert answers(signing) == []


def test_contract_without_a_value_names_none_and_takes_one_signature(signing: World) -> None:
    customer, frame = signing.company.customer(signing.account_id), "Frame of prices"
    signing.sql(f"update contracts set status = 'offered', updated_at = now() + interval '1 second' where title = '{frame}'")
    signing.synchronise()
    form = next(one for one in customer.get(sign_page(signing, "C-2")).forms.values() if "document_sha256" in one.fields)
    shown = customer.get(sign_page(signing, "C-2")).text
    assert "In total" not in shown
    assert "0.00" not in shown
    sent = {name: value for name, value in form.submit_fields() if name != "csrf_token"}
    customer.post(sign_page(signing, "C-2"), sent | {"name": "Robin Signer", "agree": "true"}, status=303)
    assert len(answers(signing)) == 1


def test_answer_whose_connection_is_deleted_stands_and_the_company_is_asked_to_enter_it(signing: World) -> None:
    customer, page, path = signing.company.customer(signing.account_id), signing.page("C-1"), sign_page(signing, "C-1")
    api = signing.company.api(signing.company.customer_person(signing.account_id))
    form = next(one for one in customer.get(path).forms.values() if "document_sha256" in one.fields)
    sent = {name: value for name, value in form.submit_fields() if name != "csrf_token"}
    customer.post(path, sent | {"name": "Robin Signer", "agree": "true"}, status=303)
    with signing.company.system() as db:
        connections.delete(db, signing.connection_id)
    signing.portal.parts.connections.forget(signing.connection_id)
    signing.work()
    assert answers(signing) == [(True, "unconfirmed", "")]
    assert [row.state for row in signing.all(sa.text("SELECT state FROM signatures_signature"))] == ["agreed"]
    assert "contracts.unconfirmed" in trail(signing)
    assert [data["customer"] for data in told(signing, "contracts.to_enter")] == ["Acme"]
    assert len(told(signing, "contracts.unconfirmed")) == 1
    assert "Ask the company if you hear nothing." in customer.get(page).text
    assert "if not, enter it there" in signing.company.agent().get(page).text
    found = api.get(f"/contracts/{signing.contract('C-1').id}").json
    assert (found["state"], found["answer"], found["taken_at"], found["can_answer"]) == ("agreed", "unconfirmed", None, False)


def test_answer_waits_while_its_connection_is_there_and_cannot_be_used(
    world: World, customer: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    customer.post(f"{world.page('C-1')}/agree", world.seen("C-1"), status=303)
    connector = world.portal.parts.connections.connectors["companydb"]
    with monkeypatch.context() as patch:
        patch.setattr(type(connector), "capabilities", connector.capabilities - {answering.CAPABILITY})
        world.work()
        assert answers(world) == [(True, "waiting", "")]
    with world.company.system() as db:
        db.execute(sa.update(ANSWER).values(at=now() - delivery.SETTLED * 2))
        delivery.end_orphans(db)
        delivery.wake(db)
    world.work()
    assert answers(world) == [(True, "taken", "")]


def test_signatures_of_several_end_in_words_where_no_answer_is_taken_any_more(
    signing: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    company, path = signing.company, sign_page(signing, "C-1")
    first, colleague = company.customer(signing.account_id), company.customer_person(signing.account_id)
    form = next(one for one in first.get(path).forms.values() if "document_sha256" in one.fields)
    sent = {name: value for name, value in form.submit_fields() if name != "csrf_token"}
    named = {"name": "Robin Signer", "agree": "true", "signer_2": str(colleague.id)}
    first.post(path, sent | named, status=303)
    connector = signing.portal.parts.connections.connectors["companydb"]
    monkeypatch.setattr(type(connector), "capabilities", connector.capabilities - {answering.CAPABILITY})
    with company.system() as db:
        enqueue(db, FOLLOW)
    signing.work()
    rows = signing.all(sa.text("SELECT id, state, ended_why FROM signatures_signature"))
    assert [(row.state, row.ended_why) for row in rows] == [("void", "not-taken")]
    assert len(told(signing, "signatures.not_taken")) == 2
    for page in (path, f"/signatures/{rows[0].id}"):
        assert "Ask the company how to agree to it." in first.get(page).text
    assert "which cannot be given here" in company.agent().get(signing.page("C-1")).text
