"""Mail through a real SMTP server on loopback: STARTTLS, refusals that pass and refusals that stay (NOTE-5)."""

from __future__ import annotations

import asyncio
import datetime as dt
import socket
import ssl
from collections.abc import Iterator
from dataclasses import dataclass, replace
from email import message_from_bytes, policy
from pathlib import Path
from types import SimpleNamespace

import pytest
import sqlalchemy as sa
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from portico.connections.host import ConnectionHost
from portico.jobs import Dead, Retry
from portico.notify.mail import SmtpTransport, queue_mail, send_mail
from portico.settings import Listed
from portico.testing.portal import Company, Portal


class Box:
    """The receiving side: refuses by recipient, keeps the rest."""

    def __init__(self) -> None:
        self.kept: list[bytes] = []
        self.refuse: dict[str, list[str]] = {}

    async def handle_RCPT(self, server: SMTP, session: object, envelope: object, address: str, options: list[str]) -> str:
        answers = self.refuse.get(address)
        if answers:
            return answers.pop(0)
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: SMTP, session: object, envelope: object) -> str:
        assert session.ssl is not None, "a mail came without TLS"
        self.kept.append(envelope.content)
        return "250 kept"


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "localhost")])
    now = dt.datetime.now(dt.UTC)
    built = (x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
             .serial_number(x509.random_serial_number()).not_valid_before(now - dt.timedelta(days=1))
             .not_valid_after(now + dt.timedelta(days=1))
             .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
             .sign(key, hashes.SHA256()))
    file = tmp_path_factory.mktemp("tls") / "server.pem"
    file.write_bytes(built.public_bytes(serialization.Encoding.PEM) + key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()))
    return file


@pytest.fixture
def server(certificate: Path) -> Iterator[tuple[Box, str]]:
    box, context = Box(), ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(certificate)

    def check(server: SMTP, session: object, envelope: object, mechanism: str, data: object) -> AuthResult:
        return AuthResult(success=data.login == b"portal" and data.password == b"secret word")

    controller = Controller(box, hostname="127.0.0.1", port=free_port(), tls_context=context, require_starttls=True,
                            auth_required=True, authenticator=check)
    controller.start()
    try:
        port = controller.port
        yield box, f"smtp://portal:secret%20word@localhost:{port}?starttls=required&cafile={certificate}"
    finally:
        controller.stop()
        asyncio.set_event_loop(None)


@dataclass
class Queued:
    """A mail that waits in a company, and the job that sends it by that server."""

    company: Company
    id: object
    job: SimpleNamespace

    def attempt(self) -> tuple[object, object]:
        """Run the job; the row afterwards, and what the job raised."""
        raised = None
        try:
            send_mail(self.job, str(self.id))
        except (Retry, Dead) as error:
            raised = error
        with self.company.system() as db:
            return db.execute(sa.text("SELECT * FROM mail WHERE id = :id"), {"id": self.id}).one(), raised


def queued(portal: Portal, url: str, recipient: str, only: str = "") -> Queued:
    company = portal.company(name="Blüte & Söhne")
    with company.system() as db:
        queue_mail(db, portal.parts, recipient, "portico/mail/known", locale="fr", name="Zoë", link="https://x.example/")
        mail_id = db.scalar(sa.text("SELECT id FROM mail WHERE recipient = :r"), {"r": recipient})
    settings = replace(portal.settings, mail_url=url, egress_only=Listed.read(only))
    parts = SimpleNamespace(settings=settings, connections=ConnectionHost(settings))
    return Queued(company, mail_id, SimpleNamespace(portico=parts, tenant=company.tenant, session=company.system))


def send(portal: Portal, url: str, recipient: str, only: str = "") -> tuple[object, object]:
    return queued(portal, url, recipient, only).attempt()


def test_mail_arrives_over_starttls_in_the_companys_name(portal: Portal, server: tuple[Box, str]) -> None:
    box, url = server
    row, raised = send(portal, url, "zoe@example.com")
    assert raised is None
    assert row.status == "sent"
    [raw] = box.kept
    got = message_from_bytes(raw, policy=policy.default)
    assert got["From"].addresses[0].display_name == "Blüte & Söhne"
    assert got["To"] == "zoe@example.com"
    assert row.id.hex in got["Message-ID"]
    assert "Zoë" in got.get_body(("plain",)).get_content()
    assert "<html" in got.get_body(("html",)).get_content()


def test_451_is_tried_again_and_then_arrives_with_the_same_id(portal: Portal, server: tuple[Box, str]) -> None:
    box, url = server
    box.refuse["busy@example.com"] = ["451 try again later"]
    mail = queued(portal, url, "busy@example.com")
    row, raised = mail.attempt()
    assert isinstance(raised, Retry)
    assert (row.status, row.attempts) == ("queued", 1)
    assert "451" in row.error
    assert box.kept == []
    for _again in range(2):  # also if the job is run once more than it should
        row, raised = mail.attempt()
        assert (row.status, raised) == ("sent", None)
    [raw] = box.kept
    assert row.id.hex in message_from_bytes(raw, policy=policy.default)["Message-ID"]


def test_550_is_final_and_shown(portal: Portal, server: tuple[Box, str]) -> None:
    box, url = server
    box.refuse["nobody@example.com"] = ["550 no such mailbox"]
    row, raised = send(portal, url, "nobody@example.com")
    assert isinstance(raised, Dead)
    assert row.status == "failed"
    assert "550 no such mailbox" in row.error


def test_server_that_nobody_vouches_for_gets_nothing(portal: Portal, server: tuple[Box, str]) -> None:
    box, url = server
    _row, raised = send(portal, url.split("&cafile")[0], "safe@example.com")
    assert isinstance(raised, Retry)
    assert box.kept == []


def test_server_without_starttls_gets_nothing(portal: Portal) -> None:
    box = Box()
    controller = Controller(box, hostname="127.0.0.1", port=free_port())
    controller.start()
    try:
        port = controller.port
        _row, raised = send(portal, f"smtp://localhost:{port}", "plain@example.com")
    finally:
        controller.stop()
        asyncio.set_event_loop(None)
    assert isinstance(raised, Dead)
    assert box.kept == []


def test_absent_server_is_tried_again() -> None:
    from email.message import EmailMessage

    with pytest.raises(Retry):
        SmtpTransport("smtp://127.0.0.1:1?starttls=never")(EmailMessage())


@pytest.mark.parametrize(("only", "comes"), [("", True), ("localhost", True), ("127.0.0.0/8 ::1", True), ("erp.example.com", False)])
def test_the_mail_server_must_be_on_the_operators_list(portal: Portal, server: tuple[Box, str], only: str, comes: bool) -> None:
    """Where there is a list; in a private network or not. The mail waits until the server is on it."""
    box, url = server
    row, raised = send(portal, url, "zoe@example.com", only)
    assert len(box.kept) == comes
    assert row.status == ("sent" if comes else "queued")
    if not comes:
        assert isinstance(raised, Retry)
        assert "portico.egress_only does not list the mail server localhost" in row.error
