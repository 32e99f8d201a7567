"""Sealing of secrets: a data key per tenant, wrapped by a master key that lives outside the database. Knows
no table.

AES-256-GCM throughout; what is sealed opens only for the same tenant, connection and field (additional data),
so that rows cannot be swapped by whoever can write to the database.
"""

from __future__ import annotations

import os
from uuid import UUID

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

_FORMAT = b"\x01"
_NONCE_BYTES = 12
_KEY_BYTES = 32


class SealError(RuntimeError):
    """What was sealed does not open: another master key, another row, or it was changed."""


class Cipher:
    """Wraps and unwraps data keys with the master key, seals and opens texts with data keys."""

    def __init__(self, master_key: bytes) -> None:
        if len(master_key) < _KEY_BYTES:
            raise ValueError("the master key must have at least 32 bytes")
        derived = HKDF(SHA256(), _KEY_BYTES, salt=None, info=b"portico tenant keys v1").derive(master_key)
        self._wrapping = AESGCM(derived)

    def new_data_key(self, tenant_id: UUID, version: int) -> bytes:
        """A fresh data key, wrapped: what is stored."""
        return _encrypt(self._wrapping, os.urandom(_KEY_BYTES), _key_context(tenant_id, version))

    def rewrap(self, wrapped: bytes, tenant_id: UUID, version: int, old: Cipher) -> bytes:
        """The same data key under this master key, from under `old`: sealed texts stay as they are."""
        return _encrypt(
            self._wrapping, old._unwrap(wrapped, tenant_id, version), _key_context(tenant_id, version)
        )

    def data_key(self, wrapped: bytes, tenant_id: UUID, version: int) -> DataKey:
        """Raises SealError if it was wrapped for another tenant or by another master key."""
        return DataKey(self._unwrap(wrapped, tenant_id, version), tenant_id, version)

    def _unwrap(self, wrapped: bytes, tenant_id: UUID, version: int) -> bytes:
        return _decrypt(self._wrapping, wrapped, _key_context(tenant_id, version))


class DataKey:
    """A tenant's key in memory. `version` says which row it came from."""

    def __init__(self, key: bytes, tenant_id: UUID, version: int) -> None:
        self._aead = AESGCM(key)
        self.tenant_id = tenant_id
        self.version = version

    def seal(self, connection_id: UUID, field: str, secret: str) -> bytes:
        return _encrypt(self._aead, secret.encode(), self._context(connection_id, field))

    def open(self, connection_id: UUID, field: str, sealed: bytes) -> str:
        """Raises SealError."""
        return _decrypt(self._aead, sealed, self._context(connection_id, field)).decode()

    def _context(self, connection_id: UUID, field: str) -> bytes:
        return f"{self.tenant_id}|{connection_id}|{field}".encode()


def _key_context(tenant_id: UUID, version: int) -> bytes:
    return f"tenant_key|{tenant_id}|{version}".encode()


def _encrypt(aead: AESGCM, plain: bytes, context: bytes) -> bytes:
    nonce = os.urandom(_NONCE_BYTES)
    return _FORMAT + nonce + aead.encrypt(nonce, plain, context)


def _decrypt(aead: AESGCM, sealed: bytes, context: bytes) -> bytes:
    if sealed[:1] != _FORMAT:
        raise SealError("unknown format of a sealed secret")
    nonce, body = sealed[1 : 1 + _NONCE_BYTES], sealed[1 + _NONCE_BYTES :]
    try:
        return aead.decrypt(nonce, body, context)
    except (InvalidTag, ValueError) as error:
        raise SealError("a secret does not open: wrong master key, or it belongs to another row") from error
