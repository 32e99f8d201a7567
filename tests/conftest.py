"""For all tests: no socket leaves this machine, and tests that share an installation share a worker."""

from __future__ import annotations

from typing import Any

import pytest
from pytest_socket import socket_allow_hosts
from tests.together import Together


@pytest.fixture(autouse=True)
def _loopback_only() -> None:
    socket_allow_hosts(["127.0.0.1", "::1", "localhost", "0.0.0.0"], allow_unix_socket=True)


@pytest.hookimpl(tryfirst=True)  # before -m chooses
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Marked by what they use, so that no list of folders can lag behind."""
    for item in items:
        if "portal" in getattr(item, "fixturenames", ()):
            item.add_marker(pytest.mark.database)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Together | None:
    """For the default, `--dist loadgroup`; who asks for another gets another."""
    return Together(config, log) if config.getoption("dist") == "loadgroup" else None
