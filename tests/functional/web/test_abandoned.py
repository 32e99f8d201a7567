"""Work for a client that hung up ends, and what it held is free at once: hundreds of them must not starve the others."""

from __future__ import annotations

import gc
import itertools
from collections.abc import Iterator
from typing import Any

import pytest

from portico.testing.portal import Company, Portal
from portico.web.abandoned import ENVIRON, Abandoned


@pytest.fixture(scope="module")
def company(portal: Portal) -> Company:
    return portal.company()


@pytest.fixture
def no_cycle_collector() -> Iterator[None]:
    """It comes by rarely in a server."""
    gc.disable()
    yield
    gc.enable()


@pytest.mark.parametrize("asked", range(4))
def test_connection_goes_back_wherever_the_work_ends(
    portal: Portal, company: Company, asked: int, no_cycle_collector: None
) -> None:
    """Seen to be gone before the first, second or third statement, or before the page is drawn."""
    client = company.customer()
    client.get("/orders", status=200)
    pool: Any = portal.parts.engine.pool
    before = pool.checkedout()
    for _ in range(3):
        times = itertools.count()
        with pytest.raises(Abandoned):
            client.web.get(f"{company.prefix}/orders", extra_environ={ENVIRON: lambda times=times: next(times) >= asked})
        assert pool.checkedout() == before
    client.get("/orders", status=200)
