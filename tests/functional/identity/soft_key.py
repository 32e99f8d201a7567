"""A passkey in software, which signs for whichever host it is told to: what no browser would do."""

from __future__ import annotations

import hashlib
import json
import os
from typing import Any

import cbor2
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from webauthn.helpers import bytes_to_base64url

from portico.identity.factors.passkeys import Ceremony, Site

PRESENT, VERIFIED, ATTESTED = 0x01, 0x04, 0x40


class SoftKey:
    """One credential of a P-256 key (WebAuthn Level 2, §6.1 and §6.5)."""

    def __init__(self) -> None:
        self.private = ec.generate_private_key(ec.SECP256R1())
        self.id = os.urandom(16)

    def create(self, site: Site, ceremony: Ceremony) -> str:
        point = self.private.public_key().public_numbers()
        key = cbor2.dumps({1: 2, 3: -7, -1: 1, -2: point.x.to_bytes(32, "big"), -3: point.y.to_bytes(32, "big")})
        data = self._data(site, PRESENT | VERIFIED | ATTESTED) + bytes(16) + len(self.id).to_bytes(2, "big") + self.id + key
        client = self._client(site, ceremony, "webauthn.create")
        made = {"fmt": "none", "attStmt": {}, "authData": data}
        return self._answer(clientDataJSON=client, attestationObject=cbor2.dumps(made))

    def get(self, site: Site, ceremony: Ceremony) -> str:
        data, client = self._data(site, PRESENT | VERIFIED), self._client(site, ceremony, "webauthn.get")
        signature = self.private.sign(data + hashlib.sha256(client).digest(), ec.ECDSA(SHA256()))
        return self._answer(clientDataJSON=client, authenticatorData=data, signature=signature)

    def _data(self, site: Site, flags: int) -> bytes:
        return hashlib.sha256(site.host.encode()).digest() + bytes([flags]) + bytes(4)

    def _client(self, site: Site, ceremony: Ceremony, kind: str) -> bytes:
        challenge = json.loads(ceremony.options)["challenge"]
        return json.dumps({"type": kind, "challenge": challenge, "origin": site.origin, "crossOrigin": False}).encode()

    def _answer(self, **response: bytes) -> str:
        told: dict[str, Any] = {name: bytes_to_base64url(value) for name, value in response.items()}
        name = bytes_to_base64url(self.id)
        return json.dumps({"id": name, "rawId": name, "type": "public-key", "response": told, "clientExtensionResults": {}})
