"""The shipped proxy configuration, run by the real proxy (Caddy) with a certificate authority of its own in front of a portal:
TLS 1.3 alone, certificates for companies' own domains (by ACME, too) and for no others, and no visitor's word about themselves (SEC-13)."""

from __future__ import annotations

import os
import re
import shutil
import socket
import ssl
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from ipaddress import ip_network
from pathlib import Path
from typing import Any

import httpx
import pytest
import sqlalchemy as sa
import uvicorn
from tests.browser.site import free_port, wait_for
from tests.functional.system.acme import acme_authority

import portico
from portico.app import build
from portico.testing.portal import Company, Portal
from portico.web.asgi import asgi_application

CADDYFILE = Path(__file__).parents[3] / "deploy" / "Caddyfile"
MUST_RUN = os.environ.get("CI") == "true" or os.environ.get("PORTICO_TESTS_MUST_RUN") == "1"
OWN_DOMAIN = "shop.example"
pytestmark = pytest.mark.enable_socket


@dataclass
class Proxy:
    """authority: a file with the certificate that it signs with. port: of https, http: of plain HTTP."""

    port: int
    http: int
    authority: Path

    def client(self, **headers: str) -> httpx.Client:
        context = ssl.create_default_context(cafile=str(self.authority))
        return httpx.Client(base_url=f"https://localhost:{self.port}", verify=context, headers=headers)

    @contextmanager
    def hand_shaken(self, name: str, most: ssl.TLSVersion = ssl.TLSVersion.TLSv1_3) -> Iterator[ssl.SSLSocket]:
        """A connection under that name. Raises ssl.SSLError."""
        context = ssl.create_default_context(cafile=str(self.authority))
        context.maximum_version = most
        with socket.create_connection(("127.0.0.1", self.port), 10) as raw, context.wrap_socket(raw, server_hostname=name) as secured:
            yield secured


@pytest.fixture(scope="module")
def own(portal: Portal) -> Company:
    """A company with a domain of its own."""
    company = portal.company()
    with portal.superuser() as connection:
        connection.execute(sa.text("UPDATE tenant SET host = :h WHERE id = :t"), {"h": OWN_DOMAIN, "t": company.id})
    return company


@pytest.fixture(scope="module")
def upstream(portal: Portal) -> Iterator[int]:
    """The port of the portal itself, as the server runs it, set up to be behind a proxy on this machine."""
    settings = replace(portal.settings, public_url="https://localhost", trusted_proxies=(ip_network("127.0.0.1/32"),))
    parts = build(settings)
    app: Any = asgi_application(portico.make_app(parts), parts, threads=2)
    server = uvicorn.Server(uvicorn.Config(app, log_level="warning", proxy_headers=False, lifespan="off"))
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        port = listening.getsockname()[1]
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]})
        thread.start()
        wait_for(lambda: server.started, 30, "the portal did not start")
        yield port
        server.should_exit = True
        thread.join()
    app.bridge.close()
    parts.engine.dispose()


@pytest.fixture(scope="module")
def proxy(upstream: int, own: Company, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Proxy]:
    with running(tmp_path_factory.mktemp("caddy"), upstream) as found:
        yield found


@contextmanager
def running(folder: Path, upstream: int, authority: str = "local_certs") -> Iterator[Proxy]:
    """The shipped configuration. upstream: the portal's port. authority: where certificates come from, in Caddy's words."""
    caddy = shutil.which("caddy")
    if caddy is None and not MUST_RUN:
        pytest.skip("there is no Caddy on this machine (apt-get install caddy)")
    assert caddy, "there is no Caddy on this machine, and these tests must run"
    port, http = free_port(), free_port()
    options = f"{authority}\n\tskip_install_trust\n\tadmin off\n\thttps_port {port}\n\thttp_port {http}\n\tdefault_bind 127.0.0.1"
    environment = {
        "PATH": os.environ["PATH"], "HOME": str(folder), "XDG_DATA_HOME": str(folder), "XDG_CONFIG_HOME": str(folder),
        "PORTAL_UPSTREAM": f"127.0.0.1:{upstream}", "PORTAL_DOMAIN": "localhost", "PORTAL_CADDY_OPTIONS": options,
    }
    root = folder / "caddy" / "pki" / "authorities" / "local" / "root.crt"
    log = folder / "caddy.log"
    with log.open("wb") as out:
        process = subprocess.Popen([caddy, "run", "--config", str(CADDYFILE), "--adapter", "caddyfile"], env=environment,
                                   stdout=out, stderr=subprocess.STDOUT)
        try:
            found = Proxy(port, http, root)
            wait_for(lambda: process.poll() is not None or answers(found), 60, "the proxy did not start")
            assert process.poll() is None, log.read_text()
            yield found
        finally:
            process.terminate()
            process.wait(20)


def answers(proxy: Proxy) -> bool:
    try:
        with proxy.hand_shaken("localhost"):
            return True
    except (OSError, ssl.SSLError):
        return False


def test_tls_1_3_and_nothing_older(proxy: Proxy) -> None:
    for name in ("localhost", OWN_DOMAIN):
        with proxy.hand_shaken(name) as secured:
            assert secured.version() == "TLSv1.3"
        with pytest.raises(ssl.SSLError), proxy.hand_shaken(name, ssl.TLSVersion.TLSv1_2):
            pass


def test_companies_own_domains_get_certificates_and_others_none(proxy: Proxy) -> None:
    with proxy.hand_shaken(OWN_DOMAIN) as secured:
        assert ("DNS", OWN_DOMAIN) in secured.getpeercert()["subjectAltName"]
    for name in ("evil.example", f"not-{OWN_DOMAIN}", f"a.{OWN_DOMAIN}"):
        with pytest.raises(ssl.SSLError), proxy.hand_shaken(name):
            pass


def test_a_suspended_companys_domain_gets_none(portal: Portal, proxy: Proxy) -> None:
    other = portal.company()
    with portal.superuser() as connection:
        connection.execute(sa.text("UPDATE tenant SET host = 'gone.example', status = 'suspended' WHERE id = :t"), {"t": other.id})
    with pytest.raises(ssl.SSLError), proxy.hand_shaken("gone.example"):
        pass


def test_https_is_remembered_and_cookies_are_the_hosts(proxy: Proxy, own: Company) -> None:
    with proxy.client() as client:
        page = client.get(f"/c/{own.slug}/sign-in")
    assert page.status_code == 200
    assert page.headers["Strict-Transport-Security"] == HSTS
    cookies = page.headers.get_list("set-cookie")
    assert cookies
    for cookie in cookies:
        assert cookie.startswith("__Host-")
        assert "secure" in cookie.lower()


HSTS = "max-age=31536000; includeSubDomains"


def test_what_the_proxy_answers_itself_is_remembered_too(proxy: Proxy, own: Company, tmp_path: Path) -> None:
    with proxy.client() as client:
        gone = client.get("/metrics")
        page = client.get(f"/c/{own.slug}/sign-in")
    with running(tmp_path, free_port()) as alone, alone.client() as client:
        nobody = client.get("/")
    assert (gone.status_code, page.status_code, nobody.status_code) == (404, 200, 502)
    for answer in (gone, page, nobody):
        assert answer.headers.get_list("Strict-Transport-Security") == [HSTS]
        assert "Server" not in answer.headers


def test_plain_http_only_leads_to_https(proxy: Proxy) -> None:
    answer = httpx.get(f"http://127.0.0.1:{proxy.http}/c/x/sign-in?a=b", headers={"Host": "localhost"})
    assert answer.status_code == 308
    assert answer.headers["Location"].startswith("https://localhost")
    assert answer.headers["Location"].endswith("/c/x/sign-in?a=b")


FORGED = {"X-Forwarded-For": "203.0.113.9", "X-Forwarded-Proto": "http", "X-Forwarded-Host": "evil.example", "X-Real-IP": "203.0.113.9",
          "Forwarded": "for=203.0.113.9;host=evil.example;proto=http", "X_Forwarded_For": "203.0.113.9", "X-Original-URL": "/operator"}


def test_what_visitors_write_about_themselves_does_not_pass_for_the_proxys_word(proxy: Proxy, portal: Portal, own: Company) -> None:
    with proxy.client(**FORGED) as client:
        page = client.get(f"/c/{own.slug}/sign-in")
        token = re.search(r'name="csrf[_-]token"\s+(?:content|value)="([0-9a-f]+)"', page.text)
        assert token
        email = f"{own.slug}@example.com"
        sent = client.post(f"/c/{own.slug}/sign-in", data={"email": email, "password": "wrong", "csrf_token": token[1]},
                           headers={"Origin": f"https://localhost:{proxy.port}"})
        assert sent.status_code == 401
        assert "evil.example" not in page.text + sent.text
        assert page.headers["Strict-Transport-Security"]
        assert client.get(f"/c/{own.slug}/notices").headers["Location"].startswith("https://localhost")
    with portal.superuser() as connection:
        statement = sa.text("SELECT DISTINCT address FROM audit_entry WHERE tenant_id = :t AND action = 'identity.sign-in-refused'")
        assert list(connection.scalars(statement, {"t": own.id})) == ["127.0.0.1"]


@pytest.mark.parametrize("path", ["/metrics", "/tls/allowed?domain=localhost", "/tls/x"])
def test_what_is_for_the_inside_is_not_shown(path: str, proxy: Proxy) -> None:
    with proxy.client() as client:
        assert client.get(path).status_code == 404


def test_the_portal_itself_tells_visitors_nothing_of_its_names(upstream: int, own: Company) -> None:
    """Also behind a proxy that forgot to keep them out: a visitor's address is not the proxy's."""
    with httpx.Client(base_url=f"http://127.0.0.1:{upstream}") as client:
        assert client.get("/tls/allowed", params={"domain": OWN_DOMAIN}).status_code == 200
        assert client.get("/tls/allowed", params={"domain": "evil.example"}).status_code == 404
        assert client.get("/tls/allowed", params={"domain": OWN_DOMAIN}, headers={"X-Forwarded-For": "203.0.113.9"}).status_code == 404


def test_a_companys_domain_gets_its_certificate_by_acme(upstream: int, own: Company, tmp_path: Path) -> None:
    with acme_authority(tmp_path) as authority, running(tmp_path, upstream, f"acme_ca {authority.base}/directory") as proxy:
        authority.challenge_port = proxy.http
        issued = replace(proxy, authority=authority.file)
        with pytest.raises(ssl.SSLError), issued.hand_shaken("evil.example"):
            pass
        assert authority.ordered == [], "nothing is asked for a name that is no company's"
        with issued.hand_shaken(OWN_DOMAIN) as secured:
            assert ("DNS", OWN_DOMAIN) in secured.getpeercert()["subjectAltName"]
        with issued.hand_shaken(OWN_DOMAIN):
            pass
        assert authority.ordered == authority.issued == [OWN_DOMAIN], "once, and kept"
