"""What the company answers: its prices, its own quotes, and the customer's word on them."""

from __future__ import annotations

import datetime as dt
import uuid
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
import sqlalchemy as sa

from portico_erp.values import Agreed
from portico_quotes import delivery, jobs
from portico_quotes.models import Happening, Quote


def revise(shop: Any) -> None:
    """The company asks for more: 2,371.00 with tax."""
    shop.sql("update quote_lines set unit_price = 900 where item_code = 'STEEL-1'")
    shop.sql("update quotes set net_total = 2000, tax_total = 371, gross_total = 2371")
    shop.synchronise()


def test_accepting_reaches_the_company_with_the_order_number_and_once(shop: Any, offer: str) -> None:
    customer = shop.customer()
    pressed = shop.seen(offer, po_number="PO-9")
    for _press in range(2):
        customer.post(f"/quotes/{offer}/accept", pressed, status=303)
    assert shop.quote(offer).state == "accepted"
    assert len(shop.jobs("quotes.decide")) == 1
    assert "on its way" in customer.get(f"/quotes/{offer}").text
    shop.synchronise()  # the company still says "priced": that is older than the answer
    assert shop.quote(offer).state == "accepted"
    shop.work("quotes.decide")
    assert shop.sql("select status, po_number from quotes") == [("accepted", "PO-9")]
    shop.synchronise()
    assert (shop.quote(offer).state, shop.quote(offer).answer) == ("accepted", None)


def test_an_answer_that_meets_broken_tables_waits_and_staff_are_told_once(shop: Any, offer: str) -> None:
    customer, agent = shop.customer(), shop.company.agent()
    customer.post(f"/quotes/{offer}/accept", shop.seen(offer), status=303)
    shop.sql("alter table quotes rename to quotes_gone")
    for _turn in range(2):
        shop.work("quotes.decide")
    page = customer.get(f"/quotes/{offer}").text
    assert "Your answer is kept, and is sent as soon as that is mended." in page
    assert "no table" not in page
    assert "there is no table" in agent.get(f"/quotes/{offer}").text
    with shop.company.system() as db:
        assert db.query(Happening).filter_by(kind="fault").count() == 1
    shop.sql("alter table quotes_gone rename to quotes")
    shop.work("quotes.decide")
    assert shop.sql("select status from quotes") == [("accepted",)]
    assert (shop.quote(offer).answer, shop.quote(offer).problem) == (None, None)
    assert "has a fault" not in customer.get(f"/quotes/{offer}").text.partition("timeline")[0]


def test_declining_takes_the_reason_along(shop: Any, offer: str) -> None:
    shop.customer().post(f"/quotes/{offer}/decline", {"reason": "Too dear"}, status=303)
    shop.work("quotes.decide")
    assert shop.sql("select status, reason from quotes") == [("declined", "Too dear")]
    shop.api().json("post", f"/quotes/{offer}/accept", shop.seen(offer), status=409)


def test_expired_offer_cannot_be_accepted_before_or_after_it_is_marked(shop: Any, offer: str) -> None:
    yesterday = dt.date.today() - dt.timedelta(days=2)
    with shop.company.system() as db:
        db.execute(sa.update(Quote).values(valid_until=yesterday))
    assert "no longer valid" in shop.customer().get(f"/quotes/{offer}").text
    assert shop.api().json("post", f"/quotes/{offer}/accept", shop.seen(offer), status=409).json["code"] == "quote-expired"
    jobs.tidy(shop.job)
    assert shop.quote(offer).state == "expired"
    assert shop.api().json("post", f"/quotes/{offer}/accept", shop.seen(offer), status=409).json["code"] == "quote-expired"
    assert shop.jobs("quotes.decide") == []


def test_answer_that_the_company_refuses_is_told(shop: Any, offer: str) -> None:
    shop.customer().post(f"/quotes/{offer}/accept", shop.seen(offer), status=303)
    shop.sql("update quotes set status = 'cancelled'")
    shop.work("quotes.decide")
    assert "does not wait for an answer" in shop.customer().get(f"/quotes/{offer}").text
    shop.synchronise()
    assert shop.quote(offer).state == "cancelled"


@pytest.mark.parametrize("answer", ["accept", "decline"])
@pytest.mark.parametrize("read_first", [False, True], ids=["before it is read", "after it was read"])
def test_an_answer_that_is_on_its_way_while_the_company_revises_its_offer_is_void_and_asked_anew(
    shop: Any, offer: str, answer: str, read_first: bool
) -> None:
    customer, path = shop.customer(), f"/quotes/{offer}"
    pressed = shop.seen(offer, po_number="PO-9") if answer == "accept" else {"reason": "Too dear"}
    customer.post(f"{path}/{answer}", pressed, status=303)
    with shop.company.system() as db:
        assert delivery.set_out(db, uuid.UUID(offer)) is not None  # from here on nobody can undo it
    if read_first:
        revise(shop)
    else:
        shop.sql("update quotes set valid_until = current_date + 3")
    shop.work("quotes.decide")
    assert shop.sql("select status, po_number from quotes") == [("priced", None)]
    after = shop.quote(offer)
    assert (after.answer, after.agreed, after.before_answer, after.po_number, after.reason) == (None, None, None, "", "Thank you")
    assert after.state == ("revised" if read_first else "processed")
    page = customer.get(path).text
    assert "Answer void" in page
    assert f"{path}/accept" in page
    assert len(shop.jobs("connections.sync")) == 1
    shop.synchronise()
    assert (shop.quote(offer).valid_until == after.valid_until) is read_first
    customer.post(f"{path}/accept", accepting(customer.get(path)), status=303)
    shop.work("quotes.decide")
    assert shop.sql("select status from quotes") == [("accepted",)]
    assert shop.quote(offer).answer is None


def test_an_answer_carries_what_was_agreed_to_the_company(shop: Any, offer: str) -> None:
    quote = shop.quote(offer)
    shop.customer().post(f"/quotes/{offer}/accept", shop.seen(offer), status=303)
    with shop.company.system() as db:
        told = delivery.set_out(db, uuid.UUID(offer))
    assert told.agreed == Agreed(quote.gross, quote.currency, quote.remote_version)
    assert quote.remote_version


def test_second_price_of_the_company_is_a_revision(shop: Any, offer: str) -> None:
    revise(shop)
    assert (shop.quote(offer).state, shop.quote(offer).gross) == ("revised", 2371)
    shop.synchronise()
    assert shop.quote(offer).state == "revised"


def accepting(page: Any) -> dict[str, str]:
    """What the page's form of accepting sends."""
    (form,) = (one for one in page.forms.values() if one.action.endswith("/accept"))
    return {name: value for name, value in form.submit_fields() if name in ("version", "po_number", "note")}


def test_old_page_accepts_nothing_that_it_did_not_show(shop: Any, offer: str) -> None:
    customer, path = shop.customer(), f"/quotes/{offer}"
    old = accepting(customer.get(path)) | {"po_number": "PO-9"}
    revise(shop)
    refused = customer.post(f"{path}/accept", old, status=409)
    assert "The offer has changed since you saw it. Look at it again." in refused
    assert "You agree to <bdi class=\"money\">€2,371.00</bdi> in total." in refused
    assert (shop.quote(offer).state, shop.jobs("quotes.decide")) == ("revised", [])
    again = accepting(refused)
    assert again == shop.seen(offer, po_number="PO-9") | {"version": str(shop.quote(offer).version)}
    customer.post(f"{path}/accept", again, status=303)
    assert (shop.quote(offer).state, shop.quote(offer).gross, shop.quote(offer).po_number) == ("accepted", 2371, "PO-9")


def test_form_that_does_not_say_what_it_showed_accepts_nothing(shop: Any, offer: str) -> None:
    assert "has changed since you saw it" in shop.customer().post(f"/quotes/{offer}/accept", {}, status=409)
    assert shop.quote(offer).state == "processed"


def test_program_accepts_the_version_that_it_read(shop: Any, offer: str) -> None:
    api, path = shop.api(), f"/quotes/{offer}"
    api.json("post", f"{path}/accept", {}, status=422)
    read = api.get(path).json
    revise(shop)
    refused = api.json("post", f"{path}/accept", {"version": read["version"]}, status=409)
    assert refused.json["code"] == "offer-changed"
    assert shop.quote(offer).state == "revised"
    accepted = api.json("post", f"{path}/accept", {"version": api.get(path).json["version"]}, status=200).json
    assert (accepted["state"], accepted["gross"]) == ("accepted", "2371.00")


@pytest.mark.parametrize("term", ["valid_until = current_date + 3", "reason = 'Without delivery'"])
def test_other_terms_are_another_offer(shop: Any, offer: str, term: str) -> None:
    old = shop.seen(offer)
    shop.sql(f"update quotes set {term}")
    shop.synchronise()
    shop.customer().post(f"/quotes/{offer}/accept", old, status=409)


def test_record_that_the_company_saved_unchanged_is_the_same_offer(shop: Any, offer: str) -> None:
    old, before = shop.seen(offer), shop.quote(offer).remote_updated_at
    shop.sql("update quotes set updated_at = now()")
    shop.synchronise()
    assert shop.quote(offer).remote_updated_at > before
    shop.customer().post(f"/quotes/{offer}/accept", old, status=303)


def test_offer_that_changes_while_it_is_being_accepted_is_not(shop: Any, offer: str) -> None:
    """Read as it was, and changed before the acceptance is written."""
    api, seen = shop.api(), shop.seen(offer)
    revised = "UPDATE quotes_quote SET gross = 9999, version = version + 1, state = 'revised' WHERE id = :i"
    waiting = (
        "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock' "
        "AND query LIKE 'UPDATE quotes_quote%'"
    )

    def blocked() -> bool:
        with shop.portal.superuser() as watching:
            return bool(watching.scalar(sa.text(waiting)))

    with ThreadPoolExecutor(1) as pool:
        with shop.company.system() as company:
            company.execute(sa.text(revised), {"i": offer})
            answer = pool.submit(api.json, "post", f"/quotes/{offer}/accept", seen, status="*")
            while not blocked():
                assert not answer.done(), answer.result()
        assert answer.result().json["code"] == "offer-changed"
    assert (shop.quote(offer).state, shop.jobs("quotes.decide")) == ("revised", [])


def test_quote_made_by_the_company_appears_for_its_customer_alone(shop: Any) -> None:
    shop.sql("insert into quotes (customer_id, status, currency, net_total, tax_total, gross_total) "
             "select id, 'priced', 'EUR', 100, 20, 120 from customers where code = 'C1'")
    shop.sql("insert into quote_lines (quote_id, position, item_kind, item_code, name, quantity, unit_price, tax_rate) "
             "select id, 1, 'material', 'GONE', 'Something special', 1, 100, 20 from quotes")
    shop.sql("insert into quotes (customer_id, status, currency) select id, 'priced', 'EUR' from customers where code = 'C2'")
    shop.synchronise()
    (quote,) = shop.api().get("/quotes").json["items"]
    assert (quote["number"], quote["state"], quote["gross"]) == ("Q-000001", "processed", "120.00")
    assert "Something special" in shop.customer().get(f"/quotes/{quote['id']}").text
    shop.company.customer().get(f"/quotes/{quote['id']}", status=404)
    assert "Acme" in shop.company.agent().get("/quotes").text


def test_what_the_company_is_still_writing_is_not_shown(shop: Any) -> None:
    customer = shop.customer()
    shop.sql("insert into quotes (number, customer_id, status, currency) select 'Q-SECRET', id, 'submitted', 'EUR' from customers where code = 'C1'")
    shop.synchronise()
    assert "Q-SECRET" not in customer.get("/quotes").text
    shop.sql("update quotes set status = 'priced'")
    shop.synchronise()
    assert "Q-SECRET" in customer.get("/quotes").text


def test_order_made_of_it_shows_in_the_state(shop: Any, offer: str) -> None:
    shop.sql("update quotes set status = 'ordered'")
    shop.synchronise()
    assert shop.quote(offer).state == "ordered"
    assert shop.company.agent().get(f"/quotes/{offer}").status_int == 200


def test_reference_of_another_customers_quote_is_a_problem_and_changes_nothing(shop: Any, offer: str) -> None:
    shop.sql("update quotes set customer_id = (select id from customers where code = 'C2'), status = 'accepted'")
    with shop.company.system() as db:
        from portico.tenancy.service import open_account

        open_account(db, name="Bolt", erp_ref="C2")
    shop.synchronise()
    assert shop.quote(offer).state == "processed"
    with shop.portal.superuser() as connection:
        assert connection.scalar(sa.text("select count(*) from connection_sync_problem where tenant_id = :t"), {"t": shop.company.id}) == 1


def test_customer_who_is_linked_later_finds_the_quotes_made_before(shop: Any) -> None:
    shop.sql("insert into quotes (customer_id, status, currency) select id, 'priced', 'EUR' from customers where code = 'C2'")
    shop.synchronise()
    late = shop.company.account("Bolt", "C2")
    with shop.company.system() as db:
        db.info["relay"].call("account_connected", db=db, account_id=late)
    shop.synchronise()
    person = shop.company.customer_person(late)
    assert len(shop.company.api(person).get("/quotes").json["items"]) == 1
