"""Secrets of people at rest: sealed under a key that lives outside the database, each for one factor alone."""

from __future__ import annotations

import hashlib
import hmac
import os
from uuid import UUID

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

_NONCE_BYTES = 12


class UnsealableError(RuntimeError):
    """What was sealed does not open: another master key, another person's row, or it was changed."""


def _derived(master_key: bytes, purpose: bytes) -> bytes:
    return HKDF(SHA256(), 32, salt=None, info=purpose).derive(master_key)


def seal(master_key: bytes, user_id: UUID, factor_id: UUID, secret: str) -> bytes:
    """AES-256-GCM; opens only for the same person and factor, so that rows cannot be swapped."""
    nonce = os.urandom(_NONCE_BYTES)
    aead = AESGCM(_derived(master_key, b"portico personal secrets v1"))
    return b"\x01" + nonce + aead.encrypt(nonce, secret.encode(), f"{user_id}|{factor_id}".encode())


def unseal(master_key: bytes, user_id: UUID, factor_id: UUID, sealed: bytes) -> str:
    """Raises UnsealableError."""
    nonce, body = sealed[1 : 1 + _NONCE_BYTES], sealed[1 + _NONCE_BYTES :]
    try:
        aead = AESGCM(_derived(master_key, b"portico personal secrets v1"))
        return aead.decrypt(nonce, body, f"{user_id}|{factor_id}".encode()).decode()
    except (InvalidTag, ValueError) as error:
        raise UnsealableError("a person's secret does not open: wrong master key?") from error


def keyed_hash(master_key: bytes, user_id: UUID, text: str) -> bytes:
    """Of a short secret: a stolen database alone does not let anybody try all of them."""
    return hmac.new(_derived(master_key, b"portico recovery codes v1"), f"{user_id}|{text}".encode(), hashlib.sha256).digest()
