"""Wherever a company's administrator can name a host, nothing internal is ever connected to (SEC-12; ASVS 1.3.6, 13.2.4).

A canary listens on loopback; whoever connects to it has got through. It stands for whatever an installation has inside.
"""

from __future__ import annotations

import http.server
import inspect
import json
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field, replace
from ipaddress import ip_network
from pathlib import Path
from typing import Any

import colander
import pytest
from pytest_socket import socket_allow_hosts
from tests.walls.bodies import example

from portico.connections.egress import EgressGuard
from portico.connections.errors import ConnectorError, ConnectorRejectedError
from portico.connections.host import ConnectionHost
from portico.connections.http import GuardedHttp, checked
from portico.identity.sso.client import OidcService, Redeem
from portico.settings import Listed
from portico.testing.portal import Portal

HOSTS = [
    "127.0.0.1", "127.1", "127.0.1", "2130706433", "017700000001", "0177.0.0.1", "0x7f000001", "0x7f.0.0.1", "127.0.0.1.",
    "localhost", "LOCALHOST", "localhost.", "0", "0.0.0.0", "::1", "[::1]", "::", "0:0:0:0:0:0:0:1", "::ffff:127.0.0.1", "::ffff:7f00:1",
    "::127.0.0.1", "64:ff9b::7f00:1", "64:ff9b:1::7f00:1", "2002:7f00:1::", "::ffff:0:127.0.0.1", "fe80::1", "fe80::1%lo",
    "169.254.169.254", "169.254.170.2", "100.100.100.200", "168.63.129.16", "fd00:ec2::254", "metadata.google.internal",
    "10.0.0.1", "172.16.0.1", "192.168.0.1", "127。0。0。1", "１２７.0.0.1", "①②⑦.⓪.⓪.①", "ⓛocalhost", "localhost\u3002",
    "127.0.0.1\n", "127.0.0.1\x00.example.com", "127.0.0.1%00.example.com", "%31%32%37.0.0.1", "example.com@127.0.0.1",
    "127.0.0.1#example.com", "127.0.0.1/example.com", "127.0.0.1\\example.com", "127.0.0.1,example.com", "example.com,127.0.0.1",
    "/var/run/postgresql", "/tmp", "@abstract", "rebind.example", "two.example",
]  # fmt: skip
ADDRESSES = {
    "localhost": ["127.0.0.1", "::1"], "LOCALHOST": ["127.0.0.1"], "metadata.google.internal": ["169.254.169.254"],
    "rebind.example": ["127.0.0.1"], "two.example": ["10.0.0.1", "::ffff:127.0.0.1"],
}
URLS = [
    "file:///etc/passwd", "gopher://127.0.0.1:{port}/_x", "ftp://127.0.0.1:{port}/", "dict://127.0.0.1:{port}/", "unix:///var/run/x",
    "http+unix://%2Fvar%2Frun%2Fx/", "ldap://127.0.0.1:{port}", "//127.0.0.1:{port}/", "http:127.0.0.1:{port}", "https:/127.0.0.1:{port}",
    "https://example.com@127.0.0.1:{port}/", "https://127.0.0.1:{port}@example.com/", "https://example.com\\@127.0.0.1:{port}/",
    "https://127.0.0.1:{port}#@example.com/", "https://example.com:443@127.0.0.1:{port}", "https://[::1]:{port}/", "https://0x7f.1:{port}/",
    "https://127.0.0.1:{port}\r\nHost: example.com/", "https://127。0。0。1:{port}/", "javascript:alert(1)", "data:text/html,x", "",
]  # fmt: skip


@pytest.fixture(autouse=True)
def _another_address_of_this_machine(_loopback_only: None) -> None:
    """127.0.0.2 plays the public here, 127.0.0.1 the inside."""
    socket_allow_hosts(["127.0.0.1", "127.0.0.2", "::1"], allow_unix_socket=True)


@dataclass
class Canary:
    """port: the same on every loopback address. met: how often somebody came."""

    port: int = 0
    met: list[str] = field(default_factory=list)


@pytest.fixture
def canary() -> Iterator[Canary]:
    found, servers = Canary(), []
    for address, family in (("127.0.0.1", socket.AF_INET), ("::1", socket.AF_INET6)):
        server = socket.socket(family)
        server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        server.bind((address, found.port))
        found.port = server.getsockname()[1]
        server.listen()
        servers.append(server)

    def meet(server: socket.socket) -> None:
        while True:
            try:
                visitor, sender = server.accept()
            except OSError:
                return
            found.met.append(sender[0])
            visitor.close()

    threads = [threading.Thread(target=meet, args=(one,)) for one in servers]
    for thread in threads:
        thread.start()
    yield found
    for server in servers:
        with suppress(OSError):
            server.shutdown(socket.SHUT_RDWR)
        server.close()
    for thread in threads:
        thread.join()


def resolver(host: str, port: int) -> list[str]:
    """As a resolver of the inside would answer; what it does not know does not exist."""
    if host not in ADDRESSES:
        raise OSError("no such name")
    return ADDRESSES[host]


Way = Callable[[EgressGuard, str, int], None]


def by_connector(connector: Any) -> Way:
    """Its settings with this host, and the test of the connection."""

    def go(guard: EgressGuard, host: str, port: int) -> None:
        schema = connector.settings_schema()
        names = {child.name for child in schema.children}
        assert names & {"host", "url"}, f"{connector.name}: which of {names} names the host? Teach this test."
        values = {name: value for name, value in {"host": host, "port": port, "user": "x", "url": f"https://{host}:{port}/"}.items() if name in names}
        settings = dict.fromkeys(connector.secret_fields, "x") | example(schema) | values
        with suppress(colander.Invalid):  # the form may refuse it: then it is tried without the form
            schema.deserialize(settings)
        secrets = {name: str(settings.pop(name)) for name in connector.secret_fields if name in settings}
        client = connector.open(settings, secrets, egress=guard)
        try:
            client.test()
        finally:
            client.close()

    return go


def by_sso(guard: EgressGuard, host: str, port: int) -> None:
    config = {"issuer": f"http://{host}:{port}", "client_id": "x"}
    client = OidcService(plain=True).open(config, {"client_secret": "x"}, egress=guard)
    try:
        client.discover()
    finally:
        client.close()


def by_http(guard: EgressGuard, host: str, port: int) -> None:
    http = GuardedHttp(guard, plain=True)
    try:
        http.get(f"http://{host}:{port}/")
    finally:
        http.close()


def ways(portal: Portal) -> dict[str, Way]:
    """Every connector that is installed, a new one without a line here, and core's own services."""
    connectors = {f"connector {name}": by_connector(one) for name, one in portal.parts.connections.connectors.items()
                  if "tests" not in Path(inspect.getfile(type(one))).parts}  # what other tests put there has no network
    assert connectors
    services = {service.name for service, _load in portal.parts.connections.services.values()}
    assert services == {"oidc", "dns"}, "a service of core that names a host is tried here; dns asks the operator's resolver alone"
    return connectors | {"single sign-on": by_sso, "HTTP": by_http}


@pytest.mark.parametrize("host", HOSTS)
def test_nothing_inside_is_connected_to(host: str, portal: Portal, canary: Canary) -> None:
    for name, way in ways(portal).items():
        with pytest.raises(ConnectorError):
            way(EgressGuard(resolver=resolver), host, canary.port)
        assert canary.met == [], name


def test_the_canary_sings_when_the_operator_opens_the_network(portal: Portal, canary: Canary) -> None:
    """Else the tests above would pass for a client that never connects."""
    guard = EgressGuard((ip_network("127.0.0.0/8"),), resolver)
    for name, way in ways(portal).items():
        before = len(canary.met)
        with pytest.raises(ConnectorError):
            way(guard, "localhost", canary.port)
        assert len(canary.met) > before, name


@pytest.mark.parametrize(("only", "comes"), [("", True), ("127.0.0.0/8", True), ("localhost", True), ("127.0.0.2 erp.example.com", False)])
def test_what_the_operators_list_leaves_out_is_not_connected_to(only: str, comes: bool, portal: Portal, canary: Canary) -> None:
    """The network is open: it is the list alone that decides, for every connector and every service (ASVS 13.2.4)."""
    guard = EgressGuard((ip_network("127.0.0.0/8"),), resolver, Listed.read(only))
    for name, way in ways(portal).items():
        before = len(canary.met)
        with pytest.raises(ConnectorError):
            way(guard, "localhost", canary.port)
        assert (len(canary.met) > before) == comes, name


def test_the_portals_guard_has_the_operators_list(portal: Portal) -> None:
    settings = replace(portal.parts.settings, egress_only=Listed.read("erp.example.com"))
    with pytest.raises(ConnectorRejectedError, match="Only whoever runs the portal"):
        ConnectionHost(settings).egress.pin("127.0.0.1", 443)
    assert ConnectionHost(portal.parts.settings).egress.pin("127.0.0.1", 443).port == 443


def test_a_name_that_changes_its_meaning_after_the_check_leads_nowhere_else(portal: Portal, canary: Canary) -> None:
    """Rebinding: allowed when it is looked at, internal a moment later. Each connection is one look and one address."""
    for name, way in ways(portal).items():
        asked: list[str] = []

        def changing(host: str, port: int, asked: list[str] = asked) -> list[str]:
            asked.append(host)
            return ["127.0.0.2"] if len(asked) == 1 else ["127.0.0.1"]

        with pytest.raises(ConnectorError):
            way(EgressGuard((ip_network("127.0.0.2/32"),), changing), "rebind.example", canary.port)
        assert asked, name
        assert canary.met == [], name


@pytest.mark.parametrize("url", URLS)
def test_an_address_that_is_none_is_refused_before_anybody_is_asked(url: str, canary: Canary) -> None:
    address = url.format(port=canary.port)
    http = GuardedHttp(EgressGuard(resolver=resolver), plain=True)
    with pytest.raises(ConnectorRejectedError):
        http.get(address)
    http.close()
    config = {"issuer": address, "client_id": "x"}
    client = OidcService(plain=True).open(config, {}, egress=EgressGuard(resolver=resolver))
    with pytest.raises(ConnectorError):
        client.discover()
    client.close()
    assert canary.met == []


def test_an_installation_on_https_speaks_no_plain_http() -> None:
    with pytest.raises(ConnectorRejectedError):
        checked("http://example.com/")
    assert checked("https://example.com/").hostname == "example.com"


@pytest.fixture
def liar(canary: Canary) -> Iterator[Any]:
    """A public server, as far as the guard knows, that leads inside by all it says."""
    inside = f"http://127.0.0.1:{canary.port}"

    class Handler(http.server.BaseHTTPRequestHandler):
        answers: dict[str, tuple[int, dict[str, str], Any]] = {}

        def do_GET(self) -> None:
            status, headers, content = self.answers.get(self.path, (302, {"Location": inside + "/"}, {}))
            body = json.dumps(content).encode()
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        do_POST = do_GET

        def log_message(self, *arguments: Any) -> None:
            """Silent."""

    server = http.server.ThreadingHTTPServer(("127.0.0.2", 0), Handler)
    server.inside, server.answers = inside, Handler.answers  # type: ignore[attr-defined]
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    yield server
    server.shutdown()
    thread.join()
    server.server_close()
    Handler.answers.clear()


def test_a_redirect_is_not_followed(canary: Canary, liar: Any) -> None:
    http = GuardedHttp(EgressGuard((ip_network("127.0.0.2/32"),)), plain=True)
    assert http.get(f"http://127.0.0.2:{liar.server_port}/anything").status == 302
    http.close()
    assert canary.met == []


@pytest.mark.parametrize("endpoint", ["token_endpoint", "jwks_uri", "userinfo_endpoint"])
def test_endpoints_that_a_provider_names_are_guarded_too(endpoint: str, canary: Canary, liar: Any) -> None:
    base = f"http://127.0.0.2:{liar.server_port}"
    document = {name: f"{base}/{name}" for name in ("authorization_endpoint", "token_endpoint", "jwks_uri", "userinfo_endpoint")}
    document |= {"issuer": base, "code_challenge_methods_supported": ["S256"], endpoint: f"{liar.inside}/x"}
    liar.answers["/.well-known/openid-configuration"] = (200, {}, document)
    client = OidcService(plain=True).open(
        {"issuer": base, "client_id": "x"}, {"client_secret": "x"}, egress=EgressGuard((ip_network("127.0.0.2/32"),))
    )
    with suppress(ConnectorError):
        client.redeem(Redeem("code", "v" * 43, "n", "https://portal.example/cb"))
    with suppress(ConnectorError):
        client._signing_keys(client.discover())
    with suppress(ConnectorError):
        client._userinfo(client.discover(), {"sub": "x"}, {"access_token": "x"})
    client.close()
    assert canary.met == []


@pytest.mark.parametrize(
    ("name", "value"),
    [("database", "host=127.0.0.1 hostaddr=127.0.0.1 port={port}"), ("database", "postgresql://127.0.0.1:{port}/x"),
     ("user", "x host=127.0.0.1 port={port}"), ("password", "x' hostaddr='127.0.0.1' port='{port}"), ("database", "x hostaddr=127.0.0.1")],
)
def test_other_settings_of_a_database_name_no_host(name: str, value: str, portal: Portal, canary: Canary) -> None:
    """What the driver would take for a connection string of its own. The allowed address has nobody listening."""
    connector = portal.parts.connections.connectors["companydb"]
    login = {"host": "127.0.0.2", "port": canary.port, "user": "x", "password": "x"}
    settings = example(connector.settings_schema()) | login | {name: value.format(port=canary.port)}
    secrets = {"password": str(settings.pop("password"))}
    client = connector.open(settings, secrets, egress=EgressGuard((ip_network("127.0.0.2/32"),)))
    with pytest.raises(ConnectorError):
        client.test()
    client.close()
    assert canary.met == []
