"""For all tests: no socket leaves this machine, and tests that share an installation share a worker."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Iterator
from typing import Any

import hypothesis
import pytest
from pytest_socket import socket_allow_hosts
from tests.off import checks, off
from tests.slow import SLOW
from tests.together import Together
from webtest import AppError

NOTICED = (AssertionError, AppError, pytest.fail.Exception)
"""What a test says by itself: an assertion, a status it did not expect, or that nothing was raised."""

# How long an example takes says how busy the machine is.
hypothesis.settings.register_profile("portico", deadline=None, suppress_health_check=[hypothesis.HealthCheck.too_slow])
hypothesis.settings.load_profile("portico")


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item: pytest.Item) -> None:
    """A test of the browser says itself that Playwright's loop runs, and takes it back; but what still waited in one of its
    greenlets says so once more when it is collected, whenever that is, and `asyncio.run` would be refused ever after."""
    if "playwright" in sys.modules:
        asyncio._set_running_loop(None)


@pytest.fixture(autouse=True)
def _loopback_only() -> None:
    socket_allow_hosts(["127.0.0.1", "::1", "localhost", "0.0.0.0"], allow_unix_socket=True)


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """A test that is marked `without` some checks is there once more for each, with fixtures of its own."""
    for marker in metafunc.definition.iter_markers("without"):
        metafunc.fixturenames.append("_switched_off")
        ids = ["", *(f"without {one.partition(':')[2]}" for one in marker.args)]
        metafunc.parametrize("_switched_off", [None, *marker.args], ids=ids, indirect=True)


@pytest.fixture
def _switched_off(request: pytest.FixtureRequest) -> Any:
    return request.param


@pytest.hookimpl(wrapper=True)
def pytest_pyfunc_call(pyfuncitem: pytest.Function) -> Iterator[None]:
    """With the check switched off, the test has to notice, by what it asserts: a fault of the code that goes on behind the
    check, which has nothing of what it needs, says nothing of who is let in."""
    name = pyfuncitem.callspec.params.get("_switched_off") if hasattr(pyfuncitem, "callspec") else None
    if name is None:
        return (yield)
    with off(checks()[name]):
        try:
            yield
        except NOTICED:
            return True
    pytest.fail(f"nobody notices that {name} does not refuse any more")


@pytest.hookimpl(tryfirst=True)  # before -m chooses
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Of the database by what they use, so that no list of folders can lag behind; slow by tests/slow.py."""
    for item in items:
        if "portal" in getattr(item, "fixturenames", ()):
            item.add_marker(pytest.mark.database)
        if item.nodeid.startswith(SLOW):
            item.add_marker(pytest.mark.slow)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Together | None:
    """For the default, `--dist loadgroup`; who asks for another gets another."""
    return Together(config, log) if config.getoption("dist") == "loadgroup" else None
