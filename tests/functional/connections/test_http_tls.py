"""The way out of all connectors and services by HTTP speaks to servers with a good certificate alone, by TLS 1.2 or later
(ASVS 12.3.2)."""

from __future__ import annotations

import datetime as dt
import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from ipaddress import ip_network
from pathlib import Path
from typing import Any

import pytest
from tests.functional.connections.tls_front import Authority

from portico.connections.egress import EgressGuard
from portico.connections.errors import ConnectorRejectedError, ConnectorUnavailableError
from portico.connections.http import GuardedHttp

HOST = "erp.example"
pytestmark = pytest.mark.enable_socket


@dataclass
class Server:
    """asked: what the requests said for authorisation, one for each that came through."""

    port: int
    asked: list[str | None] = field(default_factory=list)


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority(tmp_path_factory.mktemp("tls"))


@pytest.fixture
def trusted(authority: Authority, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(authority.file))


@contextmanager
def serving(certificate: Path, most: ssl.TLSVersion = ssl.TLSVersion.TLSv1_3) -> Iterator[Server]:
    """HTTPS that answers `{}`. most: the latest version that it speaks; before 1.2 it speaks with any client that wants to."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            server.asked.append(self.headers.get("Authorization"))
            self.send_response(200)
            self.send_header("Content-Length", "2")
            self.end_headers()
            self.wfile.write(b"{}")

        def log_message(self, *arguments: Any) -> None:
            pass

    class Quiet(ThreadingHTTPServer):
        def handle_error(self, *arguments: Any) -> None:
            pass  # whoever does not like our certificate goes

    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    if most < ssl.TLSVersion.TLSv1_2:
        context.minimum_version = ssl.TLSVersion.TLSv1
        context.set_ciphers("DEFAULT@SECLEVEL=0")
    context.maximum_version = most
    context.load_cert_chain(certificate)
    listening = Quiet(("127.0.0.1", 0), Handler)
    listening.socket = context.wrap_socket(listening.socket, server_side=True, do_handshake_on_connect=False)
    server = Server(listening.server_address[1])
    thread = threading.Thread(target=listening.serve_forever, daemon=True)
    thread.start()
    yield server
    listening.shutdown()
    thread.join()
    listening.server_close()


def get(server: Server) -> Any:
    """What the server answers, asked by its name with a secret."""
    http = GuardedHttp(EgressGuard((ip_network("127.0.0.1/32"),), lambda _host, _port: ["127.0.0.1"]))
    try:
        return http.get(f"https://{HOST}:{server.port}/", bearer="secret").json()
    finally:
        http.close()


def refused(server: Server) -> str:
    """What OpenSSL says of the certificate."""
    with pytest.raises(ConnectorRejectedError) as error:
        get(server)
    assert error.value.code == "tls"
    assert server.asked == [], "nothing is said before the certificate was found good"
    cause: BaseException | None = error.value
    while cause is not None and not isinstance(cause, ssl.SSLCertVerificationError):
        cause = cause.__cause__ or cause.__context__
    assert cause is not None
    return str(cause)


def test_a_server_whose_authority_is_trusted_answers(authority: Authority, trusted: None) -> None:
    with serving(authority.certificate(HOST)) as server:
        assert get(server) == {}
        assert server.asked == ["Bearer secret"]


def test_a_server_that_nobody_vouches_for_hears_nothing(authority: Authority, trusted: None, tmp_path: Path) -> None:
    with serving(Authority(tmp_path).certificate(HOST)) as server:
        assert "certificate verify failed" in refused(server)


def test_a_certificate_of_another_name_is_refused(authority: Authority, trusted: None) -> None:
    with serving(authority.certificate("another.example")) as server:
        assert "Hostname mismatch" in refused(server)


def test_an_expired_certificate_is_refused(authority: Authority, trusted: None) -> None:
    with serving(authority.certificate(HOST, ends=-dt.timedelta(hours=1))) as server:
        assert "expired" in refused(server)


@pytest.mark.filterwarnings("ignore:ssl.TLSVersion:DeprecationWarning")
def test_tls_1_1_is_not_spoken(authority: Authority, trusted: None) -> None:
    with serving(authority.certificate(HOST), ssl.TLSVersion.TLSv1_1) as server:
        old = ssl.create_default_context(cafile=str(authority.file))
        old.minimum_version = ssl.TLSVersion.TLSv1
        old.set_ciphers("DEFAULT@SECLEVEL=0")
        with socket.create_connection(("127.0.0.1", server.port), 10) as raw, old.wrap_socket(raw, server_hostname=HOST) as done:
            assert done.version() == "TLSv1.1", "the server would"
        with pytest.raises(ConnectorUnavailableError) as error:
            get(server)
        assert "protocol version" in str(error.value.__cause__).lower()
        assert server.asked == []
