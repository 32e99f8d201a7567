"""A company with a host of its own, and somebody on the way there."""

from __future__ import annotations

import pytest
from tests.functional.identity.handoff.way import Way, own_host

from portico.testing.portal import Company, Portal


@pytest.fixture
def company(portal: Portal) -> Company:
    return portal.company()


@pytest.fixture
def way(portal: Portal, company: Company) -> Way:
    person = company.customer_person()
    return Way(portal, company, person, portal.client(person), own_host(portal, company))
