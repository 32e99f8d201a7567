"""An ACME authority (RFC 8555) on this machine: it gives a certificate to who answers its HTTP-01 challenge, asked at 127.0.0.1
whatever the name. What public authorities ask at port 80 of the name, it asks at the port that it is told."""

from __future__ import annotations

import base64
import datetime as dt
import hashlib
import http.client
import json
import threading
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, utils


def unpadded(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def padded(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


@dataclass
class Order:
    """status: of RFC 8555, 7.1.6; those of its authorisation and challenge follow from it."""

    name: str
    account: str
    token: str = field(default_factory=lambda: uuid.uuid4().hex)
    status: str = "pending"
    certificate: bytes = b""


@dataclass
class AcmeAuthority:
    """file: its own certificate. challenge_port: where it asks. ordered, issued: names, in order."""

    folder: Path
    challenge_port: int = 0
    ordered: list[str] = field(default_factory=list)
    issued: list[str] = field(default_factory=list)
    base: str = ""

    def __post_init__(self) -> None:
        self._key = ec.generate_private_key(ec.SECP256R1())
        self._name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "An ACME authority of a test")])
        self._accounts: dict[str, dict[str, str]] = {}
        self._orders: dict[str, Order] = {}
        own = self._built(self._name, self._key.public_key())
        own = own.add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        self._certificate = own.sign(self._key, hashes.SHA256())
        self.file = self.folder / "acme.pem"
        self.file.write_bytes(self._certificate.public_bytes(serialization.Encoding.PEM))

    def answer(self, path: str, body: bytes) -> tuple[int, Any, str]:
        """Status, what is said (bytes = a chain of certificates), and the address of what was made."""
        if path == "/directory":
            names = {"newNonce": "nonce", "newAccount": "account", "newOrder": "order", "revokeCert": "no", "keyChange": "no"}
            return 200, {name: f"{self.base}/{at}" for name, at in names.items()}, ""
        if path == "/nonce":
            return 200, {}, ""
        said, account, payload = self._signed(body)
        kind, _, which = path.strip("/").partition("/")
        if kind == "account":
            account = f"{self.base}/account/{uuid.uuid4().hex}"
            self._accounts[account] = said["jwk"]
            return 201, {"status": "valid"}, account
        if kind == "order" and not which:
            (name,) = [one["value"] for one in payload["identifiers"]]
            self.ordered.append(name)
            which = uuid.uuid4().hex
            self._orders[which] = Order(name, account)
            return 201, self._told(which), f"{self.base}/order/{which}"
        order = self._orders[which]
        assert order.account == account
        if kind == "challenge":
            order.status = "ready" if self._answered(order) else "invalid"
            return 200, self._challenge(which), ""
        if kind == "authorisation":
            return 200, {"status": self._proved(order), "identifier": {"type": "dns", "value": order.name},
                         "challenges": [self._challenge(which)]}, ""
        if kind == "finalize" and order.status == "ready":
            order.certificate, order.status = self._issue(order, padded(payload["csr"])), "valid"
            self.issued.append(order.name)
        if kind == "certificate":
            return 200, order.certificate, ""
        return 200, self._told(which), f"{self.base}/order/{which}"

    def _signed(self, body: bytes) -> tuple[dict[str, Any], str, dict[str, Any]]:
        """The protected head, the account, and the payload of a JWS by ES256. Raises InvalidSignature."""
        jws = json.loads(body)
        said = json.loads(padded(jws["protected"]))
        assert said["alg"] == "ES256"
        jwk = said.get("jwk") or self._accounts[said["kid"]]
        x, y, signature = (padded(one) for one in (jwk["x"], jwk["y"], jws["signature"]))
        key = ec.EllipticCurvePublicNumbers(int.from_bytes(x), int.from_bytes(y), ec.SECP256R1()).public_key()
        der = utils.encode_dss_signature(int.from_bytes(signature[:32]), int.from_bytes(signature[32:]))
        key.verify(der, f"{jws['protected']}.{jws['payload']}".encode(), ec.ECDSA(hashes.SHA256()))
        return said, said.get("kid", ""), json.loads(padded(jws["payload"]) or b"{}")

    def _answered(self, order: Order) -> bool:
        jwk = self._accounts[order.account]
        words = json.dumps({name: jwk[name] for name in ("crv", "kty", "x", "y")}, separators=(",", ":"))
        asked = http.client.HTTPConnection("127.0.0.1", self.challenge_port, timeout=10)
        asked.request("GET", f"/.well-known/acme-challenge/{order.token}", headers={"Host": order.name})
        said = asked.getresponse().read().decode()
        asked.close()
        return said.strip() == f"{order.token}.{unpadded(hashlib.sha256(words.encode()).digest())}"

    def _proved(self, order: Order) -> str:
        return {"ready": "valid"}.get(order.status, order.status)

    def _challenge(self, which: str) -> dict[str, str]:
        order = self._orders[which]
        return {"type": "http-01", "url": f"{self.base}/challenge/{which}", "token": order.token, "status": self._proved(order)}

    def _told(self, which: str) -> dict[str, Any]:
        order = self._orders[which]
        made = {"certificate": f"{self.base}/certificate/{which}"} if order.certificate else {}
        return {"status": order.status, "identifiers": [{"type": "dns", "value": order.name}],
                "authorizations": [f"{self.base}/authorisation/{which}"], "finalize": f"{self.base}/finalize/{which}", **made}

    def _issue(self, order: Order, csr: bytes) -> bytes:
        wanted = x509.load_der_x509_csr(csr)
        names = wanted.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
        assert names.get_values_for_type(x509.DNSName) == [order.name]
        built = self._built(x509.Name([]), wanted.public_key()).add_extension(names, critical=True)
        made = built.sign(self._key, hashes.SHA256())
        return b"".join(one.public_bytes(serialization.Encoding.PEM) for one in (made, self._certificate))

    def _built(self, subject: x509.Name, key: Any) -> x509.CertificateBuilder:
        now = dt.datetime.now(dt.UTC)
        return (x509.CertificateBuilder().subject_name(subject).issuer_name(self._name).public_key(key)
                .serial_number(x509.random_serial_number()).not_valid_before(now - dt.timedelta(hours=1))
                .not_valid_after(now + dt.timedelta(days=30)))


@contextmanager
def acme_authority(folder: Path) -> Iterator[AcmeAuthority]:
    authority = AcmeAuthority(folder)

    class Handler(BaseHTTPRequestHandler):
        def _answer(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            status, said, made = authority.answer(self.path, body)
            text = said if isinstance(said, bytes) else json.dumps(said).encode()
            self.send_response(status)
            self.send_header("Replay-Nonce", uuid.uuid4().hex)
            self.send_header("Content-Type", "application/pem-certificate-chain" if isinstance(said, bytes) else "application/json")
            self.send_header("Content-Length", str(len(text)))
            if made:
                self.send_header("Location", made)
            self.end_headers()
            if self.command != "HEAD":
                self.wfile.write(text)

        do_GET = do_HEAD = do_POST = _answer

        def log_message(self, *arguments: Any) -> None:
            pass

    listening = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    authority.base = f"http://127.0.0.1:{listening.server_address[1]}"
    thread = threading.Thread(target=listening.serve_forever, daemon=True)
    thread.start()
    try:
        yield authority
    finally:
        listening.shutdown()
        thread.join()
        listening.server_close()
