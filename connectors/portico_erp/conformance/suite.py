"""The whole contract, played on the stage that the connector's package names; `pytest --portico-connector=NAME` collects it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from portico_erp.conformance import ConnectorContract, Stage
from portico_erp.pytest_plugin import NAME, stage_of


class TestConnector(ConnectorContract):
    @pytest.fixture(scope="class")
    @classmethod
    def stage(cls, request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
        point = stage_of(request.config.getoption(NAME))
        with point.load()(tmp_path_factory.mktemp("stage"), request.config.getoption("--portico-live")) as stage:
            yield stage

    def test_stage_plays_the_connector_of_that_name(self, stage: Stage, request: pytest.FixtureRequest) -> None:
        assert stage.connector.name == request.config.getoption(NAME)
