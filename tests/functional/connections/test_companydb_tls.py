"""A company's database is talked to only if its certificate is good, unless it lies where the operator allowed less
(ASVS 12.3.2)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from uuid import uuid4

import pytest
import sqlalchemy as sa
from tests.functional.connections.tls_front import Authority, tls_front

from portico.connections import check
from portico.connections.models import Connection
from portico.db import setup
from portico.errors import InvalidError
from portico.testing.portal import Company, Portal
from portico_companydb.settings import DatabaseSettings, SettingsSchema
from portico_demo import databases
from portico_erp.errors import ConnectorUnauthorisedError, ConnectorUnavailableError


@pytest.fixture(scope="module")
def login(portal: Portal) -> databases.CompanyLogin:
    return databases.create_empty(setup.admin_url(portal.settings), portal.settings.home, f"t{uuid4().hex[:10]}")


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority(tmp_path_factory.mktemp("tls"))


@pytest.fixture
def trusted(authority: Authority, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(authority.file))


@pytest.fixture(params=["localhost", "another.example"])
def secured(request: pytest.FixtureRequest, authority: Authority, login: databases.CompanyLogin) -> Iterator[tuple[str, int]]:
    """(the name in its certificate, the port of the database behind it)."""
    with tls_front(authority.certificate(request.param), login.port) as port:
        yield request.param, port


def connect(portal: Portal, company: Company, login: databases.CompanyLogin, port: int, **given: Any) -> Any:
    config, secrets = login.settings("EUR")
    config.pop("sslmode")
    values = {**config, **secrets, "host": "localhost", "port": port, **given}
    return check.create(portal.parts, company.id, connector="companydb", name="ERP", values=values, set_up=True)


def test_a_certificate_that_nobody_vouches_for_is_refused(
    portal: Portal, login: databases.CompanyLogin, secured: tuple[str, int]
) -> None:
    with pytest.raises((ConnectorUnavailableError, ConnectorUnauthorisedError)):
        connect(portal, portal.company(plugins=[]), login, secured[1], sslmode="verify-full")


def test_a_certificate_of_a_trusted_authority_is_taken_for_its_own_name_alone(
    portal: Portal, login: databases.CompanyLogin, secured: tuple[str, int], trusted: None
) -> None:
    company = portal.company(plugins=[])
    if secured[0] != "localhost":
        with pytest.raises((ConnectorUnavailableError, ConnectorUnauthorisedError)):
            connect(portal, company, login, secured[1], sslmode="verify-full")
        return
    connection_id = connect(portal, company, login, secured[1], sslmode="verify-full")
    assert stored(portal, connection_id) == "verify-full"
    page = company.admin().get(f"/admin/connections/{connection_id}").text
    portal.parts.connections.forget(connection_id)
    assert "Its certificate is not checked" not in page


def test_a_server_without_tls_is_refused(portal: Portal, login: databases.CompanyLogin) -> None:
    with pytest.raises((ConnectorUnavailableError, ConnectorUnauthorisedError)):
        connect(portal, portal.company(plugins=[]), login, login.port, sslmode="verify-full")


def test_only_where_the_operator_allows_it_is_there_no_certificate_and_the_page_says_so(
    portal: Portal, login: databases.CompanyLogin
) -> None:
    company = portal.company(plugins=[])
    connection_id = connect(portal, company, login, login.port, sslmode="prefer")
    page = company.admin().get(f"/admin/connections/{connection_id}").text
    portal.parts.connections.forget(connection_id)
    assert "Its certificate is not checked" in page
    assert "a network that the operator of this portal has opened" in page


@pytest.mark.parametrize("mode", ["prefer", "require", "disable"])
@pytest.mark.parametrize("host", ["203.0.113.7", "db.example", "10.1.2.3"])
def test_elsewhere_settings_without_a_certificate_are_not_taken(
    portal: Portal, login: databases.CompanyLogin, mode: str, host: str
) -> None:
    with pytest.raises(InvalidError) as refused:
        connect(portal, portal.company(plugins=[]), login, 5432, sslmode=mode, host=host)
    assert refused.value.fields.keys() == {"sslmode"}


def test_what_was_connected_before_goes_on_as_it_is_and_the_page_warns(portal: Portal, login: databases.CompanyLogin) -> None:
    """Its settings have always named the kind of encryption, so that another default changes nothing of it."""
    company = portal.company(plugins=[])
    connection_id = connect(portal, company, login, login.port, sslmode="prefer")
    with company.system() as db:
        connection = db.get_one(Connection, (company.id, connection_id))
        connection.config = {**connection.config, "host": "db.example"}
    page = company.admin().get(f"/admin/connections/{connection_id}").text
    assert "could read and change everything" in page
    with company.system() as db:
        connection = db.get_one(Connection, (company.id, connection_id))
        connection.config = {**connection.config, "host": "127.0.0.1"}
    assert check.run(portal.parts, company.id, connection_id) == connection_id
    assert stored(portal, connection_id) == "prefer"
    portal.parts.connections.forget(connection_id)


def test_the_default_checks() -> None:
    node = SettingsSchema()["sslmode"]
    assert node.default == node.missing == "automatic"
    settings = DatabaseSettings("db.example", 5432, "erp", "portal", "EUR")
    assert settings.mode(opened=False) == "verify-full"


def test_by_itself_it_does_without_only_where_the_operator_allows_it(portal: Portal, login: databases.CompanyLogin) -> None:
    company = portal.company(plugins=[])
    connection_id = connect(portal, company, login, login.port)
    assert stored(portal, connection_id) == "automatic"
    assert "Its certificate is not checked" in company.admin().get(f"/admin/connections/{connection_id}").text
    portal.parts.connections.forget(connection_id)


def stored(portal: Portal, connection_id: Any) -> Any:
    with portal.superuser() as connection:
        return connection.scalar(sa.text("SELECT config->>'sslmode' FROM connection WHERE id = :i"), {"i": connection_id})
