"""What every connector must do, as tests: inherit `ConnectorContract` in a test and give it a `Stage` for
your ERP.

    class TestMine(ConnectorContract):
        @pytest.fixture(scope="class")
        @classmethod
        def stage(cls) -> Iterator[Stage]: ...

Or name the stage by an entry point (`portico_erp.conformance.stage.GROUP`) and run `pytest --portico-connector=NAME`.
A test of a capability that the connector does not declare is skipped; nothing else is.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from portico_erp.conformance.catalogue import CatalogueContract
from portico_erp.conformance.contracts import ContractsContract
from portico_erp.conformance.customers import CustomersContract
from portico_erp.conformance.faults import FaultsContract
from portico_erp.conformance.identity import IdentityContract
from portico_erp.conformance.invoices import InvoicesContract
from portico_erp.conformance.orders import OrdersContract
from portico_erp.conformance.prices import PricesContract
from portico_erp.conformance.quotes import QuotesContract
from portico_erp.conformance.reading import ReadingContract
from portico_erp.conformance.recordings import Recorder, RecordingsContract
from portico_erp.conformance.stage import NOT_DECLARED, PAGE, FurtherStage, Loopback, Stage, drain


class ConnectorContract(
    FaultsContract,  # comes last but for a test's own: it leaves many quotes, which all that reads would have to read
    IdentityContract,
    CatalogueContract,
    PricesContract,
    QuotesContract,
    OrdersContract,
    ContractsContract,
    InvoicesContract,
    CustomersContract,
    ReadingContract,
    RecordingsContract,
):
    """Inherit, and override `stage`."""

    @pytest.fixture(scope="class")
    @classmethod
    def stage(cls) -> Stage:
        raise NotImplementedError("give the contract a stage")

    @pytest.fixture
    def client(self, stage: Stage) -> Iterator[Any]:
        client = stage.connector.open(stage.config, stage.secrets, egress=stage.egress)
        yield client
        client.close()

    @pytest.fixture(autouse=True)
    def _declared(self, request: pytest.FixtureRequest, stage: Stage) -> None:
        for mark in request.node.iter_markers("capability"):
            if not set(mark.args) <= stage.connector.capabilities:
                pytest.skip(f"{', '.join(mark.args)} {NOT_DECLARED}")


__all__ = ["PAGE", "ConnectorContract", "FurtherStage", "Loopback", "Recorder", "Stage", "drain"]
