"""What a connector says of itself, and what its check says of settings."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import colander
import pytest

from portico_erp import deadline
from portico_erp.capabilities import CAPABILITIES, REQUIRES, Check
from portico_erp.conformance.stage import Stage
from portico_erp.errors import ConnectorUnavailableError


class IdentityContract:
    def test_client_has_every_declared_capability(self, stage: Stage, client: Any) -> None:
        assert isinstance(client, Check)
        for name in stage.connector.capabilities & CAPABILITIES.keys():
            assert isinstance(client, CAPABILITIES[name]), f"declares {name} without implementing it"
            missing = REQUIRES.get(name, frozenset()) - stage.connector.capabilities
            assert not missing, f"declares {name} without {missing}"

    def test_settings_schema_accepts_the_stage_and_refuses_unknown_fields(self, stage: Stage) -> None:
        whole = {**stage.config, **stage.secrets}
        stage.connector.settings_schema().deserialize(whole)
        with pytest.raises(colander.Invalid):
            stage.connector.settings_schema().deserialize({**whole, "surprise": "x"})

    def test_every_secret_is_a_setting_and_not_in_the_config(self, stage: Stage) -> None:
        names = {node.name for node in stage.connector.settings_schema().children}
        assert set(stage.connector.secret_fields) <= names
        assert not set(stage.connector.secret_fields) & stage.config.keys()

    def test_check_reports_each_declared_capability_as_working(self, stage: Stage, client: Any) -> None:
        reports = client.test()
        assert {report.capability for report in reports} == stage.connector.capabilities
        assert [report for report in reports if not report.ok] == []

    @pytest.mark.rule("settings-checked")
    def test_invalid_settings_fail_the_check_with_the_error_that_is_due(self, stage: Stage) -> None:
        assert stage.invalid
        for config, secrets, error in stage.invalid:
            with pytest.raises(error) as caught:
                self.open_and_test(stage, config, secrets)
            for secret in filter(None, secrets.values()):
                assert secret not in str(caught.value)

    @staticmethod
    def open_and_test(stage: Stage, config: Mapping[str, Any], secrets: Mapping[str, str]) -> None:
        client = stage.connector.open(config, secrets, egress=stage.egress)
        try:
            with deadline.within(10):
                client.test()
        finally:
            client.close()

    @pytest.mark.capability("setup")
    def test_set_up_again_does_nothing(self, client: Any) -> None:
        assert client.set_up().created is False

    def test_call_whose_time_is_over_is_unavailable(self, client: Any) -> None:
        with pytest.raises(ConnectorUnavailableError), deadline.within(0):
            client.test()
