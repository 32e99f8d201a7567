"""Companies with invoices and payments, made as the synchronisation makes them, and posted as the job does."""

from __future__ import annotations

from uuid import UUID

import pytest
import sqlalchemy as sa
from tests.functional.portico_payments.books import CUSTOMER, Books

from portico.testing.client import Client
from portico.testing.portal import Company, Portal


@pytest.fixture
def company(portal: Portal) -> Company:
    return portal.company(plugins=["portico_invoices", "portico_payments", "portico_clear"])


@pytest.fixture
def account_id(company: Company) -> UUID:
    """An account that is older than the invoices and payments of the tests."""
    account = company.account("Acme", CUSTOMER)
    with company.system() as db:
        db.execute(sa.text("UPDATE account SET created_at = now() - interval '10 years'"))
    return account


@pytest.fixture
def books(company: Company, account_id: UUID) -> Books:
    return Books(company)


@pytest.fixture
def finance(company: Company, account_id: UUID) -> Client:
    return company.client(company.customer_person(account_id, role="finance"))
