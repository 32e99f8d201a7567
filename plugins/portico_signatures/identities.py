"""What a company signs with: its certificate, and the private key, sealed as secrets of connections are."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from typing import Any

import sqlalchemy as sa
from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import pkcs12
from sqlalchemy.orm import Session

from portico import audit
from portico.connections import keys
from portico.db.types import new_id, now
from portico_signatures import authority
from portico_signatures.authority import Identity, pem
from portico_signatures.models import SigningIdentity, SigningSecret

KEY = "key"
RENEWED_BEFORE = dt.timedelta(days=30)
SMALLEST_RSA = 2048


class UnusableKeyError(ValueError):
    """What was brought cannot sign documents; the text says why."""


def current(db: Session, master_key: bytes, cipher: Any) -> Identity:
    """The newest that is valid for a month more, made if there is none. For the company itself."""
    tenant = db.info["scope"].tenant
    db.execute(sa.select(sa.func.pg_advisory_xact_lock(sa.func.hashtextextended(f"signatures|{tenant.id}", 0))))
    row = db.execute(
        sa.select(SigningIdentity.id, SigningIdentity.certificate, SigningIdentity.chain)
        .where(SigningIdentity.ends_at > now() + RENEWED_BEFORE)
        .order_by(SigningIdentity.created_at.desc(), SigningIdentity.id.desc())
        .limit(1)
    ).one_or_none()
    if row is not None:
        return Identity(keys.read_secrets(db, cipher, row.id, SigningSecret)[KEY], row.certificate, row.chain, row.id)
    return keep(db, cipher, authority.issue(master_key, tenant.name, now()))


def keep(db: Session, cipher: Any, identity: Identity, *, brought: bool = False) -> Identity:
    """What the company signs with from now on; what it signed before stays valid."""
    certificate = x509.load_pem_x509_certificate(identity.certificate.encode())
    row = SigningIdentity(
        id=new_id(),
        certificate=identity.certificate,
        chain=identity.chain,
        brought=brought,
        ends_at=certificate.not_valid_after_utc,
    )
    db.add(row)
    db.flush()
    keys.store_secrets(db, cipher, row.id, {KEY: identity.key}, SigningSecret)
    told = {"subject": certificate.subject.rfc4514_string(), "until": row.ends_at.isoformat(), "brought": brought}
    audit.record(db, "signatures.certificate", subject=("tenant", db.info["scope"].tenant.id), after=told)
    return replace(identity, id=row.id)


def read(content: bytes, password: bytes | None, at: dt.datetime) -> Identity:
    """Of a PKCS #12 file (RFC 7292). Raises UnusableKeyError."""
    try:
        key, certificate, further = pkcs12.load_key_and_certificates(content, password)
    except (ValueError, UnsupportedAlgorithm) as error:
        raise UnusableKeyError("the file is no PKCS #12, or its password is another") from error
    if key is None or certificate is None:
        raise UnusableKeyError("the file has no private key with its certificate")
    if not isinstance(key, rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey):
        raise UnusableKeyError("the key is neither RSA nor of an elliptic curve")
    if isinstance(key, rsa.RSAPrivateKey) and key.key_size < SMALLEST_RSA:
        raise UnusableKeyError(f"the key has fewer than {SMALLEST_RSA} bits")
    if not certificate.not_valid_before_utc <= at < certificate.not_valid_after_utc - RENEWED_BEFORE:
        raise UnusableKeyError("the certificate is not valid now and for a month more")
    if not _may_sign(certificate):
        raise UnusableKeyError("the certificate is not for signing (digitalSignature or nonRepudiation)")
    secret = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    return Identity(secret.decode(), pem(certificate), "".join(pem(one) for one in further))


def _may_sign(certificate: x509.Certificate) -> bool:
    try:
        usage = certificate.extensions.get_extension_for_class(x509.KeyUsage).value
    except x509.ExtensionNotFound:
        return True
    return usage.digital_signature or usage.content_commitment
