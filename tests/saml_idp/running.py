"""Installs and runs a provider that speaks SAML 2.0: real software from npm, pinned by its lock file."""

from __future__ import annotations

import datetime as dt
import json
import shutil
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.x509.oid import NameOID
from tests.browser.site import free_port

from portico.testing import npm

HERE = Path(__file__).parent


@dataclass(frozen=True)
class IdentityProvider:
    """metadata: the description that it gives of itself."""

    entity_id: str
    metadata: str


def key_pair(days: int = 30, bits: int = 2048) -> tuple[str, str]:
    """A self-signed certificate and its key, in PEM."""
    key, name = rsa.generate_private_key(public_exponent=65537, key_size=bits), x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "idp")])
    begin = dt.datetime.now(dt.UTC) - dt.timedelta(days=40)
    certificate = (
        x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
        .serial_number(x509.random_serial_number()).not_valid_before(begin)
        .not_valid_after(dt.datetime.now(dt.UTC) + dt.timedelta(days=days)).sign(key, hashes.SHA256())
    )
    secret = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    return certificate.public_bytes(serialization.Encoding.PEM).decode(), secret.decode()


def person(subject: str, email: str, name: str) -> dict[str, Any]:
    """As the provider knows somebody."""
    given, _, family = name.partition(" ")
    return {"id": subject, "emails": [{"value": email}], "displayName": name, "name": {"givenName": given, "familyName": family}}


@contextmanager
def running(people: Mapping[str, Mapping[str, Any]], **options: Any) -> Iterator[IdentityProvider]:
    """people: what somebody types as their name there → `person`. options: of samlp's `auth`."""
    folder, port, (cert, key) = npm.installed(HERE), free_port(), key_pair()
    shutil.copy(HERE / "idp.mjs", folder)
    argument = json.dumps({"port": port, "people": people, "cert": cert, "key": key, "options": options})
    with (folder / f"idp-{port}.log").open("w+") as log:
        process = subprocess.Popen(["node", "idp.mjs", argument], cwd=folder, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                   stderr=log, text=True)
        try:
            assert process.stdout is not None
            assert process.stdout.readline().strip() == "ready", Path(log.name).read_text()
            yield IdentityProvider(f"http://127.0.0.1:{port}/idp", httpx.get(f"http://127.0.0.1:{port}/metadata").text)
        finally:
            process.kill()
            process.wait(10)
            for stream in (process.stdin, process.stdout):
                if stream:
                    stream.close()
    Path(log.name).unlink()
