"""An answer that can be undone for a while: what goes to the company, when, and what only one of two can do (QUO-5)."""

from __future__ import annotations

import datetime as dt
import re
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from uuid import UUID

import pytest
import sqlalchemy as sa

from portico.db.types import now
from portico_quotes import decisions, delivery, jobs, validity
from portico_quotes.errors import UndoTooLateError


def allow(shop: Any, minutes: int) -> None:
    admin, page = shop.company.admin(), "/admin/plugins/portico_quotes/settings"
    version = re.search(r'name="version" value="(\d+)"', admin.get(page).text)
    assert version
    admin.post(page, {"version": version[1], "undo_minutes": str(minutes), "mail_links": "show", "mail_link_days": "14"}, status=303)


def let_pass(shop: Any, quote_id: str) -> None:
    """The minutes are over."""
    with shop.company.system() as db:
        db.execute(sa.text("UPDATE quotes_quote SET answer_due_at = now() - interval '1 second' WHERE id = :i"), {"i": quote_id})


@pytest.fixture
def offer(shop: Any, offer: str) -> str:
    allow(shop, 10)
    return offer


def at_the_company(shop: Any) -> list[tuple[Any, ...]]:
    rows: list[tuple[Any, ...]] = shop.sql("select status, po_number from quotes")
    return rows


@pytest.mark.parametrize("answer", ["accept", "decline"])
def test_an_answer_goes_to_the_company_when_it_can_be_undone_no_more(shop: Any, offer: str, answer: str) -> None:
    customer = shop.customer()
    assert "You can undo this for 10 minutes." in customer.get(f"/quotes/{offer}").text
    customer.post(f"/quotes/{offer}/{answer}", shop.seen(offer) if answer == "accept" else {"reason": "No"}, status=303)
    assert shop.work("quotes.decide") == 0
    assert at_the_company(shop) == [("priced", None)]
    page = customer.get(f"/quotes/{offer}").text
    assert "The company is told on" in page
    assert f"/quotes/{offer}/undo" in page
    let_pass(shop, offer)
    assert f"/quotes/{offer}/undo" not in customer.get(f"/quotes/{offer}").text
    assert shop.work("quotes.decide") == 1
    assert [row[0] for row in at_the_company(shop)] == ["accepted" if answer == "accept" else "declined"]
    refused = shop.api().json("post", f"/quotes/{offer}/undo", {}, status=409)
    assert refused.json["code"] == "undo-too-late"


def test_undone_the_offer_stands_as_it_was_and_the_company_hears_nothing(shop: Any, offer: str) -> None:
    customer, before = shop.customer(), shop.quote(offer)
    customer.post(f"/quotes/{offer}/accept", shop.seen(offer, po_number="PO-9"), status=303)
    answered = shop.quote(offer)
    assert (answered.state, answered.answer, answered.po_number, answered.reason) == ("accepted", "accept", "PO-9", "")
    customer.post(f"/quotes/{offer}/undo", {}, status=303)
    after = shop.quote(offer)
    kept = ("state", "reason", "answered_by", "po_number", "answer", "answer_due_at", "before_answer", "gross")
    assert {name: getattr(after, name) for name in kept} == {name: getattr(before, name) for name in kept}
    assert after.version > answered.version
    shop.work("quotes.decide")
    assert at_the_company(shop) == [("priced", None)]
    page = customer.get(f"/quotes/{offer}").text
    assert "Answer undone" in page
    customer.post(f"/quotes/{offer}/accept", shop.seen(offer, po_number="PO-10"), status=303)
    let_pass(shop, offer)
    shop.work("quotes.decide")
    assert at_the_company(shop) == [("accepted", "PO-10")]


def test_a_revised_offer_is_a_revised_one_again(shop: Any, offer: str) -> None:
    shop.sql("update quote_lines set unit_price = 900 where item_code = 'STEEL-1'")
    shop.sql("update quotes set net_total = 2000, tax_total = 371, gross_total = 2371")
    shop.synchronise()
    api = shop.api()
    given = api.json("post", f"/quotes/{offer}/accept", shop.seen(offer)).json
    assert dt.datetime.fromisoformat(given["answer_due_at"]) > now() + dt.timedelta(minutes=9)
    taken = api.json("post", f"/quotes/{offer}/undo", {}).json
    assert (taken["state"], taken["answer_due_at"]) == ("revised", None)


def test_an_offer_that_changes_meanwhile_makes_the_answer_void(shop: Any, offer: str) -> None:
    customer = shop.customer()
    customer.post(f"/quotes/{offer}/accept", shop.seen(offer, po_number="PO-9"), status=303)
    shop.sql("update quote_lines set unit_price = 900 where item_code = 'STEEL-1'")
    shop.sql("update quotes set net_total = 2000, tax_total = 371, gross_total = 2371")
    shop.synchronise()
    after = shop.quote(offer)
    assert (after.state, after.answer, after.answer_due_at, after.before_answer, after.po_number) == ("revised", None, None, None, "")
    let_pass(shop, offer)
    shop.work("quotes.decide")
    assert at_the_company(shop) == [("priced", None)]
    assert "Answer void" in customer.get(f"/quotes/{offer}").text
    with shop.company.system() as db:
        assert db.scalar(sa.text("SELECT count(*) FROM event WHERE kind = 'quotes.answer_void'")) == 1


def test_it_waits_no_longer_than_the_offer_is_valid(shop: Any, offer: str) -> None:
    allow(shop, 1440)
    zone = shop.company.tenant.zone
    today = now().astimezone(zone).date()
    with shop.company.system() as db:
        for valid in (today, today + dt.timedelta(days=1), None):
            due = decisions.due_at(db, valid)
            ends = None if valid is None else dt.datetime.combine(valid + dt.timedelta(days=1), dt.time(), zone)
            assert due is None or ends is None or due <= ends - decisions.TRAVEL
            assert due is None or due <= now() + dt.timedelta(days=1)
        assert decisions.due_at(db, None) is not None


def test_nobody_else_undoes_it(shop: Any, offer: str) -> None:
    shop.customer().post(f"/quotes/{offer}/accept", shop.seen(offer), status=303)
    shop.company.customer().post(f"/quotes/{offer}/undo", {}, status=404)
    assert shop.quote(offer).state == "accepted"


def test_of_many_who_undo_and_the_job_that_sets_out_one_wins(shop: Any, offer: str) -> None:
    """At the very moment when it becomes due: whoever writes the row first."""
    for turn in range(10):
        shop.api().json("post", f"/quotes/{offer}/accept", shop.seen(offer))
        with shop.company.system() as db:
            db.execute(sa.text("UPDATE quotes_quote SET answer_due_at = clock_timestamp() + interval '30 ms' WHERE id = :i"), {"i": offer})
        with ThreadPoolExecutor(6) as pool:
            undone = [pool.submit(_undo, shop, offer) for _one in range(4)]
            sent = [pool.submit(_set_out, shop, offer) for _one in range(2)]
        wins = sum(one.result() for one in undone), sum(one.result() for one in sent)
        after = shop.quote(offer)
        assert wins[0] <= 1, wins
        if wins[0]:
            assert (wins[1], after.state, after.answer) == (0, "processed", None), turn
        else:
            assert (wins[1] >= 1, after.state, after.answer) == (True, "accepted", "accept"), turn
            with shop.company.system() as db:  # for the next turn, as if the company had refused it
                db.execute(sa.text("UPDATE quotes_quote SET state = 'processed', answer = NULL WHERE id = :i"), {"i": offer})


def _undo(shop: Any, quote_id: str) -> bool:
    with shop.company.system() as db:
        quote = db.execute(sa.text("SELECT * FROM quotes_quote WHERE id = :i"), {"i": quote_id}).one()
        try:
            decisions.undo(db, quote)
        except UndoTooLateError:
            db.rollback()
            return False
        return True


def _set_out(shop: Any, quote_id: str) -> bool:
    end = now() + dt.timedelta(milliseconds=200)
    while now() < end:
        with shop.company.system() as db:
            if delivery.set_out(db, UUID(quote_id)) is not None:
                return True
    return False


def test_an_answer_whose_job_was_lost_goes_all_the_same(shop: Any, offer: str) -> None:
    shop.customer().post(f"/quotes/{offer}/accept", shop.seen(offer), status=303)
    with shop.portal.superuser() as connection:
        connection.execute(sa.text("delete from job where tenant_id = :t and actor = 'quotes.decide'"), {"t": shop.company.id})
    jobs.tidy(shop.job)
    assert shop.jobs("quotes.decide") == []
    with shop.company.system() as db:
        late = "UPDATE quotes_quote SET answer_due_at = now() - interval '6 minutes', moved_at = now() - interval '16 minutes' WHERE id = :i"
        db.execute(sa.text(late), {"i": offer})
    jobs.tidy(shop.job)
    shop.work("quotes.decide")
    assert [row[0] for row in at_the_company(shop)] == ["accepted"]


@pytest.mark.parametrize("term", ["valid_until = current_date + 3", "reason = 'In twelve weeks'"])
def test_other_terms_make_it_void_too(shop: Any, offer: str, term: str) -> None:
    shop.customer().post(f"/quotes/{offer}/accept", shop.seen(offer), status=303)
    shop.sql(f"update quotes set {term}")
    shop.synchronise()
    after = shop.quote(offer)
    assert (after.state, after.answer, after.answer_due_at) == ("processed", None, None)
    assert after.reason == ("In twelve weeks" if "reason" in term else "Thank you")


def test_what_the_company_records_itself_leaves_nothing_to_undo(shop: Any, offer: str) -> None:
    customer = shop.customer()
    customer.post(f"/quotes/{offer}/accept", shop.seen(offer), status=303)
    shop.sql("update quotes set status = 'accepted'")
    shop.synchronise()
    after = shop.quote(offer)
    assert (after.state, after.answer, after.answer_due_at) == ("accepted", None, None)
    assert f"/quotes/{offer}/undo" not in customer.get(f"/quotes/{offer}").text
    customer.post(f"/quotes/{offer}/undo", {}, status=409)


def test_an_offer_that_expires_at_the_company_takes_the_answer_with_it(shop: Any, offer: str) -> None:
    customer = shop.customer()
    customer.post(f"/quotes/{offer}/accept", shop.seen(offer), status=303)
    shop.sql("update quotes set status = 'expired'")
    shop.synchronise()
    after = shop.quote(offer)
    assert (after.state, after.answer, after.answer_due_at) == ("expired", None, None)
    page = customer.get(f"/quotes/{offer}").text
    assert "Answer void" in page
    assert "The company is told on" not in page


def test_the_customers_reason_survives_whatever_the_company_saves(shop: Any, offer: str) -> None:
    shop.customer().post(f"/quotes/{offer}/decline", {"reason": "Too dear"}, status=303)
    shop.sql("update quotes set updated_at = now()")
    shop.synchronise()
    let_pass(shop, offer)
    shop.work("quotes.decide")
    assert shop.sql("select status, reason from quotes") == [("declined", "Too dear")]


@pytest.mark.parametrize("zone", ["America/New_York", "Asia/Tokyo", "UTC"])
def test_it_is_in_time_by_the_companys_clock_and_by_utc(shop: Any, offer: str, zone: str) -> None:
    from types import SimpleNamespace
    from zoneinfo import ZoneInfo

    tenant = SimpleNamespace(plugin_settings={"portico_quotes": {"undo_minutes": 1440}}, zone=ZoneInfo(zone))
    db: Any = SimpleNamespace(info={"scope": SimpleNamespace(tenant=tenant)})
    last_day = validity.today(db)
    due = decisions.due_at(db, last_day)
    if due is not None:
        assert due.astimezone(tenant.zone).date() == last_day
        assert due.astimezone(dt.UTC).date() <= last_day
