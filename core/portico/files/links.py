"""Links to files and their previews: good for a minute, for one of them, one person and the session that asked; nobody can read
or change one."""

from __future__ import annotations

import base64
import hashlib
import hmac
import os
import struct
from dataclasses import dataclass
from uuid import UUID

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

GOOD_FOR_S = 60
PATH = "/files/"
_PURPOSE = b"portico file download v2"
_NONCE = 12
_FIXED = struct.Struct(">16s16s16s16sQH")
_FILE = 0xFFFF
"""In the place of a picture: the file itself."""


@dataclass(frozen=True)
class Link:
    """expires_at: Unix time in seconds. locale: the reader's, to tell them what went wrong. picture: the place of one of the
    file's previews; None: the file itself."""

    tenant_id: UUID
    file_id: UUID
    user_id: UUID
    session_id: UUID
    expires_at: int
    locale: str = "en"
    picture: int | None = None


def _key(master_key: bytes) -> AESGCM:
    return AESGCM(hmac.new(master_key, b"file links", hashlib.sha256).digest())


def token(master_key: bytes, link: Link) -> str:
    ids = (link.tenant_id.bytes, link.file_id.bytes, link.user_id.bytes, link.session_id.bytes)
    plain = _FIXED.pack(*ids, link.expires_at, _FILE if link.picture is None else link.picture) + link.locale.encode()
    nonce = os.urandom(_NONCE)
    return base64.urlsafe_b64encode(nonce + _key(master_key).encrypt(nonce, plain, _PURPOSE)).decode().rstrip("=")


def read(master_key: bytes, text: str) -> Link | None:
    """None for what we did not make; whether it has expired is the reader's to ask."""
    if not 100 <= len(text) <= 200:
        return None
    try:
        raw = base64.b64decode(text.encode("ascii") + b"=" * (-len(text) % 4), altchars=b"-_", validate=True)
        plain = _key(master_key).decrypt(raw[:_NONCE], raw[_NONCE:], _PURPOSE)
        tenant, file, user, session, expires_at, place = _FIXED.unpack(plain[: _FIXED.size])
    except (ValueError, InvalidTag, struct.error):
        return None
    locale, picture = plain[_FIXED.size :].decode(), None if place == _FILE else place
    return Link(UUID(bytes=tenant), UUID(bytes=file), UUID(bytes=user), UUID(bytes=session), expires_at, locale, picture)
