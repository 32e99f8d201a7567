"""Requests are worked off as a worker would do it."""

from __future__ import annotations

from collections.abc import Callable
from types import SimpleNamespace

import pytest

from portico.jobs.session import worker_session
from portico.privacy import jobs
from portico.testing.portal import Portal


@pytest.fixture
def work(portal: Portal) -> Callable[[], None]:
    job = SimpleNamespace(
        session=lambda: worker_session(portal.parts.engine), portico=portal.parts, remaining_s=lambda: 300.0
    )
    return lambda: jobs.work(job)
