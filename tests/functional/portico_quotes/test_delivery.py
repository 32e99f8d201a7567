"""A quote reaches the company once, whatever fails on the way; judged from the company's own database."""

from __future__ import annotations

import threading
from typing import Any

import pytest

from portico.jobs import Retry
from portico_companydb.client import CompanyDatabaseClient
from portico_erp.errors import ConnectorUnauthorisedError, ConnectorUnavailableError
from portico_quotes import delivery, jobs
from portico_quotes.models import Happening


def submitted(shop: Any, **lines: Any) -> str:
    api = shop.api()
    quote = shop.draft(api, **(lines or {"STEEL_1": "2"}))
    api.json("post", f"/quotes/{quote['id']}/submit", {})
    return str(quote["id"])


def at_the_company(shop: Any) -> int:
    return int(shop.sql("select count(*) from quotes")[0][0])


class Killed(BaseException):
    """Stands for kill -9: nothing of ours runs afterwards."""


def test_process_killed_between_the_companys_commit_and_our_record(shop: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    quote_id = submitted(shop)

    def killed(*_arguments: Any, **_options: Any) -> None:
        raise Killed

    with monkeypatch.context() as patch:
        patch.setattr(delivery, "record", killed)
        with pytest.raises(Killed):
            jobs.submit(shop.job, quote_id)
    assert at_the_company(shop) == 1
    assert shop.quote(quote_id).delivery == "sending"
    shop.api().json("post", f"/quotes/{quote_id}/take-back", {}, status=409)
    shop.work("quotes.submit")
    assert at_the_company(shop) == 1
    assert (shop.quote(quote_id).delivery, shop.quote(quote_id).number) == ("sent", shop.sql("select number from quotes")[0][0])


def test_answer_that_is_lost_after_the_insert(shop: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    quote_id = submitted(shop)
    really = CompanyDatabaseClient.submit

    def losing(self: Any, request: Any) -> Any:
        really(self, request)
        raise ConnectorUnavailableError("gone")

    with monkeypatch.context() as patch:
        patch.setattr(CompanyDatabaseClient, "submit", losing)
        with pytest.raises(Retry):
            jobs.submit(shop.job, quote_id)
    assert shop.quote(quote_id).uncertain is True
    shop.api().json("post", f"/quotes/{quote_id}/take-back", {}, status=409)
    asked: list[str] = []
    monkeypatch.setattr(CompanyDatabaseClient, "submit", lambda self, request: asked.append("submit"))
    shop.work("quotes.submit")
    assert asked == []  # the company was asked first, and had it
    assert (at_the_company(shop), shop.quote(quote_id).delivery) == (1, "sent")


def test_refusal_after_an_unknown_outcome_is_for_staff_to_judge(shop: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    quote_id = submitted(shop, WOOD_1="1")

    def lost(self: Any, request: Any) -> Any:
        raise ConnectorUnavailableError("gone")

    with monkeypatch.context() as patch:
        patch.setattr(CompanyDatabaseClient, "submit", lost)
        with pytest.raises(Retry):
            jobs.submit(shop.job, quote_id)
    shop.sql("update materials set is_active = false where code = 'WOOD-1'")
    shop.work("quotes.submit")
    assert (shop.quote(quote_id).state, shop.quote(quote_id).delivery) == ("submitted", "problem")
    agent = shop.company.agent()
    assert "no longer sold" in agent.get(f"/quotes/{quote_id}").text
    agent.post(f"/quotes/{quote_id}/hand-back", status=303)
    assert (shop.quote(quote_id).state, shop.quote(quote_id).delivery, at_the_company(shop)) == ("draft", "returned", 0)
    assert "no longer sold" in shop.customer().get(f"/quotes/{quote_id}/edit").text


def test_sync_that_is_faster_than_the_job(shop: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    quote_id = submitted(shop)
    with monkeypatch.context() as patch:
        patch.setattr(delivery, "record", lambda *_: (_ for _ in ()).throw(Killed()))
        with pytest.raises(Killed):
            jobs.submit(shop.job, quote_id)
    shop.synchronise()
    assert shop.quote(quote_id).delivery == "sent"
    shop.work("quotes.submit")
    assert at_the_company(shop) == 1


def test_two_jobs_at_once_make_one_quote(shop: Any) -> None:
    quote_id = submitted(shop)
    gate = threading.Barrier(4)

    def run() -> None:
        gate.wait()
        jobs.submit(shop.job, quote_id)

    threads = [threading.Thread(target=run) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (at_the_company(shop), shop.quote(quote_id).delivery) == (1, "sent")


def test_many_submits_at_once_make_one_job_and_one_quote(shop: Any) -> None:
    api = shop.api()
    quote = shop.draft(api, STEEL_1="2")
    clients, gate, answers = [shop.company.api(shop.person()) for _ in range(8)], threading.Barrier(8), []

    def press(client: Any) -> None:
        gate.wait()
        answers.append(client.json("post", f"/quotes/{quote['id']}/submit", {}, status="*").status_int)

    threads = [threading.Thread(target=press, args=(client,)) for client in clients]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert answers == [200] * 8
    assert len(shop.jobs("quotes.submit")) == 1
    with shop.company.system() as db:
        assert db.query(Happening).filter_by(kind="submitted").count() == 1
    shop.work("quotes.submit")
    assert at_the_company(shop) == 1


def test_quote_waits_while_the_company_is_away_and_is_sent_when_prices_hold(shop: Any) -> None:
    quote = shop.draft(STEEL_1="2")
    customer = shop.customer()
    with shop.away():
        answer = customer.post(f"/quotes/{quote['id']}/submit", {"version": str(quote["version"])}, status=303)
        page = customer.get(answer.location)
        assert "does not answer at the moment" in page.text
        assert "not confirmed yet" in page.text
        assert shop.work("quotes.submit") == 0
        assert shop.quote(quote["id"]).delivery == "waiting"
    assert shop.work("quotes.submit") == 1
    assert (at_the_company(shop), shop.quote(quote["id"]).confirmed) == (1, True)


def test_quote_that_waited_comes_back_when_a_price_changed(shop: Any) -> None:
    quote, api = shop.draft(STEEL_1="2"), shop.api()
    with shop.away():
        assert api.json("post", f"/quotes/{quote['id']}/submit", {}).json["confirmed"] is False
    shop.sql("update price_list_item set price = 960 where min_quantity = 0")
    shop.work("quotes.submit")
    known = api.get(f"/quotes/{quote['id']}").json
    assert (known["state"], known["delivery"], at_the_company(shop)) == ("draft", "confirm", 0)
    page = shop.customer().get(f"/quotes/{quote['id']}/edit").text
    assert "Prices have changed" in page
    assert "€960.00" in page
    refused = api.json("post", f"/quotes/{quote['id']}/submit", {}, status=409).json
    assert refused["code"] == "prices-changed"
    api.json("post", f"/quotes/{quote['id']}/submit", {"confirmation": refused["confirmation"]})
    shop.work("quotes.submit")
    assert shop.sql("select net_total from quotes") == [(1920,)]


def test_customer_takes_a_waiting_quote_back(shop: Any) -> None:
    quote_id = submitted(shop)
    customer = shop.customer()
    customer.post(f"/quotes/{quote_id}/take-back", status=303)
    shop.work("quotes.submit")
    assert (at_the_company(shop), shop.quote(quote_id).state) == (0, "draft")


def test_company_that_forgot_the_customer_parks_the_quote_for_staff(shop: Any) -> None:
    quote_id = submitted(shop)
    shop.sql("update customers set code = 'OTHER' where code = 'C1'")
    shop.work("quotes.submit")
    assert shop.quote(quote_id).delivery == "problem"
    agent = shop.company.agent()
    page = agent.get(f"/quotes/{quote_id}").text
    assert "does not know this customer" in page
    shop.customer().post(f"/quotes/{quote_id}/send-again", status=403)
    shop.sql("update customers set code = 'C1' where code = 'OTHER'")
    agent.post(f"/quotes/{quote_id}/send-again", status=303)
    shop.work("quotes.submit")
    assert (at_the_company(shop), shop.quote(quote_id).delivery) == (1, "sent")


def test_item_retired_after_submit_gives_the_quote_back_with_the_reason(shop: Any) -> None:
    quote_id = submitted(shop, STEEL_1="1", WOOD_1="1")
    shop.sql("update materials set is_active = false where code = 'WOOD-1'")
    shop.work("quotes.submit")
    known = shop.quote(quote_id)
    assert (known.state, known.delivery, at_the_company(shop)) == ("draft", "returned", 0)
    assert "no longer sold" in shop.customer().get(f"/quotes/{quote_id}/edit").text


def test_quote_whose_job_was_lost_gets_another(shop: Any) -> None:
    import sqlalchemy as sa

    quote_id = submitted(shop)
    with shop.portal.superuser() as connection:
        connection.execute(sa.text("delete from job where tenant_id = :t"), {"t": shop.company.id})
        connection.execute(sa.text("update quotes_quote set moved_at = now() - interval '1 hour' where id = :i"), {"i": quote_id})
    jobs.tidy(shop.job)
    shop.work("quotes.submit")
    assert at_the_company(shop) == 1


def test_broken_tables_are_told_to_staff_alone_and_the_quote_goes_once_they_are_mended(shop: Any) -> None:
    quote, customer, agent = shop.draft(STEEL_1="2"), shop.customer(), shop.company.agent()
    shop.sql("alter table price_list_item rename to price_list_item_gone")
    shop.sql("alter table quotes rename to quotes_gone")
    path = f"/quotes/{quote['id']}"
    answer = customer.post(f"{path}/submit", {"version": str(quote["version"])}, status=303)
    fragment = customer.htmx(f"/catalogue/prices?item={shop.items()['STEEL-1']}").text
    assert "system has a fault" in fragment
    assert "system is away" not in fragment
    page = customer.get(answer.location).text
    assert "has a fault, and its staff are told. Your quote is kept" in page
    assert "does not answer" not in page
    for _turn in range(2):
        assert shop.work("quotes.submit") == 0
    assert (shop.quote(quote["id"]).state, shop.quote(quote["id"]).delivery) == ("submitted", "waiting")
    page = customer.get(path).text
    assert "Its staff are told. Your quote is kept, and is sent as soon as that is mended." in page
    assert "does not answer" not in page
    for secret in ("no table", "price_list_item", "quotes_gone"):
        assert secret not in page
    assert "price_list_item" in agent.get(path).text
    with shop.company.system() as db:
        assert db.query(Happening).filter_by(kind="fault").count() == 1  # staff are told once
    shop.sql("alter table price_list_item_gone rename to price_list_item")
    shop.sql("alter table quotes_gone rename to quotes")
    assert shop.work("quotes.submit") == 1
    assert (at_the_company(shop), shop.quote(quote["id"]).delivery, shop.quote(quote["id"]).problem) == (1, "sent", None)


def test_a_quote_that_meets_broken_tables_when_it_is_written_can_still_be_taken_back(shop: Any) -> None:
    quote_id = submitted(shop)
    shop.sql("alter table quotes rename to quotes_gone")
    assert shop.work("quotes.submit") == 0
    known = shop.quote(quote_id)
    assert (known.state, known.delivery, known.uncertain) == ("submitted", "waiting", False)
    shop.customer().post(f"/quotes/{quote_id}/take-back", status=303)
    shop.sql("alter table quotes_gone rename to quotes")
    shop.work("quotes.submit")
    assert at_the_company(shop) == 0


def test_a_lacking_right_is_no_matter_for_the_customer_who_gets_the_quote_back(
    shop: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    quote_id, words = submitted(shop), "lacks a right to “quote_lines”"

    def lacking(self: Any, request: Any) -> Any:
        raise ConnectorUnauthorisedError(f"The database user {words}.")

    monkeypatch.setattr(CompanyDatabaseClient, "submit", lacking)
    shop.work("quotes.submit")
    agent = shop.company.agent()
    assert shop.quote(quote_id).delivery == "problem"
    assert words in agent.get(f"/quotes/{quote_id}").text
    agent.post(f"/quotes/{quote_id}/hand-back", status=303)
    for page in ("", "/edit"):
        shown = shop.customer().get(f"/quotes/{quote_id}{page}").text
        assert "did not take this quote" in shown
        assert words not in shown


@pytest.mark.parametrize("lost", [False, True], ids=["receipt", "synchronisation"])
def test_a_company_that_counts_from_the_start_again_gets_its_quotes(
    lost: bool, shop: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its system was set up anew, or another took the connection over: what it calls 1 is not what was 1 before."""
    former = submitted(shop)
    shop.work("quotes.submit")
    name = shop.quote(former).erp_ref
    shop.sql("delete from quotes")
    shop.sql("alter table quotes alter id restart with 1")
    later = submitted(shop)
    if lost:
        with monkeypatch.context() as patch:
            patch.setattr(delivery, "record", lambda *_arguments, **_options: None)
            jobs.submit(shop.job, later)
        shop.sql("update quotes set updated_at = now()")
        shop.synchronise()
    else:
        shop.work("quotes.submit")
    assert (shop.quote(later).delivery, shop.quote(later).erp_ref) == ("sent", name)
    assert shop.quote(former).erp_ref == f"{name}~{former}"
    assert shop.quote(former).state == "submitted"
