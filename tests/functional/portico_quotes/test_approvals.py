"""Above their limit people ask, and a colleague decides, never the one who asks, and once (TEN-5)."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from types import SimpleNamespace
from typing import Any
from uuid import UUID

import pytest
import sqlalchemy as sa
from tests.functional.portico_quotes.conftest import Shop
from webtest import Upload

from portico.notify.fan_out import fan_out
from portico.testing.client import Client

OFFERED = (
    "UPDATE quotes_quote SET state = 'processed', number = 'Q-1', erp_ref = 'quote:1', delivery = 'sent', approval_id = NULL "
    "WHERE id = :i"
)


class People:
    """Colleagues at the shop's customer: each with a browser (`page`) and a program (`api`)."""

    def __init__(self, shop: Shop) -> None:
        self.shop = shop

    def join(self, name: str, role: str, **place: Any) -> Any:
        company = self.shop.company
        person = company.customer_person(self.shop.account_id, name, role=role, **place)
        return SimpleNamespace(person=person, id=person.id, page=company.client(person), api=company.api(person))

    def buyer(self, limit: int = 1000, **place: Any) -> Any:
        return self.join("Bea Buyer", "purchaser", limit_amount=limit, limit_currency="EUR", **place)


@pytest.fixture
def people(shop: Shop) -> People:
    return People(shop)


def send(client: Client, path: str, status: int = 200, **body: Any) -> Any:
    return client.json("post", path, body, status=status).json


def asked(shop: Shop, buyer: Any, **lines: Any) -> Any:
    """A quote of two sheets of steel (2,280 with tax), and the request for its approval."""
    quote = shop.draft(buyer.api, **(lines or {"STEEL_1": 2}))
    return send(buyer.api, f"/quotes/{quote['id']}/submit/approval", note="We need it by Friday")


def request_of(shop: Shop, quote: Any) -> Any:
    with shop.portal.superuser() as db:
        query = "SELECT * FROM approval WHERE subject_id = :q ORDER BY id DESC LIMIT 1"
        return db.execute(sa.text(query), {"q": quote["id"]}).one()


def told(shop: Shop, kind: str) -> set[Any]:
    """Who got a notice of that kind, with the jobs run."""
    company, parts = shop.company, shop.portal.parts
    job = SimpleNamespace(session=company.system, portico=parts, tenant=company.tenant, relay=parts.relay(company.tenant))
    with shop.portal.superuser() as db:
        query = "SELECT id FROM event WHERE tenant_id = :t AND kind = :k"
        events = db.scalars(sa.text(query), {"t": company.id, "k": kind}).all()
    for event in events:
        fan_out(job, str(event))
    with shop.portal.superuser() as db:
        query = "SELECT user_id FROM notification WHERE tenant_id = :t AND kind = :k"
        return set(db.scalars(sa.text(query), {"t": company.id, "k": kind}))


def test_within_the_limit_one_orders_alone_and_above_it_not(shop: Shop, people: People) -> None:
    buyer = people.buyer(limit=1140)
    small, large = shop.draft(buyer.api, STEEL_1=1), shop.draft(buyer.api, STEEL_1=2)
    assert send(buyer.api, f"/quotes/{small['id']}/submit")["state"] == "submitted"  # exactly the limit
    refused = send(buyer.api, f"/quotes/{large['id']}/submit", 409)
    assert refused["code"] == "above-limit"
    assert (refused["limit"], refused["amount"], refused["currency"]) == ("1140.00", "2280.00", "EUR")
    assert shop.quote(large["id"]).state == "draft"
    assert len(shop.jobs("quotes.submit")) == 1
    page = buyer.page.post(f"/quotes/{large['id']}/submit", {"version": large["version"]}, status=409)
    assert "Ask for approval" in page
    send(buyer.api, f"/quotes/{small['id']}/submit/approval", 409)
    third = shop.draft(buyer.api, BOLT_8=1)
    assert send(buyer.api, f"/quotes/{third['id']}/submit/approval", 409)["code"] == "no-approval-needed"


def test_approved_is_submitted_and_delivered(shop: Shop, people: People) -> None:
    buyer, money, owner = people.buyer(reach="own"), people.join("Fin Ance", "finance"), people.join("Olive Owner", "owner")
    people.join("Vic Viewer", "viewer")
    people.join("Narrow Finance", "finance", reach="own")
    quote = asked(shop, buyer)
    assert quote["state"] == "draft"
    assert quote["approval_id"]
    assert told(shop, "approvals.requested") == {money.id, owner.id}
    path = f"/approvals/{quote['approval_id']}"
    assert "We need it by Friday" in money.page.get(path)
    assert quote["approval_id"] in money.page.get("/approvals")
    assert "Waits for approval" in buyer.page.get(f"/quotes/{quote['id']}")
    assert "Waits for approval" in buyer.page.get("/quotes")
    money.page.post(f"{path}/approve", status=303)
    assert shop.quote(quote["id"]).state == "submitted"
    assert shop.quote(quote["id"]).approval_id is None
    assert shop.work("quotes.submit") == 1
    assert shop.quote(quote["id"]).delivery == "sent"
    assert told(shop, "approvals.approved") == {buyer.id}
    assert "approved by Fin Ance" in buyer.page.get(f"/quotes/{quote['id']}")
    closed = money.api.get("/approvals", {"open": "false"}).json["items"]
    assert [(one["status"], one["decider"], one["amount"]) for one in closed] == [("approved", "Fin Ance", "2280.00")]
    with shop.portal.superuser() as db:
        query = "SELECT actor, after FROM audit_entry WHERE tenant_id = :t AND action = 'approvals.approved'"
        entry = db.execute(sa.text(query), {"t": shop.company.id}).one()
    assert (entry.actor, entry.after["author"]) == (money.person.email, str(buyer.id))


def test_declined_with_a_reason_is_a_draft_as_before(shop: Shop, people: People) -> None:
    buyer, money = people.buyer(), people.join("Fin Ance", "finance")
    quote = asked(shop, buyer)
    path = f"/approvals/{quote['approval_id']}"
    send(money.api, f"{path}/decline", 422, reason="  ")
    assert "Why not?" in money.page.get(f"{path}/decline")
    money.page.post(f"{path}/decline", {"__formid__": "form", "reason": "Too early"}, status=303)
    row = shop.quote(quote["id"])
    assert (row.state, row.approval_id) == ("draft", None)
    assert told(shop, "approvals.declined") == {buyer.id}
    assert "Too early" in buyer.page.get(path)
    again = send(buyer.api, f"/quotes/{quote['id']}/submit/approval")
    assert again["approval_id"] != quote["approval_id"]


@pytest.mark.without("portico.approvals.service:_check_decider OwnRequestError")
@pytest.mark.parametrize("role", ["owner", "finance"])
def test_nobody_approves_what_they_asked_for(shop: Shop, people: People, role: str) -> None:
    """Not by having become an approver since, either."""
    buyer = people.buyer()
    quote = asked(shop, buyer)
    with shop.company.system() as db:
        statement = "UPDATE account_member SET role = :r, limit_amount = NULL, limit_currency = NULL WHERE user_id = :u"
        db.execute(sa.text(statement), {"r": role, "u": buyer.id})
    for way in ("approve", "decline"):
        refused = send(buyer.api, f"/approvals/{quote['approval_id']}/{way}", 403, **({"reason": "x"} if way == "decline" else {}))
        assert refused["code"] == "own-request"
    assert shop.quote(quote["id"]).state == "draft"
    # And if all code were wrong, the database would refuse.
    with pytest.raises(sa.exc.IntegrityError), shop.company.scope_of(buyer.person) as db:
        db.execute(sa.text("UPDATE approval SET status = 'approved', decided_by = author_id"))


@pytest.mark.without("portico.approvals.service:_check_decider NotApproverError 2")
def test_named_approver_decides_or_an_owner_does(shop: Shop, people: People) -> None:
    named, other, owner = (people.join(*one) for one in (("Nan Amed", "finance"), ("Oto Ther", "finance"), ("Olive Owner", "owner")))
    buyer = people.buyer(approver_id=named.id)
    first, second = asked(shop, buyer), asked(shop, buyer)
    assert told(shop, "approvals.requested") == {named.id}
    assert send(other.api, f"/approvals/{first['approval_id']}/approve", 403)["code"] == "not-approver"
    assert send(named.api, f"/approvals/{first['approval_id']}/approve")["status"] == "approved"
    assert send(owner.api, f"/approvals/{second['approval_id']}/approve")["status"] == "approved"


@pytest.mark.without("portico.approvals.service:_check_decider OwnLimitError")
def test_whose_own_limit_is_lower_does_not_decide(shop: Shop, people: People) -> None:
    small, enough = (people.join(name, "finance", limit_amount=most, limit_currency="EUR") for name, most in (("Sam Small", 10), ("Ed Enough", 2280)))
    owner = people.join("Olive Owner", "owner")
    buyer = people.buyer(approver_id=small.id)
    first, second = asked(shop, buyer), asked(shop, buyer)
    assert told(shop, "approvals.requested") == {enough.id, owner.id}
    path = f"/approvals/{first['approval_id']}"
    for way in ("approve", "decline"):
        refused = send(small.api, f"{path}/{way}", 403, **({"reason": "x"} if way == "decline" else {}))
        assert refused["code"] == "above-own-limit"
    page = small.page.get(path).text
    assert "data-dialog-open" not in page
    assert "Ed Enough" in page
    assert "Sam Small" not in buyer.page.get(path).text
    assert not any(one["may_decide"] for one in small.api.get("/approvals").json["items"])
    assert all(one["may_decide"] for one in enough.api.get("/approvals").json["items"])
    assert send(enough.api, f"{path}/approve")["status"] == "approved"
    assert send(owner.api, f"/approvals/{second['approval_id']}/approve")["status"] == "approved"


def test_who_asks_is_told_that_nobody_is_left_to_decide(shop: Shop, people: People) -> None:
    people.join("Sam Small", "finance", limit_amount=10, limit_currency="EUR")
    buyer = people.buyer()
    quote = asked(shop, buyer)
    assert told(shop, "approvals.requested") == set()
    assert "Nobody can at the moment. Ask an owner of your organisation." in buyer.page.get(f"/approvals/{quote['approval_id']}")


def test_where_the_named_one_was_limited_since_an_owner_steps_in(shop: Shop, people: People) -> None:
    named, owner = people.join("Nan Amed", "finance"), people.join("Olive Owner", "owner")
    people.join("Oto Ther", "finance")
    buyer = people.buyer(approver_id=named.id)
    path = f"/approvals/{asked(shop, buyer)['approval_id']}"
    with shop.company.system() as db:
        statement = "UPDATE account_member SET limit_amount = 10, limit_currency = 'EUR' WHERE user_id = :u"
        db.execute(sa.text(statement), {"u": named.id})
    page = buyer.page.get(path).text
    assert "Olive Owner" in page
    assert "Oto Ther" not in page
    assert send(named.api, f"{path}/approve", 403)["code"] == "above-own-limit"
    assert send(owner.api, f"{path}/approve")["status"] == "approved"


def test_who_was_named_and_may_approve_no_more_is_asked_by_nobody(shop: Shop, people: People) -> None:
    owner, money, other = (people.join(*one) for one in (("Olive Owner", "owner"), ("Fin Ance", "finance"), ("Fin Two", "finance")))
    quote = asked(shop, people.buyer(approver_id=money.id))
    assert send(other.api, f"/approvals/{quote['approval_id']}/approve", 403)["code"] == "not-approver"
    with shop.company.system() as db:
        row = db.execute(sa.text("SELECT account_id, id FROM account_member WHERE user_id = :user"), {"user": money.id}).one()
    owner.api.json("put", f"/organisations/{row.account_id}/members/{row.id}", {"role": "viewer"}, status=200)
    send(other.api, f"/approvals/{quote['approval_id']}/approve")


def test_request_of_somebody_who_left_is_not_approved(shop: Shop, people: People) -> None:
    buyer, money = people.buyer(), people.join("Fin Ance", "finance")
    quote = asked(shop, buyer)
    with shop.company.system() as db:
        db.execute(sa.text("DELETE FROM account_member WHERE user_id = :user"), {"user": buyer.id})
    assert "does not belong" in send(money.api, f"/approvals/{quote['approval_id']}/approve", 409)["title"]
    send(money.api, f"/approvals/{quote['approval_id']}/decline", reason="Left")
    assert shop.jobs("quotes.submit") == []


@pytest.mark.without("portico.approvals.service:_check_decider NotApproverError")
def test_those_who_may_not_approve_do_not(shop: Shop, people: People) -> None:
    quote = asked(shop, people.buyer())
    viewer, purchaser = people.join("Vic Viewer", "viewer"), people.join("Pur Chaser", "purchaser")
    narrow = people.join("Narrow Finance", "finance", reach="own")
    stranger = shop.company.customer(shop.company.account("Bolt", "C2"))
    path = f"/approvals/{quote['approval_id']}"
    for client in (viewer.api, purchaser.api):
        send(client, f"{path}/approve", 403)
    for client in (narrow.api, shop.company.api(stranger.person)):
        send(client, f"{path}/approve", 404)
    agent, admin = shop.company.agent(), shop.company.admin()
    for staff in (agent, admin):
        assert "Bea Buyer" in staff.get(path)
        send(shop.company.api(staff.person), f"{path}/approve", 403)
    assert request_of(shop, quote).status == "open"


def test_two_who_decide_at_once_make_one_decision(shop: Shop, people: People) -> None:
    deciders = [people.join(f"Decider {n}", "finance").api for n in range(4)]
    buyer = people.buyer()
    for _ in range(3):
        quote = asked(shop, buyer)
        path = f"/approvals/{quote['approval_id']}"

        def decide(pair: tuple[int, Client], path: str = path) -> int:
            number, client = pair
            way, body = ("approve", {}) if number % 2 else ("decline", {"reason": "No"})
            return client.json("post", f"{path}/{way}", body, status="*").status_int

        with ThreadPoolExecutor(4) as pool:
            answers = list(pool.map(decide, enumerate(deciders)))
        assert sorted(answers) == [200, 409, 409, 409], answers
        row = request_of(shop, quote)
        assert shop.quote(quote["id"]).state == ("submitted" if row.status == "approved" else "draft")
        with shop.portal.superuser() as db:
            query = "SELECT count(*) FROM audit_entry WHERE subject_id = :q AND action IN ('approvals.approved', 'approvals.declined')"
            assert db.scalar(sa.text(query), {"q": quote["id"]}) == 1


def test_change_and_approval_at_once_never_send_what_nobody_approved(shop: Shop, people: People) -> None:
    buyer, money = people.buyer(), people.join("Fin Ance", "finance")
    for _ in range(4):
        quote = asked(shop, buyer)
        body = {"lines": [{"item": str(shop.items()["STEEL-1"]), "quantity": "9"}]}

        def change(quote: Any = quote, body: Any = body) -> int:
            return buyer.api.json("put", f"/quotes/{quote['id']}", body, status="*").status_int

        def approve(quote: Any = quote) -> int:
            return money.api.json("post", f"/approvals/{quote['approval_id']}/approve", {}, status="*").status_int

        with ThreadPoolExecutor(2) as pool:
            done = [one.result() for one in (pool.submit(change), pool.submit(approve))]
        row = shop.quote(quote["id"])
        assert sorted(done) == [200, 409], done
        assert (row.state, str(row.gross)) in {("submitted", "2280.0000"), ("draft", "10260.0000")}


@pytest.mark.parametrize("how", ["lines", "note", "file", "discard", "withdraw", "price"])
def test_what_changed_is_not_approved(shop: Shop, people: People, how: str) -> None:
    buyer, money = people.buyer(), people.join("Fin Ance", "finance")
    quote = asked(shop, buyer)
    path = f"/quotes/{quote['id']}"
    if how == "lines":
        buyer.api.json("put", path, {"lines": [{"item": str(shop.items()["STEEL-1"]), "quantity": "9"}]}, status=200)
    elif how == "note":
        buyer.page.post(f"{path}/change", {"note": "Another", "version": quote["version"]}, status=303)
    elif how == "file":
        buyer.page.post(f"{path}/files/add", {"file": Upload("plan.txt", b"Another plan")}, status=303)
    elif how == "discard":
        buyer.api.delete(path, status=204)
    elif how == "withdraw":
        buyer.page.post(f"/approvals/{quote['approval_id']}/withdraw", status=303)
    else:
        shop.sql("update price_list_item set price = 960 where item_code = 'STEEL-1' and min_quantity = 0")
        shop.forget()
        buyer.page.htmx(f"{path}/prices")  # the builder reads them anew
    assert request_of(shop, quote).status == "withdrawn"
    assert send(money.api, f"/approvals/{quote['approval_id']}/approve", 409)["code"] == "already-decided"
    assert shop.quote(quote["id"]).approval_id is None
    assert shop.jobs("quotes.submit") == []


@pytest.mark.without("portico.approvals.service:withdraw NotFoundError")
def test_only_whoever_asked_takes_it_back(shop: Shop, people: People) -> None:
    """Colleagues who see the request, and may approve it, too: to them there is nothing to take back."""
    buyer = people.buyer()
    quote = asked(shop, buyer)
    path = f"/approvals/{quote['approval_id']}"
    for name, role in (("Fin Ance", "finance"), ("Olive Owner", "owner"), ("Vic Viewer", "viewer"), ("Bob Buyer", "purchaser")):
        colleague = people.join(name, role)
        colleague.page.get(path, status=200)
        colleague.page.post(f"{path}/withdraw", status=404)
        send(colleague.api, f"{path}/withdraw", 404)
        assert request_of(shop, quote).status == "open"
    buyer.page.post(f"{path}/withdraw", status=303)
    assert request_of(shop, quote).status == "withdrawn"


def test_price_that_changed_after_the_request_comes_back_for_confirmation(shop: Shop, people: People) -> None:
    buyer, money = people.buyer(), people.join("Fin Ance", "finance")
    quote = asked(shop, buyer)
    shop.sql("update price_list_item set price = 960 where item_code = 'STEEL-1' and min_quantity = 0")
    shop.forget()
    send(money.api, f"/approvals/{quote['approval_id']}/approve")
    shop.work("quotes.submit")
    row = shop.quote(quote["id"])
    assert (row.state, row.delivery) == ("draft", "confirm")
    refused = send(buyer.api, f"/quotes/{quote['id']}/submit", 409)
    assert refused["code"] == "prices-changed"
    refused = send(buyer.api, f"/quotes/{quote['id']}/submit", 409, confirmation=refused["confirmation"])
    assert refused["code"] == "above-limit"


def test_prices_are_agreed_to_before_approval_is_asked(shop: Shop, people: People) -> None:
    buyer = people.buyer()
    people.join("Fin Ance", "finance")
    quote = shop.draft(buyer.api, STEEL_1=2)
    shop.sql("update price_list_item set price = 960 where item_code = 'STEEL-1' and min_quantity = 0")
    shop.forget()
    refused = send(buyer.api, f"/quotes/{quote['id']}/submit/approval", 409)
    assert refused["code"] == "prices-changed"
    send(buyer.api, f"/quotes/{quote['id']}/submit/approval", confirmation=refused["confirmation"])
    assert request_of(shop, quote).amount == 2304


def test_offer_above_the_limit_is_accepted_when_approved(shop: Shop, people: People) -> None:
    buyer, money = people.buyer(), people.join("Fin Ance", "finance")
    quote = shop.draft(buyer.api, STEEL_1=2)
    with shop.company.system() as db:
        db.execute(sa.text(OFFERED), {"i": UUID(quote["id"])})
    path = f"/quotes/{quote['id']}"
    seen = shop.seen(quote["id"], po_number="PO-7")
    assert send(buyer.api, f"{path}/accept", 409, **seen)["code"] == "above-limit"
    assert "Ask for approval" in buyer.page.post(f"{path}/accept", seen, status=409)
    waiting = send(buyer.api, f"{path}/accept/approval", **seen, note="Please")
    assert (waiting["state"], bool(waiting["approval_id"])) == ("processed", True)
    send(money.api, f"/approvals/{waiting['approval_id']}/approve")
    row = shop.quote(quote["id"])
    assert (row.state, row.answer, row.answered_by, row.po_number) == ("accepted", "accept", "Bea Buyer", "PO-7")
    assert len(shop.jobs("quotes.decide")) == 1


def test_offer_that_ended_is_not_accepted_by_approval(shop: Shop, people: People) -> None:
    buyer, money = people.buyer(), people.join("Fin Ance", "finance")
    quote = shop.draft(buyer.api, STEEL_1=2)
    with shop.company.system() as db:
        db.execute(sa.text(OFFERED), {"i": UUID(quote["id"])})
    waiting = send(buyer.api, f"/quotes/{quote['id']}/accept/approval", **shop.seen(quote["id"]))
    with shop.company.system() as db:
        statement = "UPDATE quotes_quote SET valid_until = current_date - 3 WHERE id = :i"
        db.execute(sa.text(statement), {"i": UUID(quote["id"])})
    send(money.api, f"/approvals/{waiting['approval_id']}/approve", 409)
    assert request_of(shop, quote).status == "open"  # the decision went with its failure
    from portico_quotes import decisions

    with shop.company.system() as db:
        decisions.expire(db)
    assert request_of(shop, quote).status == "withdrawn"
    assert shop.quote(quote["id"]).state == "expired"


@pytest.fixture
def offer(shop: Shop) -> str:
    """Two sheets of steel (2,280 with tax), as the company offers them."""
    quote = shop.draft(STEEL_1=2)
    send(shop.api(), f"/quotes/{quote['id']}/submit")
    shop.work("quotes.submit")
    shop.sql("update quotes set status = 'priced', valid_until = current_date + 7")
    shop.synchronise()
    return str(quote["id"])


def test_approval_is_asked_for_what_was_seen_alone(shop: Shop, people: People, offer: str) -> None:
    buyer, path = people.buyer(), f"/quotes/{offer}"
    seen = shop.seen(offer, po_number="PO-7")
    above = buyer.page.post(f"{path}/accept", seen, status=409)
    (form,) = (one for one in above.forms.values() if one.action.endswith("/accept/approval"))
    form["note"] = "We need it by Friday"
    shop.sql("update quotes set net_total = 4000, tax_total = 800, gross_total = 4800")
    shop.synchronise()
    sent = dict(form.submit_fields())
    assert send(buyer.api, f"{path}/accept/approval", 409, **seen)["code"] == "offer-changed"
    refused = buyer.page.post(f"{path}/accept/approval", sent, status=409)
    assert "The offer has changed since you saw it. Look at it again." in refused
    assert "You agree to <bdi class=\"money\">€4,800.00</bdi> in total." in refused
    assert shop.quote(offer).approval_id is None
    (form,) = (one for one in refused.forms.values() if one.action.endswith("/accept"))
    above = buyer.page.post(f"{path}/accept", dict(form.submit_fields()), status=409)
    (form,) = (one for one in above.forms.values() if one.action.endswith("/accept/approval"))
    assert (form["po_number"].value, form["note"].value) == ("PO-7", "We need it by Friday")
    buyer.page.post(f"{path}/accept/approval", dict(form.submit_fields()), status=303)
    assert request_of(shop, {"id": offer}).amount == 4800


@pytest.mark.parametrize("change", ["gross_total = 2290, tax_total = 390", "valid_until = current_date + 3"])
def test_approval_of_one_version_accepts_no_other(shop: Shop, people: People, offer: str, change: str) -> None:
    buyer, money = people.buyer(), people.join("Fin Ance", "finance")
    waiting = send(buyer.api, f"/quotes/{offer}/accept/approval", **shop.seen(offer))
    shop.sql(f"update quotes set {change}")
    shop.synchronise()
    assert request_of(shop, waiting).status == "withdrawn"
    refused = send(money.api, f"/approvals/{waiting['approval_id']}/approve", 409)
    assert refused["code"] == "already-decided"
    assert shop.quote(offer).state in ("processed", "revised")


def test_approval_outlives_a_record_that_was_saved_unchanged(shop: Shop, people: People, offer: str) -> None:
    buyer, money = people.buyer(), people.join("Fin Ance", "finance")
    waiting = send(buyer.api, f"/quotes/{offer}/accept/approval", **shop.seen(offer))
    shop.sql("update quotes set updated_at = now()")
    shop.synchronise()
    send(money.api, f"/approvals/{waiting['approval_id']}/approve")
    assert shop.quote(offer).state == "accepted"


def test_limit_of_another_currency_lets_nothing_through(shop: Shop, people: People) -> None:
    buyer = people.join("Bea Buyer", "purchaser", limit_amount=100_000, limit_currency="USD")
    quote = shop.draft(buyer.api, BOLT_8=1)
    assert send(buyer.api, f"/quotes/{quote['id']}/submit", 409)["code"] == "above-limit"


def test_limits_bind_neither_owners_nor_staff_nor_those_without(shop: Shop, people: People) -> None:
    agent = shop.company.agent()
    for api in (people.join("Olive Owner", "owner").api, people.join("Pur Chaser", "purchaser").api):
        quote = shop.draft(api, STEEL_1=2)
        assert send(api, f"/quotes/{quote['id']}/submit")["state"] == "submitted"
    quote = shop.draft(people.buyer().api, STEEL_1=2)
    assert send(shop.company.api(agent.person), f"/quotes/{quote['id']}/submit")["state"] == "submitted"


def test_who_has_a_higher_limit_may_simply_submit(shop: Shop, people: People) -> None:
    buyer, other = people.buyer(), people.join("Pur Chaser", "purchaser")
    quote = asked(shop, buyer)
    assert send(other.api, f"/quotes/{quote['id']}/submit")["state"] == "submitted"
    assert request_of(shop, quote).status == "withdrawn"


def test_asking_again_of_the_same_draft_keeps_one_request_open(shop: Shop, people: People) -> None:
    buyer = people.buyer()
    people.join("Fin Ance", "finance")
    quote = asked(shop, buyer)
    def ask(_number: int) -> int:
        return buyer.api.json(
            "post", f"/quotes/{quote['id']}/submit/approval", {}, status="*"
        ).status_int

    with ThreadPoolExecutor(3) as pool:
        answers = list(pool.map(ask, range(3)))
    assert answers == [200, 200, 200]
    with shop.portal.superuser() as db:
        query = "SELECT count(*) FROM approval WHERE subject_id = :q AND status = 'open'"
        assert db.scalar(sa.text(query), {"q": quote["id"]}) == 1
