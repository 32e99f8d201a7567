"""The supabase connector against the contract, on the real PostgREST over a real database, and what is its own: keys that are
refused, limits of the server, answers that end in the middle.
"""

from __future__ import annotations

import threading
import uuid
from collections.abc import Callable, Iterator
from contextlib import nullcontext
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from portico_companydb.stage import KINDS
from portico_erp.conformance import ConnectorContract, Stage, drain
from portico_erp.conformance.stage import new_request
from portico_erp.errors import (
    ConnectorError,
    ConnectorRejectedError,
    ConnectorUnauthorisedError,
    ConnectorUnavailableError,
)
from portico_erp.values import Agreed, OrderStatus, QuoteDecision, QuoteLine, QuoteRequest, QuoteStatus
from portico_supabase import keys
from portico_supabase.simulator.gateway import gateway, token
from portico_supabase.simulator.postgrest import postgrest
from portico_supabase.stage import SupabaseStage, roles, staged


class TestSupabase(ConnectorContract):
    @pytest.fixture(scope="class")
    @classmethod
    def stage(cls, cluster: Any, new_database: Callable[[], Any], loopback: Any) -> Iterator[Stage]:
        with staged(cluster, new_database(), loopback) as stage:
            yield stage

    def test_two_submits_at_once_make_one_quote_with_its_lines(self, stage: Any, client: Any) -> None:
        request = new_request(stage, client)
        receipts: list[Any] = []

        def submit() -> None:
            try:
                receipts.append(client.submit(request))
            except ConnectorUnavailableError:  # between the quote and its lines: nothing is known, and so tried again
                receipts.append(client.submit(request))

        threads = [threading.Thread(target=submit) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert len(receipts) == 4
        assert len(set(receipts)) == 1
        assert self.line_count(stage, request) == len(request.lines)

    def test_half_of_a_quote_is_not_found_and_completed_by_the_next_try(self, stage: Any, client: Any) -> None:
        _before, cursor = drain(client.changed_quotes)
        request = new_request(stage, client)
        with stage.losing_the_answer(client), pytest.raises(ConnectorUnavailableError):
            client.submit(request)
        assert stage.count_quotes(request.reference) == 1
        assert self.line_count(stage, request) == 0
        assert client.find_quote(request.reference) is None
        assert drain(client.changed_quotes, cursor)[0] == []
        with stage.retired(request.lines[0].ref):
            receipt = client.submit(request)
        assert self.line_count(stage, request) == len(request.lines)
        (quote,), _cursor = drain(client.changed_quotes, cursor)
        assert (quote.ref, len(quote.lines)) == (receipt.erp_ref, len(request.lines))

    @staticmethod
    def line_count(stage: Any, request: Any) -> int:
        query = "select count(*) from quote_lines l join quotes q on q.id = l.quote_id where q.portal_reference = %s"
        count: int = stage.database.execute(query, request.reference)[0][0]
        return count

    def test_answer_that_ends_in_the_middle_is_no_answer(self, stage: Any, client: Any) -> None:
        drain(client.items)
        for cut in (1, 40, 200):
            stage.front.cut = cut
            try:
                with pytest.raises(ConnectorUnavailableError):
                    client.items(None, 10)
            finally:
                stage.front.cut = None

    def test_offer_is_accepted_on_its_last_day_wherever_that_is(self, stage: Any, client: Any) -> None:
        """West of UTC the last day goes on when the database's day is another already; nowhere is it two days behind."""
        for days, code in ((1, ""), (2, "expired")):
            request = new_request(stage, client)
            receipt = client.submit(request)
            stage.price_quote(request.reference)
            until = datetime.now(UTC).date() - timedelta(days=days)
            stage.database.execute("update quotes set valid_until = %s where portal_reference = %s", until, request.reference)
            with pytest.raises(ConnectorRejectedError) if code else nullcontext() as caught:
                client.decide(QuoteDecision(receipt.erp_ref, True))
            assert not code or caught.value.code == code

    def test_an_answer_to_what_changed_since_it_was_looked_at_is_not_written(self, stage: Any, client: Any) -> None:
        """Between looking and writing: the update asks for the row as it was read."""
        request = new_request(stage, client)
        receipt = client.submit(request)
        stage.price_quote(request.reference)
        offered = {one.ref: one for one in drain(client.changed_quotes)[0]}[receipt.erp_ref]
        really = client.reader.rest.update

        def late(*given: Any) -> Any:
            stage.revise_quote(request.reference)
            return really(*given)

        client.reader.rest.update = late
        decision = QuoteDecision(receipt.erp_ref, True, agreed=Agreed(offered.totals.gross, offered.currency, offered.version))
        try:
            with pytest.raises(ConnectorRejectedError) as caught:
                client.decide(decision)
        finally:
            client.reader.rest.update = really
        assert caught.value.code == "changed"
        (status,) = stage.database.execute("select status from quotes where id = %s", receipt.erp_ref)
        assert status == ("priced",)

    @pytest.mark.parametrize(("status", "error"), [
        (500, ConnectorUnavailableError), (502, ConnectorUnavailableError), (503, ConnectorUnavailableError),
        (429, ConnectorUnavailableError), (408, ConnectorUnavailableError), (401, ConnectorUnauthorisedError),
        (403, ConnectorUnauthorisedError), (404, ConnectorRejectedError), (302, ConnectorRejectedError),
        (200, ConnectorRejectedError),
    ])
    def test_words_of_the_gateway_itself(self, stage: Any, client: Any, status: int, error: type[ConnectorError]) -> None:
        stage.front.status = status
        try:
            with pytest.raises(error):
                client.items(None, 10)
            with pytest.raises(error):
                client.test()
        finally:
            stage.front.status = None

    def test_codes_that_mean_something_in_a_filter_are_read_as_they_are(self, stage: Any, client: Any) -> None:
        codes = ['a,b', 'a"b', "a\\b", "a(b)", "a.b", "a*b", "a%b", "a&b=c", "a b", "ä/٣", "null"]
        stage.database.execute("delete from fees where code <> 'F1'")
        for code in codes:
            stage.database.execute("insert into fees (code, name, price) values (%s, 'Strange', 1)", code)
        try:
            answer = client.prices(stage.customer_ref, [(f"fee:{code}", Decimal(1)) for code in codes])
            assert [price.ref for price in answer.prices] == [f"fee:{code}" for code in codes]
            items, _cursor = drain(client.items)
            assert {item.code for item in items if item.name == "Strange"} == set(codes)
        finally:
            stage.database.execute("delete from fees where code <> 'F1'")

    def test_claim_code_with_wildcards_finds_nobody(self, client: Any) -> None:
        for guess in ("%", "CLAIM-_", "CLAIM*", "*", "CLAIM-%"):
            assert client.find_customer(claim_code=guess) is None
            assert client.find_customer(email=guess) is None

    def test_many_prices_are_asked_for_in_addresses_that_the_guard_takes(self, stage: Any, client: Any) -> None:
        ref, quantity, price = stage.own_price
        wanted = [(f"material:{'٣' * 30}{n}", Decimal(1)) for n in range(499)]
        answer = client.prices(stage.customer_ref, [*wanted, (ref, quantity)])
        assert len(answer.missing) == 499
        assert answer.by_ref()[ref].unit_price == price

    def test_key_and_token_travel_in_their_headers_and_nowhere_else(self, stage: Any, client: Any) -> None:
        stage.front.keys.clear()
        stage.front.paths.clear()
        client.test()
        assert set(stage.front.keys) == {stage.secrets["apikey"]}
        assert not any(secret in path for secret in stage.secrets.values() for path in stage.front.paths)
        for secret in stage.secrets.values():
            assert secret not in repr(client.settings)

    def test_http_is_refused_outside_of_opened_networks(self, stage: Any) -> None:
        class Closed:
            pin = stage.egress.pin

            def opened(self, host: str) -> bool:
                return False

        with pytest.raises(ConnectorRejectedError) as caught:
            stage.connector.open(stage.config, stage.secrets, egress=Closed())
        assert caught.value.field == "url"
        assert stage.connector.unverified(stage.config, opened=False) == "url"
        assert stage.connector.unverified({"url": "https://erp.example"}, opened=False) is None


class TestServerWithALimitOfItsOwn(ConnectorContract):
    """The whole contract on a server that gives three rows at most, whatever is asked for."""

    # A broken way is no matter of the server's limit.
    test_broken_way_ends_in_one_of_the_three_errors_in_time = None  # type: ignore[assignment]
    test_quote_is_one_wherever_the_way_breaks = None  # type: ignore[assignment]

    @pytest.fixture(scope="class")
    @classmethod
    def stage(cls, cluster: Any, new_database: Callable[[], Any], loopback: Any) -> Iterator[Stage]:
        with staged(cluster, new_database(), loopback, max_rows=3) as stage:
            yield stage

DOCUMENTS = """
create table customers (id uuid primary key default gen_random_uuid(), name text not null, email text);
create table materials (id uuid primary key default gen_random_uuid(), name text not null, price numeric(12,2) not null,
  category text, is_active boolean not null default true);
create table accessories (like materials including all);
create table services (like materials including all);
create table quotes (id uuid primary key default gen_random_uuid(), customer_id uuid references customers, quote_data jsonb not null,
  status text not null default 'pending', created_at timestamptz not null default now());
create table orders (id uuid primary key default gen_random_uuid(), quote_id uuid references quotes, status text not null default 'received',
  updated_at timestamptz not null default now());
insert into customers (name, email) values ('Atelier', 'Achats@Atelier.example');
insert into materials (name, price, category) select 'Material ' || n, n + 0.99, 'Sheets' from generate_series(1, 12) n;
insert into accessories (name, price) select 'Accessory ' || n, n from generate_series(1, 5) n;
insert into services (name, price) select 'Service ' || n, n from generate_series(1, 4) n;
grant usage on schema public to portal;
grant select on all tables in schema public to portal;
grant insert, update on quotes to portal;
"""


class TestQuotesAsDocuments:
    """A company's own tables, which nobody prepared: items without codes or times, a quote as one document."""

    @pytest.fixture(scope="class")
    @classmethod
    def stage(cls, cluster: Any, new_database: Callable[[], Any], loopback: Any) -> Iterator[Any]:
        database = new_database()
        login = roles(cluster, database)
        database.execute(DOCUMENTS)
        with postgrest(login, anonymous="anon", max_rows=4) as address, gateway(address) as front:
            stage = SupabaseStage(database, loopback, front)
            stage.customer_ref = str(database.execute("select id from customers")[0][0])
            yield stage

    @pytest.fixture
    def client(self, stage: Any) -> Iterator[Any]:
        client = stage.connector.open(stage.config, stage.secrets, egress=stage.egress)
        yield client
        client.close()

    def request(self, stage: Any, client: Any) -> QuoteRequest:
        items = client.items(None, 100).items[:2]
        lines = [QuoteLine(one.ref, one.name, Decimal("2.5"), one.unit, one.price, note="ünïcode") for one in items]
        return QuoteRequest(
            str(uuid.uuid4()), stage.customer_ref, "EUR", lines, "A note", datetime(2026, 3, 29, 1, 30, tzinfo=UTC), "PO-7"
        )

    def test_check_names_what_is_missing_and_the_rest_works(self, client: Any) -> None:
        reports = {report.capability: report for report in client.test()}
        assert {name for name, report in reports.items() if not report.ok} == {"deliveries", "invoices", "payments"}
        assert reports["catalogue"].rows_seen == 21

    def test_items_without_a_time_come_once_and_again_when_they_change(self, stage: Any, client: Any) -> None:
        items, cursor = drain(client.items)
        assert len({item.ref for item in items}) == len(items) == 21
        again, cursor = drain(client.items, cursor)
        assert again == []
        changed = items[3].ref.partition(":")
        stage.database.execute(f"update {KINDS[changed[0]]} set price = 77.77 where id = %s", changed[2])
        (item,), cursor = drain(client.items, cursor)
        assert (item.ref, item.price) == (items[3].ref, Decimal("77.77"))
        assert drain(client.items, cursor)[0] == []

    def test_quote_goes_once_into_its_document_and_comes_back_as_it_was_sent(self, stage: Any, client: Any) -> None:
        _before, cursor = drain(client.changed_quotes)
        request = self.request(stage, client)
        with stage.losing_the_answer(client), pytest.raises(ConnectorUnavailableError):
            client.submit(request)
        assert client.submit(request) == client.submit(request) == client.find_quote(request.reference)
        query = "select count(*) from quotes where quote_data ->> 'portal_reference' = %s"
        assert stage.database.execute(query, request.reference) == [(1,)]
        (quote,), cursor = drain(client.changed_quotes, cursor)
        assert (quote.reference, quote.customer_ref, quote.status) == (
            request.reference, stage.customer_ref, QuoteStatus.SUBMITTED,
        )
        assert [(line.ref, line.quantity, line.unit_price, line.note) for line in quote.lines] == [
            (line.ref, line.quantity, line.unit_price, line.note) for line in request.lines
        ]
        assert (quote.note, quote.po_number) == (request.note, request.po_number)
        assert quote.totals.gross > 0

    def test_answer_and_order_follow_the_companys_own_words(self, stage: Any, client: Any) -> None:
        _before, quotes = drain(client.changed_quotes)
        _before, orders = drain(client.changed_orders)
        request = self.request(stage, client)
        receipt = client.submit(request)
        stage.database.execute("update quotes set status = 'sent' where id = %s", receipt.erp_ref)
        (priced,), quotes = drain(client.changed_quotes, quotes)
        assert priced.status is QuoteStatus.PRICED
        assert client.decide(QuoteDecision(receipt.erp_ref, True)).status is QuoteStatus.ACCEPTED
        ((order_id,),) = stage.database.execute("insert into orders (quote_id) values (%s) returning id", receipt.erp_ref)
        (order,), orders = drain(client.changed_orders, orders)
        assert (order.ref, order.quote_ref, order.customer_ref) == (str(order_id), receipt.erp_ref, stage.customer_ref)
        assert [line.quantity for line in order.lines] == [line.quantity for line in request.lines]
        assert order.totals == priced.totals
        stage.database.execute("update orders set status = 'shipped', updated_at = now() where id = %s", order_id)
        (shipped,), orders = drain(client.changed_orders, orders)
        assert shipped.status is OrderStatus.SHIPPED
        assert client.order(order.ref) == shipped
        assert client.order("1") is None

    def test_document_of_another_form_is_a_problem_and_the_others_arrive(self, stage: Any, client: Any) -> None:
        stage.database.execute("insert into quotes (id, customer_id, quote_data) values (%s, %s, '[1]')", uuid.UUID(int=7), stage.customer_ref)
        page = client.changed_quotes(None, 100)
        assert [problem.ref for problem in page.problems] == [str(uuid.UUID(int=7))]
        stage.database.execute("delete from quotes where id = %s", uuid.UUID(int=7))


class TestRightsAndRoles:
    @pytest.fixture(scope="class")
    @classmethod
    def stage(cls, cluster: Any, new_database: Callable[[], Any], loopback: Any) -> Iterator[Any]:
        with staged(cluster, new_database(), loopback, functions="portal, almighty") as stage:
            stage.database.execute("grant select on all tables in schema public to almighty")
            yield stage

    def test_role_that_bypasses_the_policies_is_noticed_by_the_test(self, stage: Any) -> None:
        client = stage.connector.open(stage.config, stage.secrets | {"token": token("almighty")}, egress=stage.egress)
        with pytest.raises(ConnectorRejectedError) as caught:
            client.test()
        client.close()
        assert (caught.value.field, caught.value.message) == ("token", keys.REFUSED)

    def test_function_writes_quote_and_lines_in_one_request(self, stage: Any) -> None:
        client = stage.connector.open(stage.config, stage.secrets, egress=stage.egress)
        assert [report for report in client.test() if not report.ok] == []
        stage.front.paths.clear()
        request = new_request(stage, client)
        assert client.submit(request) == client.submit(request)
        assert [path for path in stage.front.paths if path.startswith("POST")] == ["POST /rest/v1/rpc/portico_submit_quote"]
        assert TestSupabase.line_count(stage, request) == len(request.lines)
        client.close()

    def test_key_without_a_right_is_told_so(self, stage: Any) -> None:
        stage.database.execute("revoke insert on quote_lines from portal")
        client = stage.connector.open(stage.config, stage.secrets, egress=stage.egress)
        reports = {report.capability: report for report in client.test()}
        assert not reports["quote_submission"].ok
        assert "quote_lines" in reports["quote_submission"].detail.mapping["name"]
        assert reports["quotes"].ok
        client.close()
        stage.database.execute("grant insert on quote_lines to portal")

    def test_policy_that_hides_all_rows_is_told_from_nothing_wrong(self, stage: Any) -> None:
        for table in KINDS.values():
            stage.database.execute(f"alter table {table} enable row level security")
        client = stage.connector.open(stage.config, stage.secrets, egress=stage.egress)
        report = next(report for report in client.test() if report.capability == "catalogue")
        assert "no policy" in str(report.detail)
        client.close()
        for table in KINDS.values():
            stage.database.execute(f"alter table {table} disable row level security")
