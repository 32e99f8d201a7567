"""Who a customer is, where, and what is noted about one."""

from __future__ import annotations

import uuid
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from portico_erp.conformance.stage import Stage, needs
from portico_erp.errors import ConnectorRejectedError
from portico_erp.values import Activity, ActivityKind, Address, Contact


class CustomersContract:
    @pytest.mark.capability("customers")
    def test_customer_is_found_by_code_and_by_mail_in_any_case(self, stage: Stage, client: Any) -> None:
        by_code = client.find_customer(code=stage.customer_ref)
        assert by_code.ref == stage.customer_ref
        assert client.find_customer(email=stage.customer_email.upper()) == by_code
        assert client.find_customer(code="no-such") is None
        assert client.find_customer(email="nobody@nowhere.example") is None
        assert client.find_customer(claim_code="no-such") is None
        assert client.find_customer(claim_code="") is None
        assert client.find_customer() is None

    @pytest.mark.capability("customers")
    def test_customer_is_found_by_claim_code_in_any_case(self, stage: Stage, client: Any) -> None:
        by_code = client.find_customer(code=stage.customer_ref)
        assert client.find_customer(claim_code=f" {by_code.claim_code.swapcase()} ") == by_code

    @pytest.mark.capability("customers")
    def test_claim_code_does_not_show_in_a_log(self, stage: Stage, client: Any) -> None:
        customer = client.find_customer(code=stage.customer_ref)
        assert customer.claim_code
        assert customer.claim_code not in repr(customer)

    @pytest.mark.capability("addresses")
    def test_addresses_have_refs_and_a_new_one_is_there(self, stage: Any, client: Any) -> None:
        ref = needs(stage, "add_address").add_address("Lyon")
        found = {one.ref: one for one in client.addresses(stage.customer_ref)}
        assert None not in found
        assert found[ref].city == "Lyon"
        with pytest.raises(ConnectorRejectedError) as caught:
            client.addresses("no-such-customer")
        assert (caught.value.field, caught.value.code) == ("customer_ref", "unknown")

    @pytest.mark.capability("address_updates", "addresses")
    def test_address_is_added_once_and_changed_in_place(self, stage: Stage, client: Any) -> None:
        before = {one.ref for one in client.addresses(stage.customer_ref)}
        sent = Address(None, f"Depot {uuid.uuid4().hex[:6]}", "1 Rue d'Été\nBât. B", "69001", "Lyon", "", "FR", delivery=True)
        ref = client.push_address(stage.customer_ref, sent)
        assert client.push_address(stage.customer_ref, sent) == ref
        assert client.push_address(stage.customer_ref, replace(sent, ref=ref, city="Dijon")) == ref
        found = {one.ref: one for one in client.addresses(stage.customer_ref)}
        assert found.keys() - before == {ref}
        assert (found[ref].city, found[ref].street, found[ref].country) == ("Dijon", sent.street, "FR")
        with pytest.raises(ConnectorRejectedError) as caught:
            client.push_address(stage.customer_ref, replace(sent, ref="no-such-address"))
        assert (caught.value.field, caught.value.code) == ("address.ref", "unknown")

    @pytest.mark.capability("address_updates", "addresses")
    def test_address_that_is_removed_is_gone_and_no_other(self, stage: Stage, client: Any) -> None:
        sent = Address(None, f"Kept {uuid.uuid4().hex[:6]}", "1 Rue d'Été", "69001", "Lyon", "", "FR")
        kept = client.push_address(stage.customer_ref, sent)
        gone = client.push_address(stage.customer_ref, replace(sent, name=f"Gone {uuid.uuid4().hex[:6]}"))
        for _again in range(2):
            client.remove_address(stage.customer_ref, gone)
        client.remove_address(stage.customer_ref, "no-such-address")
        found = {one.ref for one in client.addresses(stage.customer_ref)}
        assert kept in found
        assert gone not in found

    @pytest.mark.capability("address_updates", "addresses")
    def test_address_whose_answer_was_lost_is_found_by_its_reference(self, stage: Stage, client: Any) -> None:
        """Where the company's system keeps references, also after somebody changed the address in between."""
        sent = Address(None, f"Depot {uuid.uuid4().hex[:6]}", "1 Rue", "69001", "Lyon", "", "FR", reference=str(uuid.uuid4()))
        ref = client.push_address(stage.customer_ref, sent)
        (made,) = [one for one in client.addresses(stage.customer_ref) if one.ref == ref]
        assert made.reference in (None, sent.reference)
        if made.reference is not None:
            assert client.push_address(stage.customer_ref, replace(sent, city="Dijon")) == ref
            assert [one.city for one in client.addresses(stage.customer_ref) if one.ref == ref] == ["Dijon"]

    @pytest.mark.capability("contact_updates")
    def test_contact_is_as_it_was_sent(self, stage: Stage, client: Any) -> None:
        for sent in (Contact("Zoë d'Été", "zoe@customer.example", "+33 1 23 45 67 89"), Contact("", "", "")):
            for _again in range(2):
                client.push_contact(stage.customer_ref, sent)
            assert client.contact(stage.customer_ref) == sent
        for call in (lambda: client.contact("no-such-customer"), lambda: client.push_contact("no-such-customer", Contact())):
            with pytest.raises(ConnectorRejectedError) as caught:
                call()
            assert (caught.value.field, caught.value.code) == ("customer_ref", "unknown")

    @pytest.mark.capability("activities")
    def test_activity_is_noted_once(self, stage: Any, client: Any) -> None:
        noted = Activity(
            str(uuid.uuid4()), stage.customer_ref, ActivityKind.NOTE, "Ünïcode — عربى", "A text.\nTwo lines.",
            datetime(2026, 3, 29, 1, 30, tzinfo=UTC), "Carla",
        )  # fmt: skip
        first = client.log_activity(noted)
        assert first
        assert client.log_activity(noted) == first
        assert needs(stage, "count_activities").count_activities(noted.reference) == 1
        with pytest.raises(ConnectorRejectedError) as caught:
            client.log_activity(replace(noted, reference=str(uuid.uuid4()), customer_ref="no-such-customer"))
        assert (caught.value.field, caught.value.code) == ("customer_ref", "unknown")
