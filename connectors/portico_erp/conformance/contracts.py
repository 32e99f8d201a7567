"""Contracts, and the customer's answer to one."""

from __future__ import annotations

import uuid
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from portico_erp.conformance.stage import drain, needs
from portico_erp.errors import ConnectorRejectedError, ConnectorUnavailableError
from portico_erp.values import ContractAnswer, ContractStatus, RemoteContract


class ContractsContract:
    def offered(self, stage: Any, client: Any) -> RemoteContract:
        """A new contract that waits for its answer, as the connector reads it."""
        found: RemoteContract = client.contract(needs(stage, "offer_contract").offer_contract())
        return found

    def answer_to(self, contract: RemoteContract, agreed: bool = True) -> ContractAnswer:
        at = datetime(2026, 3, 29, 1, 30, 0, 123456, tzinfo=UTC)
        reason = "" if agreed else "Too long — طويل"
        return ContractAnswer(str(uuid.uuid4()), contract.ref, agreed, "Carla", at, contract.version, reason)

    @pytest.mark.capability("contracts")
    def test_contract_comes_with_its_lines_and_again_when_it_changes(self, stage: Any, client: Any) -> None:
        stage = needs(stage, "offer_contract", "revise_contract", "set_contract")
        _before, cursor = drain(client.changed_contracts)
        ref = stage.offer_contract()
        (contract,), cursor = drain(client.changed_contracts, cursor)
        assert (contract.ref, contract.status, contract.customer_ref) == (ref, ContractStatus.OFFERED, stage.customer_ref)
        assert len(contract.lines) == 2
        assert contract.value is not None
        assert contract.terms
        assert client.contract(ref) == contract
        stage.revise_contract(ref)
        (revised,), cursor = drain(client.changed_contracts, cursor)
        assert revised.ref == ref
        assert revised.version != contract.version
        assert revised.updated_at > contract.updated_at
        stage.set_contract(ref, "ended")
        (ended,), cursor = drain(client.changed_contracts, cursor)
        assert (ended.status, ended.version) == (ContractStatus.ENDED, revised.version)
        assert drain(client.changed_contracts, cursor)[0] == []

    @pytest.mark.capability("contracts")
    def test_offer_that_is_taken_back_comes_as_a_draft(self, stage: Any, client: Any) -> None:
        contract = self.offered(needs(stage, "set_contract"), client)
        _before, cursor = drain(client.changed_contracts)
        stage.set_contract(contract.ref, "draft")
        (taken_back,), _cursor = drain(client.changed_contracts, cursor)
        assert (taken_back.ref, taken_back.status) == (contract.ref, ContractStatus.DRAFT)

    @pytest.mark.capability("contracts")
    def test_unknown_contract_is_none(self, client: Any) -> None:
        for ref in ("999999999", "no-such-contract", "-1", "1e3", "٣", "9" * 30, ""):
            assert client.contract(ref) is None

    @pytest.mark.capability("contracts", "contract_answers")
    @pytest.mark.parametrize(("agreed", "status"), [(True, ContractStatus.ACTIVE), (False, ContractStatus.DECLINED)])
    def test_contract_is_answered_once_and_comes_back(
        self, stage: Any, client: Any, agreed: bool, status: ContractStatus
    ) -> None:
        contract = self.offered(stage, client)
        _before, cursor = drain(client.changed_contracts)
        answer = self.answer_to(contract, agreed)
        receipt = client.answer_contract(answer)
        assert (receipt.ref, receipt.number, receipt.status) == (contract.ref, contract.number, status)
        assert client.answer_contract(answer) == receipt
        (changed,), cursor = drain(client.changed_contracts, cursor)
        assert (changed.ref, changed.status, changed.version) == (contract.ref, status, contract.version)
        assert changed.reason == answer.reason
        for other in (self.answer_to(contract, agreed), self.answer_to(contract, not agreed)):
            assert self.refusal(client, other) == "state"
        assert needs(stage, "count_contract_answers").count_contract_answers(answer.reference) == 1
        assert drain(client.changed_contracts, cursor)[0] == []

    @pytest.mark.capability("contracts", "contract_answers")
    def test_answer_that_was_taken_is_found_whatever_became_of_the_contract(self, stage: Any, client: Any) -> None:
        contract = self.offered(needs(stage, "set_contract", "revise_contract"), client)
        answer = self.answer_to(contract)
        client.answer_contract(answer)
        stage.revise_contract(contract.ref)
        stage.set_contract(contract.ref, "ended")
        assert client.answer_contract(answer).status is ContractStatus.ENDED

    @pytest.mark.rule("never-doubles")
    @pytest.mark.capability("contracts", "contract_answers")
    def test_answer_whose_receipt_is_lost_counts_once(self, stage: Any, client: Any) -> None:
        contract = self.offered(stage, client)
        answer = self.answer_to(contract)
        with stage.losing_the_answer(client), pytest.raises(ConnectorUnavailableError):
            client.answer_contract(answer)
        assert client.answer_contract(answer).status is ContractStatus.ACTIVE
        assert needs(stage, "count_contract_answers").count_contract_answers(answer.reference) == 1

    @pytest.mark.capability("contracts", "contract_answers")
    def test_answer_to_another_offer_than_the_companys_is_refused_and_changes_nothing(self, stage: Any, client: Any) -> None:
        contract = self.offered(needs(stage, "revise_contract"), client)
        stage.revise_contract(contract.ref)
        for agreed in (True, False):
            assert self.refusal(client, self.answer_to(contract, agreed)) == "changed"
        assert client.contract(contract.ref).status is ContractStatus.OFFERED
        assert client.answer_contract(replace(self.answer_to(contract), version="")).status is ContractStatus.ACTIVE

    @pytest.mark.capability("contracts", "contract_answers")
    def test_answer_to_what_is_not_offered_is_rejected(self, stage: Any, client: Any) -> None:
        contract = self.offered(needs(stage, "set_contract", "expire_contract"), client)
        for ref in ("no-such-contract", "999999999"):
            assert self.refusal(client, replace(self.answer_to(contract), contract_ref=ref)) == "unknown"
        stage.set_contract(contract.ref, "draft")
        assert self.refusal(client, self.answer_to(contract)) == "state"
        late = self.offered(stage, client)
        stage.expire_contract(late.ref)
        late = client.contract(late.ref)
        today = replace(self.answer_to(late), answered_at=datetime.now(UTC))
        assert self.refusal(client, today) == "expired"
        assert client.answer_contract(self.answer_to(late, agreed=False)).status is ContractStatus.DECLINED

    def refusal(self, client: Any, answer: ContractAnswer) -> str:
        with pytest.raises(ConnectorRejectedError) as caught:
            client.answer_contract(answer)
        assert not caught.value.is_fault
        code: str = caught.value.code
        return code
