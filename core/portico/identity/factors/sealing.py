"""Secrets of people's second factors at rest: each sealed with its person's key, for that factor alone."""

from __future__ import annotations

import hashlib
import hmac
from uuid import UUID

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from portico.identity import sealing
from portico.identity.sealing import UnsealableError, derived

FORMER = b"\x01"
"""What begins with it was sealed with one key for all people, as it was done at first; `portico keys rotate` seals it anew."""
_PURPOSE = "second factor"
_NONCE_BYTES = 12


def seal(master_key: bytes, user_id: UUID, factor_id: UUID, secret: str) -> bytes:
    return sealing.seal(master_key, _PURPOSE, user_id, secret.encode(), row=factor_id)


def unseal(master_key: bytes, user_id: UUID, factor_id: UUID, sealed: bytes) -> str:
    """Raises UnsealableError."""
    if sealed[:1] != FORMER:
        return sealing.unseal(master_key, _PURPOSE, user_id, sealed, row=factor_id).decode()
    nonce, body = sealed[1 : 1 + _NONCE_BYTES], sealed[1 + _NONCE_BYTES :]
    try:
        aead = AESGCM(derived(master_key, "portico personal secrets v1"))
        return aead.decrypt(nonce, body, f"{user_id}|{factor_id}".encode()).decode()
    except (InvalidTag, ValueError) as error:
        raise UnsealableError("a person's secret does not open: wrong master key?") from error


def keyed_hash(master_key: bytes, user_id: UUID, text: str) -> bytes:
    """Of a recovery code: a stolen database alone does not let anybody try all of them."""
    return hmac.new(derived(master_key, "portico recovery codes v1"), f"{user_id}|{text}".encode(), hashlib.sha256).digest()
