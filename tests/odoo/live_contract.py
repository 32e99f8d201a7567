"""The whole contract on a running Odoo: `ODOO_PORT=8069 pytest tests/odoo/live_contract.py`, as `make odoo14` does."""

from __future__ import annotations

import os

import pytest
from tests.odoo.administrator import administrator
from tests.odoo.company import OdooStage

from portico_erp.conformance import ConnectorContract, Stage


class TestRunningOdoo(ConnectorContract):
    @pytest.fixture(scope="class")
    @classmethod
    def stage(cls) -> Stage:
        port = int(os.environ["ODOO_PORT"])
        return OdooStage(port, administrator(port))
