"""What is a person's own, at rest: sealed with a key of theirs, which is derived from one that lives outside the database.

Nobody keeps these keys: each is derived when it is needed, so that a person's opens nothing of another's.
"""

from __future__ import annotations

import os

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

_FORMAT = b"\x02"
_NONCE_BYTES = 12


class UnsealableError(RuntimeError):
    """What was sealed does not open: another master key, another person's row, or it was changed."""


def derived(master_key: bytes, purpose: str) -> bytes:
    """A key of 32 bytes for one purpose (HKDF, RFC 5869)."""
    return HKDF(SHA256(), 32, salt=None, info=purpose.encode()).derive(master_key)


def seal(master_key: bytes, purpose: str, owner: object, plain: bytes, *, row: object = "") -> bytes:
    """AES-256-GCM with the owner's key for that purpose; opens for both and that row alone, so that rows cannot be swapped."""
    nonce = os.urandom(_NONCE_BYTES)
    return _FORMAT + nonce + _aead(master_key, purpose, owner).encrypt(nonce, plain, str(row).encode())


def unseal(master_key: bytes, purpose: str, owner: object, sealed: bytes, *, row: object = "") -> bytes:
    """Raises UnsealableError."""
    nonce, body = sealed[1 : 1 + _NONCE_BYTES], sealed[1 + _NONCE_BYTES :]
    try:
        if sealed[:1] != _FORMAT:
            raise ValueError("unknown format")
        return _aead(master_key, purpose, owner).decrypt(nonce, body, str(row).encode())
    except (InvalidTag, ValueError) as error:
        raise UnsealableError("a person's secret does not open: wrong master key?") from error


def _aead(master_key: bytes, purpose: str, owner: object) -> AESGCM:
    return AESGCM(derived(master_key, f"portico {purpose} v2|{owner}"))
