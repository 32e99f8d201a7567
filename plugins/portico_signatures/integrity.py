"""Whether a company's certificate made a signature (CMS, RFC 5652), and over what."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar

from asn1crypto import cms
from pyhanko.sign.validation.generic_cms import validate_sig_integrity

from portico_signatures import sealing

MOST_CERTIFICATES = 10
"""In one signature: the company's, and those above it."""
Found = TypeVar("Found")


@dataclass(frozen=True)
class Made:
    """A signature as it was read. serial: of the certificate that it names. certificates: in DER, those that it brings."""

    signer: Any
    serial: int
    certificates: frozenset[bytes]


def read(message: bytes) -> Made | None:
    """message: DER, with zeros behind it. None: it cannot be read, or brings more than anybody needs."""
    return _tried(lambda: _read(message))


def made_by(made: Made, certificate: str) -> bool:
    """Whether it says so. certificate: PEM."""
    [ours] = sealing.certificates(certificate)
    return made.serial == ours.serial_number and ours.dump() in made.certificates


def is_sound(made: Made, certificate: str, digest: bytes) -> bool:
    """Whether that certificate's key signed this. digest: SHA-256 of what it covers."""
    [ours] = sealing.certificates(certificate)
    intact, valid = _tried(lambda: validate_sig_integrity(made.signer, ours, "data", digest)) or (False, False)
    return bool(intact and valid)


def _read(message: bytes) -> Made | None:
    signed = cms.ContentInfo.load(message)["content"]
    if len(signed["certificates"]) > MOST_CERTIFICATES:
        return None
    [signer] = signed["signer_infos"]
    certificates = frozenset(one.chosen.dump() for one in signed["certificates"])
    return Made(signer, signer["sid"].chosen["serial_number"].native, certificates)


def _tried(do: Callable[[], Found]) -> Found | None:
    """What cannot be read is nobody's signature. Any exception: these bytes are a stranger's, and of what is no CMS asn1crypto
    and pyHanko raise whatever they come upon, AssertionError and IndexError among it."""
    try:
        return do()
    except Exception:
        return None
