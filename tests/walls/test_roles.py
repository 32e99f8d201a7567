"""The product's own tables of roles against tests/walls/roles.py, in a company that has every plugin."""

from __future__ import annotations

import pytest
from tests.walls import roles
from tests.walls.test_routes import MAY, _route_table

from portico.identity.permissions import (
    ACCOUNT_ROLES,
    CORE_PERMISSIONS,
    CORE_ROLES,
    ORGANISATION_PERMISSIONS,
    ROLE_KIND,
)
from portico.testing.portal import Company, Portal


@pytest.fixture(scope="module")
def company(portal: Portal) -> Company:
    return portal.company(plugins=list(portal.parts.plugins.manifests))


def declared(portal: Portal) -> set[str]:
    found = {*CORE_PERMISSIONS, *ORGANISATION_PERMISSIONS}
    return found.union(*(manifest.permissions for manifest in portal.parts.plugins.manifests.values()))


@pytest.mark.parametrize("account_role", roles.OF_ORGANISATION)
def test_people_of_an_organisation_may_what_their_role_says(company: Company, account_role: str) -> None:
    expected = roles.OF_ORGANISATION[account_role]
    granted = company.portal.parts.grants.in_account(company.tenant, ("customer",), account_role)
    assert granted == expected == roles.permissions(("customer",), account_role)
    person = company.customer_person(None, f"{account_role} of roles", role=account_role)
    assert company.scope(person).permissions == expected


@pytest.mark.parametrize("role", roles.OF_COMPANY)
def test_people_of_a_company_may_what_their_role_says(company: Company, role: str) -> None:
    grants = company.portal.parts.grants
    assert grants.of(company.tenant, (role,)) == roles.OF_COMPANY[role]
    if role != "customer":  # an organisation's role is nothing to whoever is no customer
        for account_role in roles.OF_ORGANISATION:
            assert grants.in_account(company.tenant, (role,), account_role) == roles.OF_COMPANY[role]


def test_every_role_and_every_permission_is_in_the_table(portal: Portal) -> None:
    assert roles.OF_ORGANISATION.keys() == ACCOUNT_ROLES.keys()
    assert roles.OF_COMPANY.keys() == {*ROLE_KIND, "operator"}
    in_manifests = {role for manifest in portal.parts.plugins.manifests.values() for role in manifest.roles}
    assert in_manifests | CORE_ROLES.keys() <= roles.OF_ORGANISATION.keys() | roles.OF_COMPANY.keys()
    named = frozenset().union(*roles.OF_ORGANISATION.values(), *roles.OF_COMPANY.values())
    assert named == declared(portal)
    assert {spec.permission for spec in _route_table()} <= named | MAY.keys()

