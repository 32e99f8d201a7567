"""Quotes: handed over once, read back, answered."""

from __future__ import annotations

import uuid
from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from portico_erp.capabilities import NO_PLACE
from portico_erp.conformance.stage import Stage, drain, needs, new_request
from portico_erp.errors import ConnectorRejectedError, ConnectorUnavailableError
from portico_erp.values import Address, Agreed, QuoteDecision, QuoteRequest, QuoteStatus, RemoteQuote


class QuotesContract:
    def request(self, stage: Stage, client: Any) -> QuoteRequest:
        """A quote of two lines under a new reference."""
        return new_request(stage, client)

    @pytest.mark.capability("quote_submission")
    def test_submit_twice_makes_one_quote(self, stage: Stage, client: Any) -> None:
        request = self.request(stage, client)
        first, second = client.submit(request), client.submit(request)
        assert first == second
        assert stage.count_quotes(request.reference) == 1
        assert client.find_quote(request.reference) == first

    @pytest.mark.capability("quote_submission")
    def test_submit_after_a_lost_answer_makes_one_quote(self, stage: Stage, client: Any) -> None:
        request = self.request(stage, client)
        with stage.losing_the_answer(client), pytest.raises(ConnectorUnavailableError):
            client.submit(request)
        assert stage.count_quotes(request.reference) == 1
        assert client.submit(request) == client.find_quote(request.reference)
        assert stage.count_quotes(request.reference) == 1

    @pytest.mark.capability("quote_submission")
    def test_submit_again_finds_the_quote_although_an_item_was_retired_since(
        self, stage: Stage, client: Any
    ) -> None:
        request = self.request(stage, client)
        receipt = client.submit(request)
        with stage.retired(request.lines[0].ref):
            assert client.submit(request) == receipt
            with pytest.raises(ConnectorRejectedError):
                client.submit(replace(request, reference=str(uuid.uuid4())))

    @pytest.mark.capability("quote_submission", "quote_destinations")
    def test_where_and_when_to_deliver_are_fields_of_the_quote(self, stage: Stage, client: Any) -> None:
        """Each alone, both, and neither; what the company has no place for is refused by name, and leaves nothing."""
        further, kept = needs(stage, "destination_of"), 0
        address = Address(None, "Site 4 — موقع", "1 Quay\nGate 2", "69002", "Lyon", "", "FR", delivery=True, phone="+33 4")
        if hasattr(stage, "known_destination"):
            address = further.known_destination(client)
        day = date(2030, 2, 1)
        for where, when in ((None, None), (address, None), (None, day), (address, day)):
            request = replace(self.request(stage, client), delivery_address=where, wanted_on=when)
            if (refused := self.refused(client, request)) is not None:
                assert (refused.code, getattr(request, str(refused.field)) is not None) == (NO_PLACE, True)
                assert stage.count_quotes(request.reference) == 0
                continue
            client.submit(request)
            assert further.destination_of(request.reference) == (where, when)
            kept += where is not None or when is not None
        assert kept, "one of them at least is kept, or there is nothing to declare"

    def refused(self, client: Any, request: QuoteRequest) -> ConnectorRejectedError | None:
        try:
            client.submit(request)
        except ConnectorRejectedError as error:
            return error
        return None

    @pytest.mark.capability("quote_submission")
    def test_unknown_reference_finds_nothing(self, client: Any) -> None:
        assert client.find_quote(str(uuid.uuid4())) is None

    @pytest.mark.capability("quote_submission")
    def test_refused_quote_names_the_field_and_leaves_nothing(self, stage: Stage, client: Any) -> None:
        good = self.request(stage, client)
        bad_line = replace(good.lines[1], ref="material:no-such-item")
        for request, field in (
            (replace(good, customer_ref="no-such-customer"), "customer_ref"),
            (replace(good, lines=[good.lines[0], bad_line]), "lines.1"),
            (replace(good, lines=[]), "lines"),
        ):
            with pytest.raises(ConnectorRejectedError) as caught:
                client.submit(request)
            assert caught.value.field == field
            assert stage.count_quotes(good.reference) == 0

    @pytest.mark.capability("quote_submission", "quotes")
    def test_quote_comes_back_as_it_was_sent_and_then_as_it_was_priced(
        self, stage: Stage, client: Any
    ) -> None:
        _before, cursor = drain(client.changed_quotes)
        request = self.request(stage, client)
        receipt = client.submit(request)
        (quote,), cursor = drain(client.changed_quotes, cursor)
        assert (quote.ref, quote.number, quote.reference) == (
            receipt.erp_ref,
            receipt.number,
            request.reference,
        )
        assert (quote.customer_ref, quote.currency) == (request.customer_ref, request.currency)
        assert (quote.note, quote.po_number) == (request.note, request.po_number)
        assert quote.status is QuoteStatus.SUBMITTED
        sent = [(line.ref, line.quantity, line.unit_price, line.note) for line in request.lines]
        assert [(line.ref, line.quantity, line.unit_price, line.note) for line in quote.lines] == sent
        stage.price_quote(request.reference)
        (priced,), cursor = drain(client.changed_quotes, cursor)
        assert (priced.ref, priced.status) == (quote.ref, QuoteStatus.PRICED)
        assert priced.valid_until is not None
        assert priced.totals.net + priced.totals.tax == priced.totals.gross > 0
        assert priced.updated_at > quote.updated_at
        assert drain(client.changed_quotes, cursor)[0] == []

    @pytest.mark.capability("quote_submission", "quotes", "quote_decisions")
    def test_answer_counts_once_and_comes_back(self, stage: Stage, client: Any) -> None:
        _before, cursor = drain(client.changed_quotes)
        for accepted, status in ((True, QuoteStatus.ACCEPTED), (False, QuoteStatus.DECLINED)):
            request = self.request(stage, client)
            receipt = client.submit(request)
            stage.price_quote(request.reference)
            decision = QuoteDecision(receipt.erp_ref, accepted, "Carla", "Too dear — غالٍ", "PO-8")
            assert client.decide(decision).status is status
            assert client.decide(decision).status is status
            changed, cursor = drain(client.changed_quotes, cursor)
            (quote,) = [one for one in changed if one.ref == receipt.erp_ref]
            assert quote.status is status
            with pytest.raises(ConnectorRejectedError) as caught:
                client.decide(replace(decision, accepted=not accepted))
            assert caught.value.code == "state"

    @pytest.mark.capability("quote_submission", "quotes", "quote_decisions")
    def test_answer_to_another_offer_than_the_companys_is_refused_and_changes_nothing(self, stage: Stage, client: Any) -> None:
        """The company's system may be slower than whoever revises a quote in it: nobody is bound to what they did not see."""
        further = needs(stage, "revise_quote")
        _before, cursor = drain(client.changed_quotes)
        for accepted, status in ((True, QuoteStatus.ACCEPTED), (False, QuoteStatus.DECLINED)):
            request = self.request(stage, client)
            receipt = client.submit(request)
            stage.price_quote(request.reference)
            offered, cursor = self.offer(client, receipt.erp_ref, cursor)
            seen = Agreed(offered.totals.gross, offered.currency, offered.version)
            dearer, elsewhere = replace(seen, gross=seen.gross + 1), replace(seen, currency="NOK")
            for other in (dearer, replace(dearer, version=""), elsewhere):
                self.refused_as_changed(client, receipt.erp_ref, accepted, other)
            further.revise_quote(request.reference)
            revised, cursor = self.offer(client, receipt.erp_ref, cursor)
            assert (revised.status, revised.totals) == (QuoteStatus.PRICED, offered.totals)
            assert revised.version != offered.version
            self.refused_as_changed(client, receipt.erp_ref, accepted, seen)
            again = QuoteDecision(receipt.erp_ref, accepted, agreed=replace(seen, version=revised.version), po_number="PO-9")
            assert client.decide(again).status is status
            assert client.decide(again).status is status

    def offer(self, client: Any, ref: str, cursor: str) -> tuple[RemoteQuote, str]:
        changed, cursor = drain(client.changed_quotes, cursor)
        return next(one for one in changed if one.ref == ref), cursor

    def refused_as_changed(self, client: Any, ref: str, accepted: bool, agreed: Agreed) -> None:
        with pytest.raises(ConnectorRejectedError) as caught:
            client.decide(QuoteDecision(ref, accepted, "Carla", agreed=agreed))
        assert (caught.value.code, caught.value.is_fault) == ("changed", False)

    @pytest.mark.capability("quote_submission", "quote_decisions")
    def test_answer_to_what_is_not_offered_is_rejected(self, stage: Stage, client: Any) -> None:
        receipt = client.submit(self.request(stage, client))
        for ref, code in ((receipt.erp_ref, "state"), ("no-such-quote", "unknown"), ("999999999", "unknown")):
            with pytest.raises(ConnectorRejectedError) as caught:
                client.decide(QuoteDecision(ref, True))
            assert caught.value.code == code
